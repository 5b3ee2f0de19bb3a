"""Arithmetic on Integer, Decimal, Quantity, and on dates with a duration.

Null for a null operand, for a division by zero, and for a result that its type cannot hold. An Integer beside a
Decimal is taken as a Decimal, a number beside a Quantity as a Quantity without unit.

Source: CQL 1.5.3, Appendix B, Arithmetic Operators, and Add and Subtract of Date and Time Operators.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import date_time, quantities
from cql_like_rules.cql.operators.comparison import described
from cql_like_rules.cql.operators.numbers import EXACT, decimal_or_null, integer_or_null, is_number
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty, between, highest, lowest

_HALF = Decimal("0.5")
_LARGEST_EXPONENT = 128
_MOST_PLACES = 30


def add(a: Any, b: Any) -> Any:
    """`a + b`: numbers, quantities, strings, a date and a duration."""
    if a is None or b is None:
        return None
    kind, other = type(a), type(b)
    if kind is int and other is int:
        return integer_or_null(a + b)
    if is_number(a) and is_number(b):
        return decimal_or_null(EXACT.add(a, b))
    if kind is str and other is str:
        return a + b
    if isinstance(a, Date | DateTime | Time) and other is Quantity:
        return date_time.shifted(a, b, 1)
    if kind is Uncertainty or other is Uncertainty:
        return between(add(lowest(a), lowest(b)), add(highest(a), highest(b)))
    return quantities.add(*_quantities("+", a, b))


def subtract(a: Any, b: Any) -> Any:
    """`a - b`: numbers, quantities, a date and a duration."""
    if a is None or b is None:
        return None
    kind, other = type(a), type(b)
    if kind is int and other is int:
        return integer_or_null(a - b)
    if is_number(a) and is_number(b):
        return decimal_or_null(EXACT.subtract(a, b))
    if isinstance(a, Date | DateTime | Time) and other is Quantity:
        return date_time.shifted(a, b, -1)
    if kind is Uncertainty or other is Uncertainty:
        return between(subtract(lowest(a), highest(b)), subtract(highest(a), lowest(b)))
    return quantities.subtract(*_quantities("-", a, b))


def multiply(a: Any, b: Any) -> Any:
    """`a * b`: numbers and quantities; units are multiplied."""
    if a is None or b is None:
        return None
    if type(a) is int and type(b) is int:
        return integer_or_null(a * b)
    if is_number(a) and is_number(b):
        return decimal_or_null(EXACT.multiply(a, b))
    if type(a) is Uncertainty or type(b) is Uncertainty:
        return _product_of_uncertain(a, b)
    return quantities.multiply(*_quantities("*", a, b))


def _product_of_uncertain(a: Any, b: Any) -> Any:
    products = [multiply(x, y) for x in (lowest(a), highest(a)) for y in (lowest(b), highest(b))]
    if not all(map(is_number, products)):
        raise _undefined("*", a, b)
    return between(min(products), max(products))


def divide(a: Any, b: Any) -> Any:
    """`a / b`: a Decimal, or a Quantity with the units divided. Null by zero."""
    if a is None or b is None:
        return None
    if is_number(a) and is_number(b):
        return decimal_or_null(EXACT.divide(a, b)) if b else None
    return quantities.divide(*_quantities("/", a, b))


def truncated_divide(a: Any, b: Any) -> Any:
    """`a div b`: the whole part of the quotient. Null by zero."""
    if a is None or b is None:
        return None
    if is_number(a) and is_number(b):
        if not b:
            return None
        if type(a) is int and type(b) is int:
            whole = abs(a) // abs(b)
            return integer_or_null(whole if (a < 0) is (b < 0) else -whole)
        return decimal_or_null(EXACT.divide(a, b).to_integral_value(ROUND_DOWN))
    return quantities.truncated_divide(*_quantities("div", a, b))


def modulo(a: Any, b: Any) -> Any:
    """`a mod b`: what truncated division leaves, with the sign of a. Null by zero."""
    if a is None or b is None:
        return None
    if is_number(a) and is_number(b):
        if not b:
            return None
        if type(a) is int and type(b) is int:
            rest = abs(a) % abs(b)
            return rest if a >= 0 else -rest
        return decimal_or_null(EXACT.remainder(a, b))
    return quantities.modulo(*_quantities("mod", a, b))


def power(a: Any, b: Any) -> Any:
    """`a ^ b`, `Power(a, b)`: an Integer when both are and b is not negative, otherwise a Decimal.

    Null where there is no real result (`0 ^ -1`, `-1 ^ 0.5`) and where it is too large.
    """
    if a is None or b is None:
        return None
    if not (is_number(a) and is_number(b)):
        raise _undefined("^", a, b)
    if type(a) is int and type(b) is int and b >= 0:
        # Beyond this exponent only 0, 1 and -1 stay small.
        return integer_or_null(a ** min(b, _LARGEST_EXPONENT + b % 2))
    if b == _HALF:
        return decimal_or_null(EXACT.sqrt(a)) if a >= 0 else None
    try:
        return decimal_or_null(EXACT.power(a, b))
    except DecimalException:
        return None


def negate(a: Any) -> Any:
    """`-a`."""
    if a is None:
        return None
    if type(a) is int:
        return integer_or_null(-a)
    if type(a) is Decimal:
        return -a
    if type(a) is Quantity:
        return Quantity(-a.value, a.unit)
    raise EvaluationError(f"- is not defined for {described(a)}")


def absolute(a: Any) -> Any:
    """`Abs(a)`."""
    if a is None:
        return None
    size = a.value if type(a) is Quantity else a
    return negate(a) if _number("Abs", size) < 0 else a


def ceiling(a: Any) -> int | None:
    """`Ceiling(a)`: the first Integer at or above a."""
    return _whole("Ceiling", a, ROUND_CEILING)


def floor(a: Any) -> int | None:
    """`Floor(a)`: the first Integer at or below a."""
    return _whole("Floor", a, ROUND_FLOOR)


def truncate(a: Any) -> int | None:
    """`Truncate(a)`: the whole part of a."""
    return _whole("Truncate", a, ROUND_DOWN)


def round_(a: Any, places: int | None = None) -> Decimal | None:
    """`Round(a, places)`: halves away from zero; null places count as 0."""
    if a is None:
        return None
    step = Decimal(1).scaleb(-max(-_MOST_PLACES, min(places or 0, _MOST_PLACES)))
    scaled = EXACT.divide(_number("Round", a), step).to_integral_value(ROUND_HALF_UP)
    return decimal_or_null(EXACT.multiply(scaled, step))


def _whole(name: str, a: Any, rounding: str) -> int | None:
    if a is None:
        return None
    number = _number(name, a)
    return integer_or_null(int(Decimal(number).to_integral_value(rounding)))


def _number(name: str, a: Any) -> int | Decimal:
    if not is_number(a):
        raise EvaluationError(f"{name} is not defined for {described(a)}")
    return a  # type: ignore[no-any-return]


def _quantities(sign: str, a: Any, b: Any) -> tuple[Quantity, Quantity]:
    """Both as quantities. Raises EvaluationError when one is neither a quantity nor a number."""
    left = Quantity(Decimal(a)) if is_number(a) else a
    right = Quantity(Decimal(b)) if is_number(b) else b
    if type(left) is not Quantity or type(right) is not Quantity:
        raise _undefined(sign, a, b)
    return left, right


def _undefined(sign: str, a: Any, b: Any) -> EvaluationError:
    return EvaluationError(f"{sign} is not defined for {described(a)} and {described(b)}")
