"""Queries: sources, let, with and without, where, return, aggregate, sort.

A query over single values gives a single value; as soon as one source is a list it gives a list. A source that is null
has no rows. While a define is traced, nothing is recorded in what only filters rows; what is read for a row that is
returned is kept with the row.

Source: CQL 1.5.3, Author's Guide, Queries; Developer's Guide, Query semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any, TypeAlias

from cql_like_rules.cql.compiling.constants import constant
from cql_like_rules.cql.compiling.frame import Closure, Frame, Recorder, unrecorded
from cql_like_rules.cql.compiling.references import in_slot
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.compiling.sorting import sorter
from cql_like_rules.cql.operators.lists import distinct
from cql_like_rules.cql.syntax import AggregateClause, Expression, Query, RelationshipClause
from cql_like_rules.cql.values.structure import Tuple

Lists: TypeAlias = list[list[Any]]
Binder: TypeAlias = Callable[[Frame, Lists], Iterator[None]]
"""Puts one combination of members after the other into the slots of the aliases, and stops at each."""
Lets: TypeAlias = Sequence[tuple[int, Closure]]


def query(node: Query, scope: Scope) -> Closure:
    """The rows that a query makes of its sources."""
    sources = [scope.closure(source.expression) for source in node.sources]
    slots = [scope.new_slot(source) for source in node.sources]
    bound = _one_by_one(slots[0]) if len(slots) == 1 else _combined(slots)
    lets = [_let(let.expression, scope.new_slot(let), scope) for let in node.lets]
    filters = [_related(relationship, scope) for relationship in node.relationships]
    if node.where is not None:
        filters.append(scope.closure(node.where))
    if node.aggregate is not None:
        return _aggregated(node.aggregate, sources, _passing(bound, lets, filters), scope)
    rows = _rows(bound, lets, filters, _returned(node, slots, scope), slots)
    return _listed(node, sources, rows, scope)


def _let(expression: Expression, slot: int, scope: Scope) -> tuple[int, Closure]:
    return slot, scope.closure(expression)


def _returned(node: Query, slots: list[int], scope: Scope) -> Closure:
    """What a row becomes: the expression of the return clause, else the row itself, as a tuple of several sources."""
    if node.returns is not None:
        return scope.closure(node.returns.expression)
    if len(slots) == 1:
        return in_slot(slots[0])
    aliases = [(source.alias, slot) for source, slot in zip(node.sources, slots, strict=True)]

    def combination(frame: Frame) -> Tuple:
        return Tuple({alias: frame[slot] for alias, slot in aliases})

    return combination


def _listed(node: Query, sources: list[Closure], rows: Callable[[Frame, Lists], list[Any]], scope: Scope) -> Closure:
    # Several sources without a return clause mean `return distinct` of their combinations, as in the translator.
    is_distinct = node.returns.distinct if node.returns is not None else len(sources) > 1
    in_order = sorter(node.sort, node.position, scope) if node.sort else None

    def listed(frame: Frame) -> Any:
        values = [source(frame) for source in sources]
        result = rows(frame, _lists(values))
        if not _has_list(values):
            return result[0] if result else None
        if is_distinct:
            result = distinct(result) or []
        return in_order(frame, result) if in_order is not None else result

    return listed


def _lists(values: list[Any]) -> Lists:
    return [value if value.__class__ is list else [] if value is None else [value] for value in values]


def _has_list(values: list[Any]) -> bool:
    return any(value.__class__ is list for value in values)


# --- rows ---


def _one_by_one(slot: int) -> Binder:
    def bound(frame: Frame, lists: Lists) -> Iterator[None]:
        for member in lists[0]:
            frame[slot] = member
            yield

    return bound


def _combined(slots: list[int]) -> Binder:
    def bound(frame: Frame, lists: Lists) -> Iterator[None]:
        for members in product(*lists):
            for slot, member in zip(slots, members, strict=True):
                frame[slot] = member
            yield

    return bound


def _rows(
    bound: Binder, lets: Lets, filters: Sequence[Closure], returned: Closure, slots: list[int]
) -> Callable[[Frame, Lists], list[Any]]:
    def rows(frame: Frame, lists: Lists) -> list[Any]:
        recorder = frame[0].recorder
        if recorder is not None:
            return recorded_rows(frame, lists, recorder)
        result = []
        for _ in bound(frame, lists):
            for slot, let in lets:
                frame[slot] = let(frame)
            if all(condition(frame) is True for condition in filters):
                result.append(returned(frame))
        return result

    def recorded_rows(frame: Frame, lists: Lists, recorder: Recorder) -> list[Any]:
        result = []
        for _ in bound(frame, lists):
            with recorder.row() as row:
                for slot, let in lets:
                    frame[slot] = let(frame)
                if _pass_unrecorded(filters, frame):
                    result.append(row.made(returned(frame), [frame[slot] for slot in slots]))
        return result

    return rows


def _passing(bound: Binder, lets: Lets, filters: Sequence[Closure]) -> Binder:
    """Only those combinations that pass the filters."""

    def passing(frame: Frame, lists: Lists) -> Iterator[None]:
        for _ in bound(frame, lists):
            for slot, let in lets:
                frame[slot] = let(frame)
            if _pass_unrecorded(filters, frame):
                yield

    return passing


def _pass_unrecorded(filters: Sequence[Closure], frame: Frame) -> bool:
    with unrecorded(frame):
        return all(condition(frame) is True for condition in filters)


def _related(node: RelationshipClause, scope: Scope) -> Closure:
    """`with` (or `without`): whether any row (or no row) of the other source satisfies the condition."""
    source = scope.closure(node.source.expression)
    slot = scope.new_slot(node.source)
    such_that = scope.closure(node.such_that)
    wanted = node.kind == "With"

    def related(frame: Frame) -> bool:
        for member in _lists([source(frame)])[0]:
            frame[slot] = member
            if such_that(frame) is True:
                return wanted
        return not wanted

    return related


# --- aggregate ---


def _aggregated(clause: AggregateClause, sources: list[Closure], passing: Binder, scope: Scope) -> Closure:
    starting = scope.closure(clause.starting) if clause.starting is not None else constant(None)
    accumulator = scope.new_slot(clause)
    expression = scope.closure(clause.expression)

    def aggregated(frame: Frame) -> Any:
        lists = _lists([source(frame) for source in sources])
        if clause.distinct:
            lists = [distinct(members) or [] for members in lists]
        total = starting(frame)
        for _ in passing(frame, lists):
            frame[accumulator] = total
            total = expression(frame)
        return total

    return aggregated


CLOSURES: dict[type[Expression], Maker] = {Query: query}
