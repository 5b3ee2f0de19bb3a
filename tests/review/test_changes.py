"""What changed from one version of a policy to another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.review.changes import changes_of
from cql_like_rules.review.page import Table

Define = Callable[..., str]
Tables = dict[str, tuple[tuple[str, ...], ...]]

POLICY = """
define "Most": 250 'ug/m2/d'
define "Approval months": 6
define "Is heavy": "Order".dosesPerDay > 40
define "Shared by both": "Order".dosesPerDay < 9
"""


@pytest.fixture
def old(criterion_define: Define) -> str:
    return (
        POLICY
        + criterion_define("I.A", '"Order".perDayPerM2 <= "Most"', "dose", ask="State the dose")
        + criterion_define("I.B", '"Shared by both"')
        + criterion_define("I", '"I.A" and "I.B"')
        + criterion_define("V.1", '"Is heavy"', "safety", finding="info")
    )


@pytest.fixture
def changes(tiny: Any, old: str) -> Callable[..., Tables]:
    """The changes from the tiny policy to one with other words in its text."""

    def made(*replacements: tuple[str, str], tags: str | None = None, head: tuple[str, str] = ("", "")) -> Tables:
        new = old
        for before, after in replacements:
            assert before in new
            new = new.replace(before, after)
        options = {} if tags is None else {"tags": tags}
        newer = tiny.policy(new, name="new", head=tiny.head.replace(*head), **options)
        page = changes_of(tiny.policy(old, name="old"), newer)
        return {block.heading: block.rows for block in page.blocks if isinstance(block, Table)}

    return made


def test_two_that_say_the_same_have_no_changes(changes: Callable[..., Tables]) -> None:
    assert changes() == {}


def test_comments_and_layout_are_no_changes(changes: Callable[..., Tables]) -> None:
    assert changes(('define "Most": 250', '// as of today\ndefine "Most":\n  250')) == {}


def test_a_number_is_told_before_and_after_with_what_rests_on_it(changes: Callable[..., Tables]) -> None:
    assert changes(("250 'ug/m2/d'", "300 'ug/m2/d'")) == {"Numbers": (("Most", "250 ug/m2/d -> 300 ug/m2/d", "I.A"),)}


def test_a_unit_is_part_of_its_number(changes: Callable[..., Tables]) -> None:
    assert changes(("'ug/m2/d'", "'mg/m2/d'"))["Numbers"] == (("Most", "250 ug/m2/d -> 250 mg/m2/d", "I.A"),)


def test_an_approval_that_lasts_longer_is_told(changes: Callable[..., Tables]) -> None:
    found = changes(('"Approval months": 6', '"Approval months": 12'))
    assert found == {"Numbers": (("Approval months", "6 -> 12", "Approval months"),)}


def test_the_default_of_a_parameter_is_a_number(changes: Callable[..., Tables], tiny: Any, old: str) -> None:
    def policy(days: int, name: str) -> Any:
        head = tiny.head.replace("context Patient", f'parameter "Days" Integer default {days}\ncontext Patient')
        return tiny.policy(old.replace("> 40", '> "Days"'), name=name, head=head)

    (table,) = changes_of(policy(30, "old"), policy(14, "new")).blocks
    assert isinstance(table, Table)
    assert table.rows == (("Days", "30 -> 14", "V.1"),)


def test_a_criterion_more_is_told_where_it_stands_and_in_its_node(
    changes: Callable[..., Tables], criterion_define: Define
) -> None:
    node = '"I.A" and "I.B"'
    more = criterion_define("I.C", "true", "age")
    found = changes((node, f'{node} and "I.C"'), ('define "Most"', f'{more}\ndefine "Most"'))
    assert found == {
        "Criteria": (("I.C", "added", "Title of I.C (age)"),),
        "How criteria combine": (("I", "was I.A and I.B"), ("", "is I.A and I.B and I.C")),
    }


def test_a_criterion_that_went_is_told(changes: Callable[..., Tables], old: str) -> None:
    start = old.index("/* @kind: diagnosis\n@title: Title of I.B")
    gone = old[start : old.index("/* @kind", start + 1)]
    found = changes((gone, ""), ('"I.A" and "I.B"', '"I.A" and true'))
    assert found["Criteria"] == (("I.B", "removed", "Title of I.B (diagnosis)"),)


def test_other_words_are_told_by_their_tag(changes: Callable[..., Tables]) -> None:
    found = changes(("State the dose", "State the daily dose"), ("@title: Title of I.B", "@title: Another"))
    assert found == {
        "Criteria": (
            ("I.A", "missing", "State the dose -> State the daily dose"),
            ("I.B", "title", "Title of I.B -> Another"),
        )
    }


def test_an_outcome_that_was_declared_impossible_is_told(changes: Callable[..., Tables]) -> None:
    found = changes(("@title: Title of I.B", "@title: Title of I.B\n@only: met"))
    assert found == {"Criteria": (("I.B", "only", "– -> met"),)}


def test_criteria_that_combine_otherwise_are_told(changes: Callable[..., Tables]) -> None:
    found = changes(('"I.A" and "I.B"', '"I.A" or "I.B"'))
    assert found == {"How criteria combine": (("I", "was I.A and I.B"), ("", "is I.A or I.B"))}


def test_an_advisory_of_another_weight_is_told(changes: Callable[..., Tables]) -> None:
    assert changes(("@finding: info", "@finding: critical")) == {
        "Advisories": (("V.1", "indicator", "info -> critical"),)
    }


def test_another_rule_is_told_with_its_lines(changes: Callable[..., Tables]) -> None:
    found = changes(('"Order".dosesPerDay < 9', '"Order".dosesPerDay is null'))
    assert found == {
        "Rules": (
            ("Shared by both", '- define "Shared by both": "Order".dosesPerDay < 9', "I.B"),
            ("", '+ define "Shared by both": "Order".dosesPerDay is null', ""),
        )
    }


def test_a_helper_that_came_or_went_is_told_with_its_numbers(changes: Callable[..., Tables]) -> None:
    found = changes(('"Is heavy"', '"Weighs much"'))
    assert ("Weighs much", "added: 40", "V.1") in found["Rules"]
    assert ("Is heavy", "removed: 40", "V.1") in found["Rules"]


def test_another_code_is_told(changes: Callable[..., Tables]) -> None:
    found = changes(head=("'1605067'", "'1605068'"))
    assert found == {"Value sets and codes": (("Other drug", "RxNorm 1605067 -> RxNorm 1605068", ""),)}


def test_the_head_tells_version_dates_and_nature(changes: Callable[..., Tables]) -> None:
    tags = "/* @policy: T.1\n@title: A tiny policy\n@publisher: Nobody\n@effective: 2026-01-01\n@nature: guidance */"
    assert changes(tags=tags, head=("version '1.0'", "version '2.0'")) == {
        "Head": (
            ("version", "1.0 -> 2.0"),
            ("from", "– -> 2026-01-01"),
            ("document", "coverage -> guidance"),
        )
    }
