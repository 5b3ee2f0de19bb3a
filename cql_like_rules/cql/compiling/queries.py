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
from cql_like_rules.cql.compiling.logic import condition
from cql_like_rules.cql.compiling.references import in_slot
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.compiling.sorting import Sorter, sorter
from cql_like_rules.cql.operators.lists import distinct
from cql_like_rules.cql.syntax import AggregateClause, Expression, Query, RelationshipClause
from cql_like_rules.cql.values.structure import Tuple

Lists: TypeAlias = list[list[Any]]
Binder: TypeAlias = Callable[[Frame, Lists], Iterator[None]]
"""Puts one combination of members after the other into the slots of the aliases, and stops at each."""
Lets: TypeAlias = Sequence[tuple[int, Closure]]
Rows: TypeAlias = Callable[[Frame, Lists], list[Any]]
"""Makes rows of the members of the sources."""


def query(node: Query, scope: Scope) -> Closure:
    """The rows that a query makes of its sources."""
    sources = [scope.closure(source.expression) for source in node.sources]
    slots = [scope.new_slot(source) for source in node.sources]
    bound = _one_by_one(slots[0]) if len(slots) == 1 else _combined(slots)
    lets = [_let(let.expression, scope.new_slot(let), scope) for let in node.lets]
    filters = _filters(node, scope)
    if node.aggregate is not None:
        return _aggregated(node.aggregate, sources, _passing(bound, lets, filters), scope)
    rows = _rows(bound, lets, filters, _returned(node, slots, scope), slots)
    finished = _finished(node, scope)
    return _over_one(sources[0], rows, finished) if len(sources) == 1 else _over_several(sources, rows, finished)


def _let(expression: Expression, slot: int, scope: Scope) -> tuple[int, Closure]:
    return slot, scope.closure(expression)


def _filters(node: Query, scope: Scope) -> Closure:
    """Whether a row passes: with, without and where."""
    conditions = [_related(relationship, scope) for relationship in node.relationships]
    if node.where is not None:
        conditions.append(condition(node.where, scope))
    if len(conditions) == 1:
        return conditions[0]

    def passes(frame: Frame) -> bool:
        return all(each(frame) is True for each in conditions)

    return passes if conditions else constant(True)


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


def _finished(node: Query, scope: Scope) -> Sorter:
    """What makes the result of the rows of a list: distinct, and in order."""
    # Several sources without a return clause mean `return distinct` of their combinations, as in the translator.
    is_distinct = node.returns.distinct if node.returns is not None else len(node.sources) > 1
    in_order = sorter(node.sort, node.position, scope) if node.sort else None

    def finished(frame: Frame, rows: list[Any]) -> list[Any]:
        if is_distinct and len(rows) > 1:
            rows = distinct(rows) or []
        return in_order(frame, rows) if in_order is not None else rows

    return finished


def _over_one(source: Closure, rows: Rows, finished: Sorter) -> Closure:
    def over_one(frame: Frame) -> Any:
        value = source(frame)
        if value is None:
            return None
        if value.__class__ is list:
            return finished(frame, rows(frame, [value])) if value else []
        single = rows(frame, [[value]])
        return single[0] if single else None

    return over_one


def _over_several(sources: list[Closure], rows: Rows, finished: Sorter) -> Closure:
    def over_several(frame: Frame) -> Any:
        values = [source(frame) for source in sources]
        result = rows(frame, _lists(values))
        if any(value.__class__ is list for value in values):
            return finished(frame, result)
        return result[0] if result else None

    return over_several


def _lists(values: list[Any]) -> Lists:
    return [value if value.__class__ is list else [] if value is None else [value] for value in values]


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


def _rows(bound: Binder, lets: Lets, filters: Closure, returned: Closure, slots: list[int]) -> Rows:
    def rows(frame: Frame, lists: Lists) -> list[Any]:
        recorder = frame[0].recorder
        if recorder is not None:
            return recorded_rows(frame, lists, recorder)
        result = []
        for _ in bound(frame, lists):
            for slot, let in lets:
                frame[slot] = let(frame)
            if filters(frame) is True:
                result.append(returned(frame))
        return result

    def rows_of_one(frame: Frame, lists: Lists) -> list[Any]:
        recorder = frame[0].recorder
        if recorder is not None:
            return recorded_rows(frame, lists, recorder)
        result = []
        for member in lists[0]:
            frame[slots[0]] = member
            if filters(frame) is True:
                result.append(returned(frame))
        return result

    def recorded_rows(frame: Frame, lists: Lists, recorder: Recorder) -> list[Any]:
        result = []
        for _ in bound(frame, lists):
            with recorder.row() as row:
                for slot, let in lets:
                    frame[slot] = let(frame)
                if _passes_unrecorded(filters, frame):
                    result.append(row.made(returned(frame), [frame[slot] for slot in slots]))
        return result

    return rows_of_one if len(slots) == 1 and not lets else rows


def _passing(bound: Binder, lets: Lets, filters: Closure) -> Binder:
    """Only those combinations that pass the filters."""

    def passing(frame: Frame, lists: Lists) -> Iterator[None]:
        for _ in bound(frame, lists):
            for slot, let in lets:
                frame[slot] = let(frame)
            if _passes_unrecorded(filters, frame):
                yield

    return passing


def _passes_unrecorded(filters: Closure, frame: Frame) -> bool:
    with unrecorded(frame):
        return filters(frame) is True


def _related(node: RelationshipClause, scope: Scope) -> Closure:
    """`with` (or `without`): whether any row (or no row) of the other source satisfies the condition."""
    source = scope.closure(node.source.expression)
    slot = scope.new_slot(node.source)
    such_that = condition(node.such_that, scope)
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
        values = [source(frame) for source in sources]
        if len(values) == 1 and values[0] is None:
            return None
        lists = _lists(values)
        if clause.distinct:
            lists = [distinct(members) or [] for members in lists]
        total = starting(frame)
        for _ in passing(frame, lists):
            frame[accumulator] = total
            total = expression(frame)
        return total

    return aggregated


CLOSURES: dict[type[Expression], Maker] = {Query: query}
