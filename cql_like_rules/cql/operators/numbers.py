"""What an Integer and a Decimal can hold, and decimal arithmetic within it.

An Integer has 32 bits. A Decimal has 8 places behind the point; results are rounded to them, halves away from zero.
Results may reach 10^28, as HL7's tests have them, which is more than `maximum Decimal`.

Source: CQL 1.5.3, Appendix B, sections Types and Arithmetic Operators.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, TypeAlias

Number: TypeAlias = int | Decimal

MAX_INTEGER = 2**31 - 1
MIN_INTEGER = -(2**31)
MAX_DECIMAL = Decimal("99999999999999999999.99999999")
MIN_DECIMAL = -MAX_DECIMAL
STEP = Decimal("0.00000001")

EXACT = Context(prec=80, rounding=ROUND_HALF_UP)

_LARGEST = Decimal(10) ** 28
_SMALL_AMOUNT = Decimal("0.0001")
_EIGHT_DIGITS = Context(prec=8, rounding=ROUND_HALF_UP)


def is_number(value: Any) -> bool:
    """Whether it is an Integer or a Decimal; a Boolean is neither."""
    kind = type(value)
    return kind is int or kind is Decimal


def integer_or_null(value: int) -> int | None:
    """The number when an Integer can hold it, otherwise null."""
    return value if MIN_INTEGER <= value <= MAX_INTEGER else None


def decimal_or_null(value: Decimal) -> Decimal | None:
    """The number rounded to 8 places; null when a Decimal cannot hold it."""
    if not -_LARGEST <= value <= _LARGEST:
        return None
    rounded = EXACT.quantize(value, STEP)
    return value if rounded == value else rounded


def amount_or_null(value: Decimal) -> Decimal | None:
    """The value of a Quantity: rounded to 8 places, but never to less than 8 significant digits.

    Five nanograms written in grams must not become zero.
    """
    if -_SMALL_AMOUNT < value < _SMALL_AMOUNT:
        return _EIGHT_DIGITS.plus(value)
    return decimal_or_null(value)


def decimal_places(value: Decimal) -> int:
    """How many digits stand behind the point, trailing zeros left out."""
    exponent = value.normalize(EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def equivalent(a: Decimal, b: Decimal) -> bool:
    """Whether two numbers are the same when rounded to the places of the less precise one."""
    step = Decimal(1).scaleb(-min(decimal_places(a), decimal_places(b)))
    return EXACT.quantize(a, step) == EXACT.quantize(b, step)
