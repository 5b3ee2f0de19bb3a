"""Every rule is checked by a test or has a reason, every mark names a rule, and the page says so."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conformance.cds_hooks.page import PAGE, Mark, conformance_page, marks_of, read_marks, read_rules

PARTS = read_rules()
RULES = [rule for part in PARTS for rule in part.rules]
MARKS = read_marks()


def test_every_rule_is_checked_by_a_test_or_has_a_reason() -> None:
    checked = {mark.rule for mark in MARKS}
    assert [rule.id for rule in RULES if rule.id not in checked and not rule.reason] == []


def test_every_mark_names_a_rule() -> None:
    known = {rule.id for rule in RULES}
    assert [(mark.rule, mark.name) for mark in MARKS if mark.rule not in known] == []


def test_rules_are_numbered_upwards_with_the_letter_of_their_part() -> None:
    for part in PARTS:
        numbers = [int(rule.id.removeprefix(f"{part.letter}-")) for rule in part.rules]
        assert numbers == sorted(set(numbers))


def test_levels_are_those_of_the_specifications_or_advice() -> None:
    assert {rule.level for rule in RULES} == {"SHALL", "SHOULD", "MAY", "advice", "row"}


def test_a_reason_is_a_sentence_and_not_an_excuse_in_two_words() -> None:
    assert all(re.fullmatch(r"[A-Z].{20,}\.", rule.reason) for rule in RULES if rule.reason)


def test_the_page_says_what_rules_and_marks_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == conformance_page(PARTS, MARKS), (
        "write it anew: python -m tests.conformance.cds_hooks.page"
    )


def test_every_row_of_the_table_of_requests_is_there() -> None:
    rows = next(part for part in PARTS if part.letter == "T")
    assert [rule.id for rule in rows.rules] == [f"T-{number}" for number in range(1, 35)]


def test_marks_are_read_from_functions_classes_and_modules(tmp_path: Path) -> None:
    file = tmp_path / "test_some.py"
    file.write_text(
        'import pytest\npytestmark = [pytest.mark.slow, pytest.mark.rules("D-1")]\n'
        'class TestThis:\n    @pytest.mark.rules("D-2", "D-3")\n    def test_it(self): ...\n'
        '@pytest.mark.rules("D-4")\nclass TestThat: ...\n'
        "def test_T_07_a_row(): ...\n"
    )
    assert sorted((mark.rule, mark.name) for mark in marks_of(file)) == [
        ("D-1", "test_some"),
        ("D-2", "test_it"),
        ("D-3", "test_it"),
        ("D-4", "TestThat"),
        ("T-7", "test_T_07_a_row"),
    ]


def test_a_file_without_marks_has_none(tmp_path: Path) -> None:
    file = tmp_path / "test_none.py"
    file.write_text("def test_it(): ...\n")
    assert list(marks_of(file)) == []


def test_a_test_is_shown_as_the_sentence_of_its_name() -> None:
    mark = Mark("D-1", Path(__file__), "test_T_01_it_is_so")
    assert mark.link == "[it is so](../tests/conformance/cds_hooks/test_page.py)"
