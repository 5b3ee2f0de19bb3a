"""Numbers in range, dates that exist, units that are UCUM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.checking.literals import unit_hint
from cql_like_rules.cql.errors import Problem


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("2147483648", "2147483648 is no Integer"),
        ("-2147483649", "-2147483649 is no Integer"),
        ("0.000000001", "1E-9 is no Decimal"),
        ("@2026-02-30", "@2026-02-30 is no Date"),
        ("@2026-13", "@2026-13 is no Date"),
        ("@2026-01-01T25:00:00Z", "@2026-01-01T25:00:00Z is no DateTime"),
        ("@T10:60", "@T10:60 is no Time"),
        ("5 'mcg'", "'mcg' is no UCUM unit"),
        ("convert 5 'mg' to 'mcg'", "'mcg' is no UCUM unit"),
        ("System.Quantity { value: 5.0, unit: 'mcg' }", "'mcg' is no UCUM unit"),
        ("5 'mg' : 1 'cc'", "'cc' is no UCUM unit"),
    ],
)
def test_a_literal_that_is_none_is_refused(problem: Callable[..., Problem], expression: str, message: str) -> None:
    assert problem(expression, strict=False).message == message


@pytest.mark.parametrize(
    "expression",
    [
        "-2147483648",
        "2147483647",
        "9999999999999999999999999999.99999999",
        "@2024-02-29",
        "5 'mg/m2/d'",
        "5 '10*9/L'",
        "1.5 '%'",
        "System.Quantity { value: 1.0, unit: 'days' }",
        "convert 24 'h' to days",
    ],
)
def test_a_literal_within_its_limits_is_let_through(defines: Callable[..., Any], expression: str) -> None:
    defines(f'define "X": {expression}', strict=False)


@pytest.mark.parametrize(
    ("unit", "hint"),
    [
        ("mcg", "write 'ug'"),
        ("mcg/kg/d", "write 'ug/kg/d'"),
        ("mg/m²", "write 'mg/m2'"),
        ("IU/L", "write '[iU]/L'"),
        ("K/uL", "write '10*3/uL'"),
        ("lbs", "write '[lb_av]'"),
        ("mmHg", "write 'mm[Hg]'"),
        ("days", "calendar units stand without quotes: days"),
        ("nonsense", ""),
    ],
)
def test_the_hint_is_what_ucum_writes(unit: str, hint: str) -> None:
    assert unit_hint(unit) == hint
