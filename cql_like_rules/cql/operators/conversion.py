"""Conversions between types. Null for null and for text that cannot be read as the type.

Raises EvaluationError for a type that has no such conversion.

Source: CQL 1.5.3, Appendix B, Type Operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import date_time, quantities
from cql_like_rules.cql.operators.comparison import described
from cql_like_rules.cql.operators.numbers import decimal_or_null, integer_or_null, is_number
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, Quantity, Ratio, plain
from cql_like_rules.cql.values.temporal import Date, DateTime, Time

_Read = TypeVar("_Read")

_BOOLEANS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_QUANTITY = re.compile(r"(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?:'(?P<unit>[^']+)'|(?P<word>[a-z]+))?", re.ASCII)
_RATIO = re.compile(r"([^:']+(?:'[^']*')?)\s*:\s*([^:']+(?:'[^']*')?)")
_OFFSET = re.compile(r"(Z|[+-]\d\d:\d\d)$")


def to_boolean(value: Any) -> bool | None:
    """`ToBoolean(x)`: of `true`, `t`, `yes`, `y`, `1` and their opposites in any case, and of the numbers 1 and 0."""
    if value is None or type(value) is bool:
        return value
    if is_number(value):
        return bool(value) if value in (0, 1) else None
    if isinstance(value, str):
        return _BOOLEANS.get(value.lower())
    raise _no_conversion(value, "Boolean")


def to_integer(value: Any) -> int | None:
    """`ToInteger(x)`: of a whole number in text, and of a Boolean (1 or 0)."""
    if value is None or type(value) is int:
        return value
    if type(value) is bool:
        return int(value)
    if isinstance(value, str):
        return integer_or_null(int(value)) if _INTEGER.fullmatch(value) else None
    raise _no_conversion(value, "Integer")


def to_decimal(value: Any) -> Decimal | None:
    """`ToDecimal(x)`: of a number in text, of an Integer and of a Boolean (1.0 or 0.0)."""
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str):
        return decimal_or_null(Decimal(value)) if _DECIMAL.fullmatch(value) else None
    raise _no_conversion(value, "Decimal")


def to_string(value: Any) -> str | None:
    """`ToString(x)`: of everything that has a literal; text that `To…` reads back."""
    if value is None or isinstance(value, str):
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = plain(value)
        return text if "." in text else f"{text}.0"
    if isinstance(value, int | Quantity | Ratio | Date | DateTime | Time):
        return str(value)
    raise _no_conversion(value, "String")


def to_quantity(value: Any) -> Quantity | None:
    """`ToQuantity(x)`: of text such as `5.4 'mg'`, `5 days` or `5`, of a number, and of a Ratio (divided)."""
    if value is None or isinstance(value, Quantity):
        return value
    if is_number(value):
        return Quantity(Decimal(value))
    if isinstance(value, Ratio):
        return quantities.divide(value.numerator, value.denominator)
    if isinstance(value, str):
        return _quantity_of(value)
    raise _no_conversion(value, "Quantity")


def to_ratio(value: Any) -> Ratio | None:
    """`ToRatio(x)`: of text such as `1 'mg':2 'mL'`."""
    if value is None or isinstance(value, Ratio):
        return value
    if not isinstance(value, str):
        raise _no_conversion(value, "Ratio")
    parts = _RATIO.fullmatch(value)
    if parts is None:
        return None
    numerator, denominator = _quantity_of(parts[1].strip()), _quantity_of(parts[2].strip())
    return None if numerator is None or denominator is None else Ratio(numerator, denominator)


def to_date(value: Any) -> Date | None:
    """`ToDate(x)`: of text in ISO 8601, whose time is left out, and of a DateTime."""
    if isinstance(value, str):
        value = _read(DateTime.parse, value)
    if value is None or isinstance(value, Date | DateTime):
        return date_time.date_from(value)
    raise _no_conversion(value, "Date")


def to_date_time(value: Any) -> DateTime | None:
    """`ToDateTime(x)`: of text in ISO 8601, and of a Date (the time is not known)."""
    if value is None or isinstance(value, DateTime):
        return value
    if isinstance(value, Date):
        return date_time.as_datetime(value)
    if isinstance(value, str):
        return _read(DateTime.parse, value)
    raise _no_conversion(value, "DateTime")


def to_time(value: Any) -> Time | None:
    """`ToTime(x)`: of text in ISO 8601; an offset is left out."""
    if value is None or isinstance(value, Time):
        return value
    if isinstance(value, str):
        return _read(Time.parse, _OFFSET.sub("", value))
    raise _no_conversion(value, "Time")


def to_concept(value: Any) -> Concept | None:
    """`ToConcept(x)`: of a Code, with its display, and of a list of Codes."""
    if value is None or isinstance(value, Concept):
        return value
    if isinstance(value, Code):
        return Concept((value,), value.display)
    if isinstance(value, list) and all(isinstance(code, Code) for code in value if code is not None):
        return Concept(tuple(code for code in value if code is not None))
    raise _no_conversion(value, "Concept")


CONVERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Decimal": to_decimal,
    "String": to_string,
    "Quantity": to_quantity,
    "Ratio": to_ratio,
    "Date": to_date,
    "DateTime": to_date_time,
    "Time": to_time,
    "Concept": to_concept,
}
"""The conversions by the System type they make."""


def converts(make: Callable[[Any], Any]) -> Callable[[Any], bool | None]:
    """The `ConvertsTo…` of a conversion: whether it has a value; null for null, false where there is no conversion."""

    def converts_to(value: Any) -> bool | None:
        if value is None:
            return None
        try:
            return make(value) is not None
        except EvaluationError:
            return False

    return converts_to


def _quantity_of(text: str) -> Quantity | None:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    unit = match["unit"] or "1"
    if match["word"]:
        unit = match["word"].removesuffix("s")
        if unit not in CALENDAR_UNITS:
            return None
    elif not ucum.is_valid(unit):
        return None
    value = decimal_or_null(Decimal(match["value"]))
    return None if value is None else Quantity(value, unit)


def _read(parse: Callable[[str], _Read], text: str) -> _Read | None:
    try:
        return parse(text)
    except ValueError:
        return None


def _no_conversion(value: Any, type_name: str) -> EvaluationError:
    return EvaluationError(f"{described(value)} is not converted to {type_name}")
