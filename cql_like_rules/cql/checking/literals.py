"""Literals: numbers in range, dates that exist, units that are UCUM.

Source: CQL 1.5.3, Appendix B (Integer, Decimal), Developer's Guide, Quantity; UCUM.
"""

from __future__ import annotations

import re
from decimal import Decimal

from cql_like_rules.cql.checking.findings import Findings
from cql_like_rules.cql.keywords import SINGULAR
from cql_like_rules.cql.syntax import DateTimeLiteral, Literal, Node, QuantityLiteral
from cql_like_rules.cql.types import BOOLEAN, DECIMAL, INTEGER, STRING, Type, system
from cql_like_rules.cql.values import temporal, ucum

INTEGER_LIMIT = 2**31
DECIMAL_LIMIT = Decimal(10) ** 28
DECIMAL_PLACES = 8

_PARSERS = {"Date": temporal.Date.parse, "DateTime": temporal.DateTime.parse, "Time": temporal.Time.parse}

_UCUM_FOR = {
    "mcg": "ug",
    "µg": "ug",
    "μg": "ug",
    "cc": "mL",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "oz": "[oz_av]",
    "in": "[in_i]",
    "inch": "[in_i]",
    "ft": "[ft_i]",
    "iu": "[iU]",
    "miu": "m[iU]",
    "unit": "[iU]",
    "units": "[iU]",
    "m²": "m2",
    "m^2": "m2",
    "sqm": "m2",
    "hr": "h",
    "hrs": "h",
    "sec": "s",
    "wks": "wk",
    "mmhg": "mm[Hg]",
    "k": "10*3",
    "x10^9": "10*9",
    "10^9": "10*9",
    "10^3": "10*3",
    "10^6": "10*6",
    "c": "Cel",
    "°c": "Cel",
    "f": "[degF]",
    "°f": "[degF]",
    "percent": "%",
}
"""Ways in which units are written that are not UCUM, in lower case, and what UCUM writes."""


def literal_type(literal: Literal, findings: Findings) -> Type:
    """The type of a literal; numbers out of range are reported."""
    match literal.value:
        case bool():
            return BOOLEAN
        case int() as value:
            if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
                findings.report(literal, f"{value} is no Integer", "Integers go from -2147483648 to 2147483647")
            return INTEGER
        case Decimal() as value:
            _check_decimal(value, literal, findings)
            return DECIMAL
        case _:
            return STRING


def date_type(literal: DateTimeLiteral, findings: Findings) -> Type:
    """The type of a date, time or both; one that is on no calendar is reported."""
    try:
        _PARSERS[literal.kind](literal.text)
    except ValueError:
        findings.report(literal, f"@{literal.text} is no {literal.kind}", "there is no such day or time")
    return system(literal.kind)


def check_quantity(literal: QuantityLiteral, findings: Findings) -> None:
    """Report a number out of range and a unit that is not UCUM."""
    _check_decimal(literal.value, literal, findings)
    if not literal.calendar:
        check_unit(literal.unit, literal, findings)


def check_unit(unit: str, node: Node, findings: Findings) -> None:
    """Report a unit that is not UCUM."""
    if not ucum.is_valid(unit):
        findings.report(node, f"'{unit}' is no UCUM unit", unit_hint(unit))


def unit_hint(unit: str) -> str:
    """What UCUM writes for a unit that people write differently; empty when that is not known."""
    if unit in SINGULAR:
        return f"calendar units stand without quotes: {unit}"
    parts = re.split(r"([/.])", unit.strip())
    meant = "".join(_UCUM_FOR.get(part.casefold(), part) for part in parts)
    return f"write '{meant}'" if meant != unit and ucum.is_valid(meant) else ""


def _check_decimal(value: Decimal, node: Node, findings: Findings) -> None:
    exponent = value.as_tuple().exponent
    if value.copy_abs() >= DECIMAL_LIMIT or (isinstance(exponent, int) and -exponent > DECIMAL_PLACES):
        findings.report(node, f"{value} is no Decimal", "a Decimal has 28 digits before the point and 8 behind it")
