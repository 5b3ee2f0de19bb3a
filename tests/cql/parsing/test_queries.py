"""Retrieves and queries."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.syntax import Expression, FunctionRef, Literal, Operation, Query, Retrieve

Parse = Callable[[str], Expression]


def query(parse: Parse, text: str) -> Query:
    found = parse(text)
    assert isinstance(found, Query)
    return found


@pytest.mark.parametrize(
    ("text", "path", "comparator", "has_codes"),
    [
        ("[Condition]", None, "~", False),
        ('[Condition: "Cancer"]', None, "~", True),
        ('[Condition: code in "Cancer"]', "code", "in", True),
        ('[Observation: category ~ "Vital"]', "category", "~", True),
        ('[Condition: Terms."Cancer"]', None, "~", True),
    ],
)
def test_a_retrieve_has_a_type_a_path_and_codes(
    expression: Parse, text: str, path: str | None, comparator: str, has_codes: bool
) -> None:
    found = expression(text)
    assert isinstance(found, Retrieve)
    assert (found.code_path, found.comparator, found.codes is not None) == (path, comparator, has_codes)


@pytest.mark.parametrize("source", ["[Condition]", '"Cancers"', "Lib.Cancers", "(a union b)", "C.stage"])
def test_an_alias_behind_a_source_makes_a_query(expression: Parse, source: str) -> None:
    found = query(expression, f"{source} X")
    assert [part.alias for part in found.sources] == ["X"]


def test_a_query_holds_all_its_clauses(expression: Parse) -> None:
    found = query(
        expression,
        """[Condition] C
             let onset: C.onset, coded: C.code
             with [Observation] O such that O.id = C.id
             without [Procedure] P such that P.id = C.id
             where onset is not null
             return all onset
             sort by start descending, id.value""",
    )
    assert [let.identifier for let in found.lets] == ["onset", "coded"]
    assert [part.kind for part in found.relationships] == ["With", "Without"]
    assert found.where is not None
    assert found.returns is not None
    assert (found.returns.distinct, found.returns.explicit) == (False, True)
    assert [item.descending for item in found.sort] == [True, False]


@pytest.mark.parametrize(
    ("text", "distinct", "explicit"),
    [("return x", True, False), ("return all x", False, True), ("return distinct x", True, True)],
)
def test_a_return_says_whether_duplicates_stay(expression: Parse, text: str, distinct: bool, explicit: bool) -> None:
    returns = query(expression, f"a A {text}").returns
    assert returns is not None
    assert (returns.distinct, returns.explicit) == (distinct, explicit)


def test_several_sources_begin_with_from(expression: Parse) -> None:
    found = query(expression, "from [Condition] A, (b) B, c C where A = B")
    assert [source.alias for source in found.sources] == ["A", "B", "C"]


def test_several_sources_without_from_are_reported(refusal: Callable[[str], Problem]) -> None:
    assert refusal("[Condition] A, [Observation] B").message == "several sources of a query begin with 'from'"


def test_a_comma_in_a_call_does_not_begin_another_source(expression: Parse) -> None:
    found = expression("Coalesce([Condition] A where A.x, b, (c))")
    assert isinstance(found, FunctionRef)
    assert len(found.operands) == 3


@pytest.mark.parametrize(
    ("text", "distinct", "starting"),
    [
        ("aggregate r starting 1: r * n", False, 1),
        ("aggregate distinct r starting 'x': r", True, "x"),
        ("aggregate all r starting 1.5: r", False, 1.5),
        ("aggregate r: r + n", False, None),
    ],
)
def test_an_aggregate_has_a_running_result(expression: Parse, text: str, distinct: bool, starting: object) -> None:
    clause = query(expression, f"(l) n {text}").aggregate
    assert clause is not None
    assert (clause.identifier, clause.distinct) == ("r", distinct)
    start = clause.starting
    assert (start.value if isinstance(start, Literal) else start) == starting


@pytest.mark.parametrize(("text", "descending"), [("sort asc", False), ("sort descending", True)])
def test_a_sort_without_key_sorts_the_values(expression: Parse, text: str, descending: bool) -> None:
    (item,) = query(expression, f"(l) n {text}").sort
    assert item.expression is None
    assert item.descending is descending


def test_a_condition_takes_everything_up_to_the_next_clause(expression: Parse) -> None:
    found = query(expression, "[A] X where X.a and X.b or X.c return all X")
    assert isinstance(found.where, Operation)
    assert found.where.operator == "Or"


def test_a_query_inside_a_condition_takes_the_clauses_that_follow_it(expression: Parse) -> None:
    found = query(expression, "[A] X where exists [B] Y where Y.x return all Y")
    assert found.returns is None


def test_brackets_end_an_inner_query(expression: Parse) -> None:
    found = query(expression, "[A] X where exists ([B] Y where Y.x) return all X")
    assert found.returns is not None
