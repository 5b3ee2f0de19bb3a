"""The numbers that a rule holds, with how they are compared and where they are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.policy import load_policy
from cql_like_rules.review.rule_numbers import RuleNumbers

Define = Callable[..., str]

HELPERS = """
define "Most": 250 'ug/m2/d'
define "Little": 12 'ug/kg/d'
define "By weight": if "Order".dosesPerDay < 2 then "Most" else "Little"
define function Few(doses Integer): doses <= 3
"""


def numbers(tiny: Any, criterion_define: Define, expression: str) -> list[tuple[str, str]]:
    """The numbers of a criterion, each as it is told, with the define where it stands."""
    head = tiny.head.replace("context Patient", 'parameter "Days" Integer default 30\ncontext Patient')
    policy = tiny.policy(HELPERS + criterion_define("I", expression), head=head)
    return [(f"{each.relation} {each.text}".strip(), each.define) for each in RuleNumbers(policy.library).of("I")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"Order".dosesPerDay >= 55', [("≥ 55", "I")]),
        ('55 >= "Order".dosesPerDay', [("≤ 55", "I")]),
        ('"Order".perDayPerM2 <= "Most"', [("≤ 250 ug/m2/d", "Most")]),
        ('"Order".dosesPerDay <= "Days"', [("≤ 30", "Days")]),
        ('Few("Order".dosesPerDay)', [("≤ 3", "Few")]),
        ('"Order".date >= @2026-01-01', [("≥ 2026-01-01", "I")]),
        ('"Order".date - 6 months <= @2026-01-01', [("6 months", "I"), ("≤ 2026-01-01", "I")]),
        ('"Order".date is not null', []),
        (
            '"Order".perDayPerKg <= "By weight"',
            [("< 2", "By weight"), ("≤ 250 ug/m2/d", "Most"), ("≤ 12 ug/kg/d", "Little")],
        ),
    ],
)
def test_the_numbers_of_a_rule(
    tiny: Any, criterion_define: Define, expression: str, expected: list[tuple[str, str]]
) -> None:
    found = numbers(tiny, criterion_define, expression)
    assert sorted(found) == sorted(expected)


def test_the_numbers_of_shared_libraries_count_on_demand(tiny: Any, criterion_define: Define, tmp_path: Path) -> None:
    folder = tiny.written(criterion_define("I", 'Shared.Few("Order".dosesPerDay)'))
    text = (folder / "policy.cql").read_text(encoding="utf-8")
    text = text.replace("codesystem", "include Shared version '1' called Shared\ncodesystem", 1)
    (folder / "policy.cql").write_text(text, encoding="utf-8")
    shared = "library Shared version '1'\nusing FHIR version '4.0.1'\ncontext Patient\n"
    (folder / "Shared.cql").write_text(f"{shared}define function Few(n Integer): n <= 3\n", encoding="utf-8")
    library = load_policy(folder, tiny.terminology, tmp_path / "library").library
    assert RuleNumbers(library).of("I") == ()
    assert [(each.text, each.library) for each in RuleNumbers(library, shared=True).of("I")] == [("3", "Shared")]
