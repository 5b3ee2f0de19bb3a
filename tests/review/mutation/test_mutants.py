"""The mutants of a CQL text: which numbers are changed, and how."""

from __future__ import annotations

import pytest

from cql_like_rules.cql.parser import parse_library
from cql_like_rules.review.mutation.mutants import Mutant, mutants_of


def mutants(expression: str, above: str = "") -> list[Mutant]:
    library, _ = parse_library(f'library A\n{above}define "X":\n  {expression}', "a.cql")
    assert library is not None
    return list(mutants_of(library, "A/policy.cql"))


def changes(expression: str) -> list[tuple[str, str]]:
    return [(mutant.before, mutant.after) for mutant in mutants(expression)]


def test_a_number_moves_by_its_last_digit() -> None:
    assert changes("0.5 + 3") == [("0.5", "0.4"), ("0.5", "0.6"), ("3", "2"), ("3", "4")]


def test_a_date_moves_by_a_day() -> None:
    assert [after for _, after in changes("@2024-03-01")] == ["@2024-02-29", "@2024-03-02"]


def test_a_moment_moves_by_a_day_and_keeps_its_hour() -> None:
    assert [after for _, after in changes("@2024-03-01T10:00:00Z")] == [
        "@2024-02-29T10:00:00Z",
        "@2024-03-02T10:00:00Z",
    ]


@pytest.mark.parametrize(
    ("quantity", "mistaken"),
    [
        ("250 'ug/m2/d'", "'mg/m2/d'"),
        ("1 'g'", "'mg'"),
        ("40 'kg'", "'[lb_av]'"),
        ("100 '/uL'", "'/mL'"),
        ("24 hours", "day"),
        ("1 month", "week"),
    ],
)
def test_a_unit_is_exchanged_for_one_it_is_mistaken_for(quantity: str, mistaken: str) -> None:
    assert changes(quantity)[2:] == [(quantity.partition(" ")[2], mistaken)]


@pytest.mark.parametrize("expression", ['"Y"[0]', "'stage 4'", "true", "@T10:30", "@2026"])
def test_positions_words_and_what_has_no_day_are_no_numbers_of_a_document(expression: str) -> None:
    assert changes(expression) == []


def test_a_mutant_is_told_by_file_line_and_define() -> None:
    first = mutants("1 + 2", above="\n// a comment\n")[0]
    assert str(first) == 'A/policy.cql:5: "X" 1 -> 0'


def test_a_mutant_changes_the_text_at_its_place_alone() -> None:
    library, _ = parse_library('library A\ndefine "X": 5 + 5', "a.cql")
    assert library is not None
    last = list(mutants_of(library, "a.cql"))[-1]
    assert last.applied_to(library.source) == 'library A\ndefine "X": 5 + 6'


def test_the_default_of_a_parameter_is_a_number_too() -> None:
    library, _ = parse_library('library A\nparameter "Days" Integer default 30', "a.cql")
    assert library is not None
    assert [(each.define, each.after) for each in mutants_of(library, "a.cql")] == [("Days", "29"), ("Days", "31")]


def test_a_mutant_that_nothing_could_notice_carries_the_reason() -> None:
    found = mutants("2 + 7", above="// @equivalent: 2 -> 1: both are early\n")
    assert [(each.after, each.equivalent) for each in found] == [
        ("1", "both are early"), ("3", ""), ("6", ""), ("8", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["2 -> 1", "2 -> 1:", "because"])
def test_an_exemption_without_a_reason_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match='@equivalent of "X"'):
        mutants("2", above=f"// @equivalent: {written}\n")
