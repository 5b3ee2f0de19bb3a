"""Why a define has its value: the comparisons that were made, the defines it rests on, the resources it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType
from typing import Any

from cql_like_rules.cql.compiling.frame import Site
from cql_like_rules.cql.errors import DefineFailure
from cql_like_rules.cql.syntax import Position
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.element import Element


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right` gave `result`; the names say where the operands came from (`""`: from nowhere in
    particular). A null operand is told as None."""

    operator: str
    left: Any
    right: Any
    result: bool | None
    left_name: str
    right_name: str
    position: Position


@dataclass(frozen=True, slots=True)
class Source:
    """A FHIR resource (`Observation/x`) and the path of the element that was read, `""` for the resource itself."""

    reference: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a define rests on.

    `uses` are the traces of the defines named in it, `comparisons` those made in the define itself and in the
    functions it calls, `sources` the resources it read itself, each once and in the order in which they were read.
    """

    define: str
    library: str
    value: Any
    failure: DefineFailure | None = None
    uses: tuple[Trace, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    sources: tuple[Source, ...] = ()

    def deciding(self) -> tuple[Comparison, ...]:
        """The comparisons whose result is the value of the define.

        Where the define made none with that result, those of the defines it uses that have the same value.
        """
        own = tuple(made for made in self.comparisons if made.result is self.value)
        if own:
            return own
        return tuple(made for used in self.uses if used.value is self.value for made in used.deciding())


_SHARED = (str, int, NoneType)
"""Values that are one object wherever they turn up, so that nothing can be kept with one of them."""


class TraceRecorder:
    """Takes down what one define compares and reads while it is evaluated.

    `origins` is shared by all defines of an evaluation: for the rows that queries made, what was read to make them.
    """

    def __init__(self, origins: dict[int, tuple[Any, dict[Source, None]]]) -> None:
        self.reads: list[Source] = []
        self._origins = origins
        self._comparisons: list[Comparison] = []
        self._uses: dict[int, Trace] = {}

    def trace(self, define: str, library: str, value: Any, failure: DefineFailure | None) -> Trace:
        """What was taken down, as the trace of the define."""
        return Trace(
            define=define,
            library=library,
            value=value,
            failure=failure,
            uses=tuple(self._uses.values()),
            comparisons=tuple(self._comparisons),
            sources=tuple(dict.fromkeys(self.reads)),
        )

    def used(self, trace: Trace) -> None:
        """The value of another define was asked for."""
        self._uses[id(trace)] = trace

    def compared(self, site: Site, left: Any, right: Any, result: Any) -> None:
        """A comparison was made."""
        self._comparisons.append(
            Comparison(site.operator, left, right, result, site.left_name, site.right_name, site.position)
        )

    def read(self, owner: Any, value: Any) -> None:
        """An element of `owner` was read: it counts when a FHIR element gave a value of CQL, not another element."""
        if owner.__class__ is Element:
            if value is not None and value.__class__ is not Element and value.__class__ is not list:
                self.reads.append(Source(owner.reference, owner.path))
        else:
            self.reads.extend(self._kept_with(owner))

    def looked_at(self, value: Any) -> None:
        """The answer depends on this value, or on each member of this list, being there."""
        self.reads.extend(self._sources_of(value))

    def row(self) -> TracedRow:
        """Reads inside this `with` block are for one row of a query."""
        return TracedRow(self)

    def keep_with(self, row: Any, reads: list[Source], members: list[Any]) -> None:
        """Keep what was read to make a row with the row; where that cannot be, it counts at once."""
        if row.__class__ is Element:
            return
        for member in members:
            if member is not row and member.__class__ is not Element:
                reads.extend(self._sources_of(member))
        if not reads:
            return
        if isinstance(row, _SHARED) or row.__class__ is list:
            self.reads.extend(reads)
        else:
            self._origins.setdefault(id(row), (row, {}))[1].update(dict.fromkeys(reads))

    def _sources_of(self, value: Any) -> Iterator[Source]:
        """What a value rests on by itself, its members included."""
        if value.__class__ is Element:
            yield Source(value.reference, value.path)
        elif value.__class__ is list:
            for member in value:
                yield from self._sources_of(member)
        else:
            yield from self._kept_with(value)
            if value.__class__ is Tuple:
                for element in value.values():
                    yield from self._sources_of(element)

    def _kept_with(self, value: Any) -> Iterator[Source]:
        if id(value) in self._origins:
            yield from self._origins[id(value)][1]
        if value.__class__ is Tuple:
            yield from (Source(reference) for reference in value.sources)


class TracedRow:
    """The reads made for one row of a query, kept apart until it is known whether the row is part of the result."""

    def __init__(self, recorder: TraceRecorder) -> None:
        self._recorder = recorder
        self._before = recorder.reads
        self._reads: list[Source] = []

    def __enter__(self) -> TracedRow:
        self._recorder.reads = self._reads
        return self

    def made(self, value: Any, members: list[Any]) -> Any:
        """The row is part of the result, made of these members of the sources; gives the row back."""
        self._recorder.reads = self._before
        self._recorder.keep_with(value, self._reads, members)
        return value

    def __exit__(self, *error: object) -> None:
        self._recorder.reads = self._before
