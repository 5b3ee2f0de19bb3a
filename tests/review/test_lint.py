"""Lint: what a policy that loads still has to have mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.review.lint import problems_of

Define = Callable[..., str]
Problems = Callable[..., list[str]]

LIMIT = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"
SAID = {"ask": "State it", "unmet": "It is not so"}


@pytest.fixture
def problems(tiny: Any) -> Problems:
    """The problems of the tiny policy with these defines."""
    return lambda defines, **options: list(problems_of(tiny.policy(defines, **options)))


def test_a_policy_that_says_everything_has_no_problems(problems: Problems, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A.1", LIMIT, "dose", ask="State the dose", unmet="Above 250")
        + criterion_define("I", '"I.A.1" and true', "dose")
        + criterion_define("V.note", "true", "safety", finding="info", source="Section V")
    )
    assert problems(defines) == []


def test_a_define_named_by_a_number_needs_a_kind(problems: Problems, criterion_define: Define) -> None:
    found = problems('define "I.A.4-6": true\n' + criterion_define("I", '"I.A.4-6"', **SAID))
    assert found == ["T.1/I.A.4-6: it is named by a number of the document, and has no @kind"]


def test_tags_without_a_kind_are_told_not_lost(problems: Problems, criterion_define: Define) -> None:
    found = problems('// @finding: info\ndefine "HDR.lob": true\n' + criterion_define("I", '"HDR.lob"', **SAID))
    assert found == ["T.1/HDR.lob: @finding without @kind: it is not told as a criterion"]


def test_a_tag_that_nobody_knows_and_one_that_is_there_twice_are_told(
    problems: Problems, criterion_define: Define
) -> None:
    text = criterion_define("I", "true", asks="State it", **SAID).replace("@unmet", "@unmet: It is so\n@unmet")
    assert problems(text) == ["T.1/I: no such tag: @asks", "T.1/I: @unmet is there 2 times"]


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("age", ["ask", "unmet"]),
        ("documentation", ["ask"]),
        ("referral", []),
    ],
)
def test_a_leaf_says_what_to_ask_for_and_what_to_tell(
    problems: Problems, criterion_define: Define, kind: str, missing: list[str]
) -> None:
    found = problems(criterion_define("I", "true", kind))
    assert [line.partition(": no @")[2].partition(":")[0] for line in found] == missing


@pytest.mark.parametrize(
    ("only", "missing"),
    [("met, missing", ["ask"]), ("met, not-met", ["unmet"]), ("not-met", ["unmet"]), ("met", [])],
)
def test_what_cannot_occur_needs_no_words(
    problems: Problems, criterion_define: Define, only: str, missing: list[str]
) -> None:
    found = problems(criterion_define("I", "true", "age", only=only))
    assert [line.partition(": no @")[2].partition(":")[0] for line in found] == missing


def test_a_node_needs_no_words_of_its_own(problems: Problems, criterion_define: Define) -> None:
    defines = criterion_define("I.A", "true", **SAID) + criterion_define("I", '"I.A" and true')
    assert problems(defines) == []


@pytest.mark.parametrize(
    ("only", "problem"),
    [
        ("met, absent", "@only: no such outcome: absent"),
        ("met, not-met, missing", "@only leaves nothing out"),
        ("", "@only: no such outcome: "),
    ],
)
def test_an_only_that_says_nothing_is_told(
    problems: Problems, criterion_define: Define, only: str, problem: str
) -> None:
    assert f"T.1/I: {problem}" in problems(criterion_define("I", "true", only=only, **SAID))


def test_what_is_no_number_of_the_document_says_where_it_stands(problems: Problems, criterion_define: Define) -> None:
    defines = (
        criterion_define("HDR.lob", "true", **SAID)
        + criterion_define("I", '"HDR.lob" and true')
        + criterion_define("IV.evidence", "true", finding="info")
        + criterion_define("IV.2", "true", finding="info")
    )
    assert problems(defines) == [
        "T.1/HDR.lob: its name is no number of the document, and it has no @source",
        "T.1/IV.evidence: its name is no number of the document, and it has no @source",
    ]


def test_an_advisory_is_only_ever_told_when_it_is_true(problems: Problems, criterion_define: Define) -> None:
    defines = criterion_define("I", "true", **SAID) + criterion_define("V.1", "true", finding="info", unmet="Not so")
    assert problems(defines) == ["T.1/V.1: an advisory has no @unmet: it is told when it is true"]


def test_a_criterion_that_nothing_leads_to_is_told(problems: Problems, criterion_define: Define) -> None:
    defines = (
        criterion_define("I.A", "true", **SAID)
        + criterion_define("I", '"I.A" and true')
        + criterion_define("I.B", "true", **SAID)
    )
    assert problems(defines) == ['T.1/I.B: no criterion names it, nor does "Section": it is never determined']


def test_an_alternative_and_an_indicator_that_do_not_exist_are_told(
    problems: Problems, criterion_define: Define
) -> None:
    found = problems(criterion_define("I", "true", alternative="Nothing", indicator="loud", **SAID))
    assert found == [
        "T.1/I: @indicator: no such indicator: loud",
        'T.1/I: @alternative names no define "Nothing"',
    ]


def test_what_nothing_rests_on_is_told(problems: Problems, criterion_define: Define, tiny: Any) -> None:
    leaf = criterion_define("I", '"Few" and Holds()', alternative="Instead", **SAID)
    used = """
define "Most": 3
define "Few": "Order".dosesPerDay < "Most"
define "Instead": Tuple { product: "Other drug" }
define "Referral": 'X.1'
define function Holds(): true
"""
    unused = 'define "Many": "Order".dosesPerDay > "Most"\ndefine function Fails(): false\n'
    assert problems(used + leaf + unused) == [
        "T.1/Many: nothing rests on it",
        "T.1/Fails: nothing rests on it",
    ]


def test_a_tag_of_the_head_that_nobody_knows_is_told(problems: Problems, criterion_define: Define) -> None:
    tags = "/* @policy: T.1\n@title: A policy\n@efective: 2026-01-01 */"
    assert problems(criterion_define("I", "true", **SAID), tags=tags) == ["T.1: no such tag: @efective"]


def test_a_number_that_nobody_could_notice_has_its_tag(problems: Problems, criterion_define: Define) -> None:
    helper = '// @equivalent: 2 -> 1: both are early\ndefine "Few": "Order".dosesPerDay < 2\n'
    assert problems(helper + criterion_define("I", '"Few"', **SAID)) == []


# --- numbers in words ------------------------------------------------------------------------------------------------


def words(problems: Problems, criterion_define: Define, text: str, expression: str = LIMIT, more: str = "") -> Any:
    return problems(more + criterion_define("I", expression, "dose", ask="State it", unmet=text))


def test_a_number_in_words_that_the_rule_does_not_hold_is_told(problems: Problems, criterion_define: Define) -> None:
    assert words(problems, criterion_define, "Above 350") == ["T.1/I: @unmet says 350, which the rule does not"]


@pytest.mark.parametrize("text", ["At most 250", "At most 250 mcg/m², see II.A.3", "Not with an anti-CD38 antibody"])
def test_numbers_of_the_rule_and_of_names_are_right(problems: Problems, criterion_define: Define, text: str) -> None:
    assert words(problems, criterion_define, text) == []


@pytest.mark.parametrize(("finding", "problems_told"), [("info", 0), ("warning", 1)])
def test_a_note_whose_rule_holds_no_number_may_tell_one(
    problems: Problems, criterion_define: Define, finding: str, problems_told: int
) -> None:
    note = criterion_define("V.1", "true", "safety", finding=finding).replace("Title of V.1", "Filter of 0.2 µm")
    assert len(problems(criterion_define("I", "true", **SAID) + note)) == problems_told


def test_thousands_may_have_a_comma(problems: Problems, criterion_define: Define) -> None:
    assert words(problems, criterion_define, "At most 1,500 mg", "\"Order\".perDay <= 1500 'mg/d'") == []


def test_a_day_in_words_is_the_day_of_the_rule(problems: Problems, criterion_define: Define) -> None:
    assert words(problems, criterion_define, "From 2026 on", '"Order".date >= @2026-01-01') == []


@pytest.mark.parametrize(
    ("more", "expression"),
    [
        ("define \"Most\": 250 'ug/m2/d'\n", '"Order".perDayPerM2 <= "Most"'),
        ('define function Within(n Integer): n <= 250\ndefine "Doses": 3\n', 'Within("Doses")'),
    ],
)
def test_the_numbers_of_what_a_rule_names_are_its_own(
    problems: Problems, criterion_define: Define, more: str, expression: str
) -> None:
    assert words(problems, criterion_define, "Above 250", expression, more) == []


def test_a_leaf_may_tell_the_number_by_which_its_node_chooses_it(problems: Problems, criterion_define: Define) -> None:
    defines = (
        'define "Light": "Order".dosesPerDay < 40\n'
        + criterion_define("I.A", LIMIT, "dose", ask="State it", unmet="Below 40, at most 250")
        + criterion_define("I", 'if "Light" then "I.A" else false', "dose")
    )
    assert problems(defines) == []
