"""The outline of a policy: sections, how criteria combine, what is asked for and told, the numbers of rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.review.outline import Entry, advisories_of, sections_of
from cql_like_rules.review.page import Table, page_of

Define = Callable[..., str]

HELPERS = """
define "Most": 250 'ug/m2/d'
define "Is heavy": "Order".dosesPerDay > 40
define "Is early": exists (({ 1 }) N where N > 0)
"""


@pytest.fixture
def entry(tiny: Any, criterion_define: Define) -> Callable[[str], Entry]:
    """The section I with this expression, above the leaves I.A, I.B and I.C."""

    def made(expression: str) -> Entry:
        leaves = "".join(criterion_define(f"I.{letter}", "true") for letter in "ABC")
        (section, *_) = (
            each
            for each in sections_of(tiny.policy(HELPERS + leaves + criterion_define("I", expression)))
            if each.number == "I"
        )
        return section

    return made


def lines(entry: Entry, level: int = 0) -> list[str]:
    """The entries below one, indented: a criterion by its number, another by its title."""
    own = [f"{'  ' * level}{each.number or each.title}" for each in [entry]] if level else []
    return own + [line for below in entry.below for line in lines(below, level + 1)]


@pytest.mark.parametrize(
    ("expression", "remark", "below"),
    [
        ('"I.A" and "I.B"', "diagnosis: all of", ["I.A", "I.B"]),
        ('"I.A" or "I.B"', "diagnosis: any of", ["I.A", "I.B"]),
        ('"I.A" and ("I.B" or "I.C")', "diagnosis: all of", ["I.A", "any of", "  I.B", "  I.C"]),
        (
            'if "Is heavy" then "I.A" else "I.B"',
            "diagnosis: the first that applies",
            ["when Is heavy [Order.dosesPerDay > 40]", "  I.A", "otherwise", "  I.B"],
        ),
        (
            'case when "Is early" then "I.A" when "Is heavy" is true then null else false end',
            "diagnosis: the first that applies",
            [
                "when Is early",
                "  I.A",
                "when Is heavy [Order.dosesPerDay > 40] holds: missing",
                "otherwise: does not apply",
            ],
        ),
        (
            '"I.A" and ("Is heavy" implies "I.B")',
            "diagnosis: all of",
            ["I.A", "unless known not to be so: Is heavy [Order.dosesPerDay > 40]", "  I.B"],
        ),
        ('"I.A" and not "I.B"', "diagnosis: all of", ["I.A", "not", "  I.B"]),
        ('"I.A" or ("I.B" and "I.A")', "diagnosis: any of", ["I.A", "all of", "  I.B", "  I.A"]),
    ],
)
def test_how_criteria_combine(entry: Callable[[str], Entry], expression: str, remark: str, below: list[str]) -> None:
    section = entry(expression)
    assert section.remark == remark
    assert [line[2:] for line in lines(section)] == below


def test_a_condition_has_the_numbers_that_its_words_do_not_tell(tiny: Any, criterion_define: Define) -> None:
    defines = (
        'define "Many": 40\ndefine "Is frequent": "Order".dosesPerDay > "Many"\n'
        + "".join(criterion_define(f"I.{letter}", "true") for letter in "AB")
        + criterion_define("I", 'if "Is frequent" then "I.A" else "I.B"')
    )
    (section,) = sections_of(tiny.policy(defines))
    when, otherwise = section.below
    assert (when.title, when.details) == (
        "when Is frequent [Order.dosesPerDay > Many]",
        (("holds", "> 40 (Many)"),),
    )
    assert otherwise.details == ()


def test_a_criterion_that_must_be_known_to_be_met_says_so(entry: Callable[[str], Entry]) -> None:
    section = entry('"I.A" or "I.B" is true')
    assert section.below[1].remark == "diagnosis; has to be met, missing does not count"


def test_a_criterion_in_two_places_is_written_out_in_the_first(entry: Callable[[str], Entry]) -> None:
    section = entry('if "Is heavy" then "I.A" else "I.A"')
    titles = [below.below[0].title for below in section.below]
    assert titles == ["Title of I.A", "(as above)"]


def test_a_leaf_has_its_numbers_and_its_words(tiny: Any, criterion_define: Define) -> None:
    leaf = criterion_define(
        "I", '"Order".perDayPerM2 <= "Most"', "dose", ask="State it", unmet="Above", only="met, missing", source="p. 3"
    )
    (section,) = sections_of(tiny.policy(HELPERS + leaf))
    assert (section.number, section.title, section.remark) == ("I", "Title of I", "dose")
    assert section.details == (
        ("holds", "≤ 250 ug/m2/d (Most)"),
        ("missing", "State it"),
        ("not met", "Above"),
        ("source", "p. 3"),
        ("only", "met, missing"),
    )


def test_an_advisory_has_its_indicator_and_its_source(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I", "true") + criterion_define(
        "V.note", '"Order".dosesPerDay > 2', "safety", finding="critical", source="Section V"
    )
    (advisory,) = advisories_of(tiny.policy(defines))
    assert (advisory.number, advisory.remark) == ("V.note", "safety, critical")
    assert advisory.details == (("holds", "> 2"), ("source", "Section V"))


# --- the page --------------------------------------------------------------------------------------------------------


DECISIONS = """
define "Instead": Tuple { product: "Other drug", dose: 5 'ug/kg/d', route: "By injection" }
define "Approval months": 6
define "Approval until": if "Order".dosesPerDay > 2 then @2026-11-13 else null
define "Referral": case when "Order".dosesPerDay > 3 then null when "Order".dosesPerDay > 1 then 'X.1' else 'X.2' end
"""


@pytest.fixture
def tables(tiny: Any, criterion_define: Define) -> dict[str, tuple[tuple[str, ...], ...]]:
    tags = tiny_tags("@nature: guidance", "@effective: 2026-01-01", "@reviewed: 2026-02")
    policy = tiny.policy(DECISIONS + criterion_define("I", "true", alternative="Instead"), tags=tags)
    blocks = page_of(policy, tiny.terminology).blocks
    return {block.heading: block.rows for block in blocks if isinstance(block, Table)}


def tiny_tags(*more: str) -> str:
    return "/* " + "\n".join(("@policy: T.1", "@title: A tiny policy", *more)) + " */"


def test_the_head_says_which_version_and_what_it_is_about(tables: Any) -> None:
    assert tables[""] == (
        ("policy", "T.1, version 1.0"),
        ("document", "guidance: how to treat"),
        ("in force", "from 2026-01-01"),
        ("reviewed", "2026-02"),
        ("about", "any …"),
    )


def test_approval_and_referral_are_rows_with_their_conditions(tables: Any) -> None:
    assert tables["Approval and referral"] == (
        ("approved for", "6 months", "always"),
        ("approved until", "2026-11-13", "Order.dosesPerDay > 2"),
        ("turn to", "nothing", "Order.dosesPerDay > 3"),
        ("turn to", "X.1", "Order.dosesPerDay > 1"),
        ("turn to", "X.2", "otherwise"),
    )


def test_the_drug_to_use_instead_is_told_with_its_dose(tables: Any) -> None:
    (row,) = tables["Drugs to use instead"]
    assert row == ("Instead", 'product "Other drug", dose 5 ug/kg/d, route "By injection"', "always")


def test_codes_are_told_with_their_system(tables: Any) -> None:
    assert ("Other drug", "RxNorm 1605067", "Zarxio") in tables["Codes by themselves"]


def test_what_a_policy_does_not_have_is_left_out(tables: Any) -> None:
    assert "Value sets" not in tables
    assert "Parameters and their defaults" not in tables
