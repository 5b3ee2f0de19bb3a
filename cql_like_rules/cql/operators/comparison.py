"""Equality, equivalence and order of every kind of value (CQL 1.5.3, Appendix B, Comparison Operators).

Unknown is None: an operand that is null, units that cannot be compared, dates that are not precise enough.
FHIR elements are never compared with CQL values: `.value` has to be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import date_time, quantities
from cql_like_rules.cql.operators.quantities import converted as converted
from cql_like_rules.cql.values import logic
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty

_TEMPORAL = (Date, DateTime, Time)


def kind_of(value: Any) -> str:
    """The family of values that can be compared with each other."""
    match value:
        case bool():
            return "Boolean"
        case int() | Decimal():
            return "number"
        case str():
            return "String"
        case Quantity():
            return "Quantity"
        case Date() | DateTime():
            return "Date"
    return type(value).__name__


def equal(left: Any, right: Any) -> bool | None:
    """`=`: null if either is null; see the specification for lists, tuples, intervals and partial dates."""
    if left is None or right is None:
        return None
    if isinstance(left, Uncertainty) or isinstance(right, Uncertainty):
        return _uncertain(left, right, lambda order: order == 0, lambda order: order != 0)
    left, right = _same_kind(left, right)
    match left:
        case bool() | int() | Decimal() | str():
            return bool(left == right)
        case Quantity():
            order = quantities.compare(left, right)
            return None if order is None else order == 0
        case Date() | DateTime() | Time():
            order = date_time.compare(left, right)
            return None if order is None else order == 0
        case Interval():
            from cql_like_rules.cql.operators import intervals  # noqa: PLC0415 (they need each other)

            return intervals.equal(left, right)
        case list():
            if len(left) != len(right):
                return False
            return _all(_equal_or_both_null(a, b) for a, b in zip(left, right, strict=True))
        case Tuple():
            return _equal_elements(left, right)
        case Ratio():
            return logic.and_(equal(left.numerator, right.numerator), equal(left.denominator, right.denominator))
        case Code():
            return _all(
                _equal_or_both_null(getattr(left, name), getattr(right, name))
                for name in ("code", "system", "version", "display")
            )
        case Concept():
            return logic.and_(
                equal(list(left.codes), list(right.codes)), _equal_or_both_null(left.display, right.display)
            )
    return bool(left == right)


def not_equal(left: Any, right: Any) -> bool | None:
    """`!=`: not equal. Null if either is null."""
    return logic.not_(equal(left, right))


def _same_kind(left: Any, right: Any) -> tuple[Any, Any]:
    """Both operands in one kind: an Integer or Decimal becomes a Quantity beside one. Raises EvaluationError."""
    a, b = kind_of(left), kind_of(right)
    if a == b:
        return left, right
    if a == "Quantity" and b == "number":
        return left, Quantity(Decimal(right))
    if a == "number" and b == "Quantity":
        return Quantity(Decimal(left)), right
    if {a, b} == {"Code", "Concept"}:
        return _concept(left), _concept(right)
    raise EvaluationError(f"a {_type_name(left)} cannot be compared with a {_type_name(right)}{_hint(left, right)}")


def _type_name(value: Any) -> str:
    return f"FHIR.{value.type}" if kind_of(value) == "Element" else kind_of(value)


def _hint(left: Any, right: Any) -> str:
    return ": use .value or a conversion function" if "Element" in (kind_of(left), kind_of(right)) else ""


def _concept(value: Code | Concept) -> Concept:
    return value if isinstance(value, Concept) else Concept((value,))


def _all(answers: Iterable[bool | None]) -> bool | None:
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def _equal_or_both_null(left: Any, right: Any) -> bool | None:
    return True if left is None and right is None else equal(left, right)


def _equal_elements(left: Tuple, right: Tuple) -> bool | None:
    if set(left) != set(right):
        return False
    return _all(_equal_or_both_null(left[name], right[name]) for name in left)


# --- equivalence -----------------------------------------------------------------------------------------------------


def equivalent(left: Any, right: Any) -> bool:
    """`~`: never null. Null is equivalent to null alone; strings regardless of case and spacing; decimals at the
    precision of the less precise; codes by system and code; concepts when they share a code."""
    if left is None or right is None:
        return left is None and right is None
    if isinstance(left, Uncertainty) or isinstance(right, Uncertainty):
        return bool(left == right)
    left, right = _same_kind(left, right)
    match left:
        case bool():
            return bool(left == right)
        case int() | Decimal():
            return _equivalent_numbers(Decimal(left), Decimal(right))
        case str():
            return " ".join(left.casefold().split()) == " ".join(right.casefold().split())
        case Quantity():
            return quantities.compare(quantities.equivalent_units(left), quantities.equivalent_units(right)) == 0
        case Date() | DateTime() | Time():
            return date_time.compare(left, right) == 0
        case Interval():
            from cql_like_rules.cql.operators import intervals  # noqa: PLC0415

            return intervals.equivalent(left, right)
        case list():
            return len(left) == len(right) and all(map(equivalent, left, right))
        case Tuple():
            return set(left) == set(right) and all(equivalent(left[name], right[name]) for name in left)
        case Ratio():
            return equivalent(
                quantities.multiply(left.numerator, right.denominator),
                quantities.multiply(right.numerator, left.denominator),
            )
        case Code():
            return bool(left.canonical == right.canonical)
        case Concept():
            return any(a.canonical == b.canonical for a in left.codes for b in right.codes)
    return bool(left == right)


def not_equivalent(left: Any, right: Any) -> bool:
    """`!~`: never null."""
    return not equivalent(left, right)


def _equivalent_numbers(left: Decimal, right: Decimal) -> bool:
    digits = min(_decimals(left), _decimals(right))
    step = Decimal(1).scaleb(-digits)
    return left.quantize(step, ROUND_HALF_UP) == right.quantize(step, ROUND_HALF_UP)


def _decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


# --- order -----------------------------------------------------------------------------------------------------------


def order(left: Any, right: Any, precision: str | None = None) -> int | None:
    """-1, 0 or 1 for two values that have an order; None when unknown. Raises EvaluationError when they have none."""
    left, right = _same_kind(left, right)
    match left:
        case bool():
            raise EvaluationError("true and false have no order")
        case int() | Decimal() | str():
            return int(left > right) - int(left < right)
        case Quantity():
            return quantities.compare(left, right)
        case Date() | DateTime() | Time():
            return date_time.compare(left, right, precision)
    raise EvaluationError(f"a {_type_name(left)} has no order")


def _ordered(left: Any, right: Any, holds: Callable[[int], bool]) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, Uncertainty) or isinstance(right, Uncertainty):
        return _uncertain(left, right, holds, lambda result: not holds(result))
    result = order(left, right)
    return None if result is None else holds(result)


def _uncertain(left: Any, right: Any, holds: Callable[[int], bool], fails: Callable[[int], bool]) -> bool | None:
    """What holds for every pair of values that the uncertain operands may stand for; None when it depends."""
    if isinstance(left, Interval) or isinstance(right, Interval):
        return _uncertain_as_interval(left, right)
    a, b = _ends(left), _ends(right)
    orders = {(x > y) - (x < y) for x in a for y in b}
    if a[0] <= b[1] and b[0] <= a[1] and not (a[0] == a[1] == b[0] == b[1]):
        orders.add(0)
    if all(map(holds, orders)):
        return True
    return False if all(map(fails, orders)) else None


def _uncertain_as_interval(left: Any, right: Any) -> bool | None:
    def interval(value: Any) -> Any:
        return Interval(value.low, value.high) if isinstance(value, Uncertainty) else value

    return equal(interval(left), interval(right))


def _ends(value: Any) -> tuple[Any, Any]:
    return (value.low, value.high) if isinstance(value, Uncertainty) else (value, value)


def less(left: Any, right: Any) -> bool | None:
    """`<`. Null if either is null or the order is unknown."""
    return _ordered(left, right, lambda result: result < 0)


def greater(left: Any, right: Any) -> bool | None:
    """`>`. Null if either is null or the order is unknown."""
    return _ordered(left, right, lambda result: result > 0)


def less_or_equal(left: Any, right: Any) -> bool | None:
    """`<=`. Null if either is null or the order is unknown."""
    return _ordered(left, right, lambda result: result <= 0)


def greater_or_equal(left: Any, right: Any) -> bool | None:
    """`>=`. Null if either is null or the order is unknown."""
    return _ordered(left, right, lambda result: result >= 0)


def between(value: Any, low: Any, high: Any) -> bool | None:
    """`value between low and high`, ends included."""
    return logic.and_(greater_or_equal(value, low), less_or_equal(value, high))
