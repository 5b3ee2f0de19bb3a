"""What a closure is given when it runs: a frame, and in it the run that the frame belongs to.

A frame is a plain list, because a closure looks into it for almost everything it does: its first item is the run, the
others are the slots of the define or function being evaluated, one for each alias, `let`, accumulator and operand.
Slots are numbered when the closure is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from cql_like_rules.cql.errors import DefineFailure, EvaluationError
from cql_like_rules.cql.syntax import Position
from cql_like_rules.cql.values.concept import Code, Concept, ValueSet
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.element import Element

Frame: TypeAlias = list[Any]
Closure: TypeAlias = Callable[[Frame], Any]


class Data(Protocol):
    """The record of the patient, as far as CQL can see it."""

    @property
    def patient(self) -> Element | None: ...

    def retrieve(
        self, type_name: str, code_path: str | None = None, codes: ValueSet | Code | Concept | None = None
    ) -> list[Element]: ...


@dataclass(frozen=True, slots=True)
class Site:
    """A comparison in the source: what is compared, under which names, and where."""

    operator: str
    left_name: str
    right_name: str
    position: Position


class Row(Protocol):
    """The reads made for one row of a query, kept apart until it is known whether the row is part of the result."""

    def made(self, value: Any, members: list[Any]) -> Any:
        """The row is part of the result, made of these members of the sources; gives the row back.

        Without this call, what was read for the row is dropped.
        """

    def __enter__(self) -> Row: ...

    def __exit__(self, *error: object) -> None: ...


class Recorder(Protocol):
    """Takes down what the define being traced compares and reads."""

    def compared(self, site: Site, left: Any, right: Any, result: Any) -> None:
        """A comparison was made."""

    def read(self, owner: Any, value: Any) -> None:
        """An element of `owner` was read and gave `value`."""

    def looked_at(self, value: Any) -> None:
        """The answer depends on this value, or on the members of this list, being there."""

    def row(self) -> Row:
        """Reads inside this `with` block are for one row of a query: they count when someone looks at the row."""


class Run(Protocol):
    """One evaluation in progress. `recorder` is None where nothing is to be taken down."""

    record: Data
    as_of: DateTime
    recorder: Recorder | None

    @property
    def birth_date(self) -> Date | DateTime | None:
        """The patient's date of birth, for the age operators."""

    def value_of(self, index: int) -> Any:
        """The value of a define, by its number in the program."""

    def parameter(self, index: int) -> Any:
        """The value of a parameter, by its number in the program."""


class ExpressionFailed(Exception):
    """An expression has no value. Raised once, by the innermost one that failed, and passed through by the others."""

    def __init__(self, position: Position, cause: str) -> None:
        super().__init__(cause)
        self.position = position
        self.cause = cause


class DefineFailed(Exception):
    """A define has no value because it failed, or one that it rests on; `failure` says where and why."""

    def __init__(self, failure: DefineFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


@contextmanager
def unrecorded(frame: Frame) -> Iterator[None]:
    """Inside this `with` block nothing is taken down: it filters or sorts rows, and the rows speak for themselves."""
    run: Run = frame[0]
    recorder, run.recorder = run.recorder, None
    try:
        yield
    finally:
        run.recorder = recorder


def located(error: EvaluationError, position: Position) -> ExpressionFailed:
    """The error of an operator with the place of the expression that it was applied in."""
    return ExpressionFailed(position, str(error))
