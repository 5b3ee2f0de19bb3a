"""Arithmetic on Integer, Decimal, Quantity, dates and times (CQL 1.5.3, Appendix B, Arithmetic Operators).

Null for a null operand, for a division by zero, and for a result that its type cannot hold.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException, localcontext
from typing import Any, TypeAlias

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import date_time, quantities
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty

Number: TypeAlias = int | Decimal

MAX_INTEGER = 2**31 - 1
MIN_INTEGER = -(2**31)
STEP = Decimal("0.00000001")
MAX_DECIMAL = Decimal("99999999999999999999.99999999")
MIN_DECIMAL = -MAX_DECIMAL


def representable(number: Any) -> Any:
    """The number when its type can hold it (Integer 32 bits, Decimal 28 digits with 8 places), else None."""
    if isinstance(number, int):
        return number if MIN_INTEGER <= number <= MAX_INTEGER else None
    if not number.is_finite() or not MIN_DECIMAL <= number <= MAX_DECIMAL:
        return None
    return number.quantize(STEP, ROUND_HALF_UP).normalize() + 0 if number.as_tuple().exponent < -8 else number


def _numbers(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    if isinstance(left, Decimal) != isinstance(right, Decimal):
        left, right = Decimal(left), Decimal(right)
    with localcontext() as context:
        context.prec = 40
        return representable(operation(left, right))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _no_such(name: str, left: Any, right: Any) -> EvaluationError:
    return EvaluationError(f"{name} is not defined for {type(left).__name__} and {type(right).__name__}")


def add(left: Any, right: Any) -> Any:
    """`+`: numbers, quantities, a date and a duration, strings."""
    return _sum(left, right, 1)


def subtract(left: Any, right: Any) -> Any:
    """`-`: numbers, quantities, a date and a duration."""
    return _sum(left, right, -1)


def _sum(left: Any, right: Any, sign: int) -> Any:
    if left is None or right is None:
        return None
    if _is_number(left) and _is_number(right):
        return _numbers(lambda a, b: a + sign * b, left, right)
    if isinstance(left, Date | DateTime | Time) and isinstance(right, Quantity):
        return date_time.shifted(left, right, sign)
    if isinstance(left, str) and isinstance(right, str) and sign == 1:
        return left + right
    if isinstance(left, Uncertainty) or isinstance(right, Uncertainty):
        return _uncertain(lambda a, b: a + sign * b, left, right)
    a, b = _quantities("+" if sign == 1 else "-", left, right)
    return _representable_quantity(quantities.add(a, b, sign))


def _quantities(name: str, left: Any, right: Any) -> tuple[Quantity, Quantity]:
    """Both as quantities: a number is one without unit. Raises EvaluationError for anything else."""
    a = Quantity(Decimal(left)) if _is_number(left) else left
    b = Quantity(Decimal(right)) if _is_number(right) else right
    if not isinstance(a, Quantity) or not isinstance(b, Quantity):
        raise _no_such(name, left, right)
    return a, b


def _representable_quantity(quantity: Quantity | None) -> Quantity | None:
    if quantity is None:
        return None
    value = representable(quantity.value)
    return None if value is None else Quantity(value, quantity.unit)


def _uncertain(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Uncertainty:
    a = (left.low, left.high) if isinstance(left, Uncertainty) else (left, left)
    b = (right.low, right.high) if isinstance(right, Uncertainty) else (right, right)
    results = [operation(x, y) for x in a for y in b]
    return Uncertainty(min(results), max(results))


def multiply(left: Any, right: Any) -> Any:
    """`*`: numbers and quantities; units are multiplied."""
    if left is None or right is None:
        return None
    if _is_number(left) and _is_number(right):
        return _numbers(lambda a, b: a * b, left, right)
    if isinstance(left, Uncertainty) or isinstance(right, Uncertainty):
        return _uncertain(lambda a, b: a * b, left, right)
    a, b = _quantities("*", left, right)
    return _representable_quantity(quantities.multiply(a, b))


def divide(left: Any, right: Any) -> Any:
    """`/`: a Decimal or a Quantity; units are divided. Null by zero."""
    if left is None or right is None:
        return None
    if _is_number(left) and _is_number(right):
        return None if right == 0 else _numbers(lambda a, b: a / b, Decimal(left), Decimal(right))
    a, b = _quantities("/", left, right)
    return None if b.value == 0 else _representable_quantity(quantities.divide(a, b))


def truncated_divide(left: Any, right: Any) -> Any:
    """`div`: the whole part of the quotient. Null by zero."""
    return _whole_part("div", left, right, lambda a, b: (a / b).to_integral_value(ROUND_DOWN))


def modulo(left: Any, right: Any) -> Any:
    """`mod`: what truncated division leaves, with the sign of the left operand. Null by zero."""
    return _whole_part("mod", left, right, lambda a, b: a - b * (a / b).to_integral_value(ROUND_DOWN))


def _whole_part(name: str, left: Any, right: Any, operation: Callable[[Decimal, Decimal], Decimal]) -> Any:
    if left is None or right is None:
        return None
    if _is_number(left) and _is_number(right):
        if right == 0:
            return None
        with localcontext() as context:
            context.prec = 60
            result = operation(Decimal(left), Decimal(right))
        whole = isinstance(left, int) and isinstance(right, int)
        return representable(int(result)) if whole else representable(result)
    a, b = _quantities(name, left, right)
    together = quantities.converted(b, a.unit)
    if together is None or together.value == 0:
        return None
    return _representable_quantity(Quantity(operation(a.value, together.value), a.unit))


def power(left: Any, right: Any) -> Any:
    """`^`: an Integer for whole numbers with a result that is whole, else a Decimal."""
    if left is None or right is None:
        return None
    if not (_is_number(left) and _is_number(right)):
        raise _no_such("^", left, right)
    if isinstance(left, int) and isinstance(right, int) and right >= 0:
        return representable(left**right) if abs(left) <= 1 or right <= 64 else None
    if left == 0 and right < 0:
        return None
    try:
        with localcontext() as context:
            context.prec = 40
            return representable(Decimal(left) ** Decimal(right))
    except DecimalException:
        return None


def negate(value: Any) -> Any:
    """`-x`."""
    if value is None:
        return None
    if isinstance(value, Quantity):
        return Quantity(-value.value, value.unit)
    if not _is_number(value):
        raise EvaluationError(f"- is not defined for {type(value).__name__}")
    return representable(-value)


def absolute(value: Any) -> Any:
    """`Abs(x)`."""
    if isinstance(value, Quantity):
        return Quantity(abs(value.value), value.unit)
    return None if value is None else representable(abs(value))


def ceiling(value: Number | None) -> int | None:
    """`Ceiling(x)`: the first Integer at or above."""
    return None if value is None else representable(int(Decimal(value).to_integral_value(ROUND_CEILING)))


def floor(value: Number | None) -> int | None:
    """`Floor(x)`: the first Integer at or below."""
    return None if value is None else representable(int(Decimal(value).to_integral_value(ROUND_FLOOR)))


def truncate(value: Number | None) -> int | None:
    """`Truncate(x)`: the whole part."""
    return None if value is None else representable(int(Decimal(value).to_integral_value(ROUND_DOWN)))


def round_(value: Number | None, places: int | None = 0) -> Decimal | None:
    """`Round(x, places)`: halves go up, towards positive infinity for negative numbers too."""
    if value is None:
        return None
    scale = Decimal(1).scaleb(places or 0)
    with localcontext() as context:
        context.prec = 60
        rounded = (Decimal(value) * scale + Decimal("0.5")).to_integral_value(ROUND_FLOOR) / scale
    return representable(rounded)  # type: ignore[no-any-return]


# --- the next and the one before, and the ends of a type -----------------------------------------------------------------


def successor(value: Any) -> Any:
    """`successor of x`: the next value of the type. Null for null and beyond the last."""
    return _neighbour(value, 1)


def predecessor(value: Any) -> Any:
    """`predecessor of x`: the value before. Null for null and before the first."""
    return _neighbour(value, -1)


def _neighbour(value: Any, sign: int) -> Any:
    match value:
        case None:
            return None
        case bool() | str():
            raise EvaluationError(f"a {type(value).__name__} has no successor")
        case int():
            return representable(value + sign)
        case Decimal():
            return representable(value + sign * STEP)
        case Quantity():
            step = representable(value.value + sign * STEP)
            return None if step is None else Quantity(step, value.unit)
        case Date() | DateTime() | Time():
            return _temporal_neighbour(value, sign)
    raise EvaluationError(f"a {type(value).__name__} has no successor")


def _temporal_neighbour(value: Date | DateTime | Time, sign: int) -> Any:
    moved = date_time.shifted(value, Quantity(Decimal(1), value.precision), sign)
    if isinstance(value, Time) and moved is not None:
        order = date_time.compare(moved, value)
        return moved if order == sign else None
    return moved


def minimum_of(type_name: str) -> Any:
    """`minimum T`. Raises EvaluationError for a type that has none."""
    return _end(type_name, 0)


def maximum_of(type_name: str) -> Any:
    """`maximum T`. Raises EvaluationError for a type that has none."""
    return _end(type_name, 1)


_ENDS: dict[str, tuple[Any, Any]] = {
    "Integer": (MIN_INTEGER, MAX_INTEGER),
    "Decimal": (MIN_DECIMAL, MAX_DECIMAL),
    "Date": (Date(1, 1, 1), Date(9999, 12, 31)),
    "DateTime": (DateTime(1, 1, 1, 0, 0, 0, 0), DateTime(9999, 12, 31, 23, 59, 59, 999)),
    "Time": (Time(0, 0, 0, 0), Time(23, 59, 59, 999)),
}


def _end(type_name: str, index: int) -> Any:
    name = type_name.removeprefix("System.")
    if name not in _ENDS:
        raise EvaluationError(f"{type_name} has no minimum and maximum")
    return _ENDS[name][index]


def end_of_type(example: Any, *, first: bool) -> Any:
    """The minimum or maximum of the type of a value; a Quantity keeps its unit. None for a type that has none."""
    index = 0 if first else 1
    match example:
        case Quantity():
            return Quantity(_ENDS["Decimal"][index], example.unit)
        case bool() | str() | None:
            return None
        case int():
            return _ENDS["Integer"][index]
    return _ENDS.get(type(example).__name__, (None, None))[index]
