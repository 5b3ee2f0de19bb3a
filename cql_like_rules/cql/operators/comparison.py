"""Equality and order of every kind of value; equivalence is in `equivalence`.

Unknown is null: an operand that is null, quantities that cannot be compared, dates that are not precise enough.
Integer goes with Decimal, a number with a Quantity without unit, Date with DateTime. A FHIR element is never compared
with a CQL value: its `.value` has to be written.

Source: CQL 1.5.3, Appendix B, Comparison Operators, and Equal of Interval, List and Clinical Operators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import date_time, quantities
from cql_like_rules.cql.operators.numbers import is_number
from cql_like_rules.cql.operators.succession import end, greatest_like, least_like, start
from cql_like_rules.cql.values import logic
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty, highest, lowest
from cql_like_rules.element import Element

_NATURAL = frozenset({int, Decimal, str})


# --- equality --------------------------------------------------------------------------------------------------------


def equal(a: Any, b: Any) -> bool | None:
    """`=`: null if either is null, false for values of different types.

    Lists and tuples are compared element by element, two nulls being the same; the first element that differs or is
    not known decides.
    """
    if a is None or b is None:
        return None
    kind = type(a)
    if kind is type(b):
        compare = _EQUAL.get(kind)
        return bool(a == b) if compare is None else compare(a, b)
    return _equal_mixed(a, b)


def not_equal(a: Any, b: Any) -> bool | None:
    """`!=`: null if either is null."""
    return logic.not_(equal(a, b))


def equal_members(pairs: Iterable[tuple[Any, Any]]) -> bool | None:
    """Whether the members of every pair are equal or both null; the first pair that is not decides."""
    for a, b in pairs:
        if a is None and b is None:
            continue
        same = equal(a, b)
        if same is not True:
            return same
    return True


def bounds(interval: Interval, other: Interval) -> tuple[Any, Any]:
    """Start and end of an interval; where both its ends are null, those of the type of the other one."""
    if interval.low is None and interval.high is None:
        example = other.high if other.low is None else other.low
        return (
            least_like(example) if interval.low_closed else None,
            greatest_like(example) if interval.high_closed else None,
        )
    return start(interval), end(interval)


def _equal_quantities(a: Quantity, b: Quantity) -> bool | None:
    order_ = quantities.order(a, b)
    return None if order_ is None else order_ == 0


def _equal_temporals(a: Any, b: Any) -> bool | None:
    order_ = date_time.order(a, b)
    return None if order_ is None else order_ == 0


def _equal_intervals(a: Interval, b: Interval) -> bool | None:
    (a_start, a_end), (b_start, b_end) = bounds(a, b), bounds(b, a)
    return logic.and_(equal(a_start, b_start), equal(a_end, b_end))


def _equal_lists(a: list[Any], b: list[Any]) -> bool | None:
    return False if len(a) != len(b) else equal_members(zip(a, b, strict=True))


def _equal_tuples(a: Tuple, b: Tuple) -> bool | None:
    return equal_members(paired(a, b))


def paired(a: Tuple, b: Tuple) -> list[tuple[Any, Any]]:
    """The elements of two tuples side by side. Raises EvaluationError when they do not have the same elements."""
    if set(a) != set(b):
        raise EvaluationError(f"tuples with different elements are not compared: {', '.join(a)} and {', '.join(b)}")
    return [(a[name], b[name]) for name in a]


def _equal_ratios(a: Ratio, b: Ratio) -> bool | None:
    return logic.and_(equal(a.numerator, b.numerator), equal(a.denominator, b.denominator))


def _equal_codes(a: Code, b: Code) -> bool | None:
    return equal_members([(a.code, b.code), (a.system, b.system), (a.version, b.version), (a.display, b.display)])


def _equal_concepts(a: Concept, b: Concept) -> bool | None:
    return equal_members([(list(a.codes), list(b.codes)), (a.display, b.display)])


def _equal_uncertainties(a: Any, b: Any) -> bool | None:
    return same_to(a, b, None)


def _equal_mixed(a: Any, b: Any) -> bool | None:
    if isinstance(a, Uncertainty) or isinstance(b, Uncertainty):
        return _equal_to_uncertainty(a, b)
    left, right = alike(a, b)
    return equal(left, right) if type(left) is type(right) else _is_same_number(left, right)


def _is_same_number(a: Any, b: Any) -> bool:
    return is_number(a) and is_number(b) and bool(a == b)


def _equal_to_uncertainty(a: Any, b: Any) -> bool | None:
    if isinstance(a, Interval):
        return _equal_to_uncertainty(b, a)
    if isinstance(b, Interval):
        # HL7's tests write an uncertain result as the interval of its ends.
        return logic.and_(equal(lowest(a), start(b)), equal(highest(a), end(b)))
    return same_to(a, b, None)


# --- order -----------------------------------------------------------------------------------------------------------


def less(a: Any, b: Any) -> bool | None:
    """`<`: null if either is null or the order is not known."""
    if a is None or b is None:
        return None
    kind = type(a)
    if kind is type(b) and kind in _NATURAL:
        return bool(a < b)
    return less_to(a, b, None)


def greater(a: Any, b: Any) -> bool | None:
    """`>`: null if either is null or the order is not known."""
    return less(b, a)


def less_or_equal(a: Any, b: Any) -> bool | None:
    """`<=`: null if either is null or the order is not known."""
    if a is None or b is None:
        return None
    kind = type(a)
    if kind is type(b) and kind in _NATURAL:
        return bool(a <= b)
    return logic.not_(less_to(b, a, None))


def greater_or_equal(a: Any, b: Any) -> bool | None:
    """`>=`: null if either is null or the order is not known."""
    return less_or_equal(b, a)


def less_to(a: Any, b: Any, precision: str | None) -> bool | None:
    """Whether a comes before b, dates compared to the precision; null if either is null or it is not known.

    Of uncertain values it is true or false when that is so for all they can be.
    """
    if a is None or b is None:
        return None
    if type(a) is Uncertainty or type(b) is Uncertainty:
        if less_to(highest(a), lowest(b), precision) is True:
            return True
        return False if less_to(lowest(a), highest(b), precision) is False else None
    order_ = order(a, b, precision)
    return None if order_ is None else order_ < 0


def same_to(a: Any, b: Any, precision: str | None) -> bool | None:
    """Whether a and b are the same, dates compared to the precision; null if either is null or it is not known."""
    if a is None or b is None:
        return None
    if type(a) is Uncertainty or type(b) is Uncertainty:
        apart = less_to(a, b, precision) is True or less_to(b, a, precision) is True
        return False if apart else None
    order_ = order(a, b, precision)
    return None if order_ is None else order_ == 0


def order(a: Any, b: Any, precision: str | None = None) -> int | None:
    """-1, 0 or 1 of two values that are not null; null when it is not known.

    Raises EvaluationError for values that have no order, or none together.
    """
    left, right = (a, b) if type(a) is type(b) else alike(a, b)
    compare = _ORDER.get(type(left))
    if compare is None or (type(left) is not type(right) and not (is_number(left) and is_number(right))):
        raise EvaluationError(f"{described(a)} and {described(b)} have no order")
    return compare(left, right, precision)


def alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Two values of different types made one type where CQL converts by itself.

    Raises EvaluationError for a FHIR element beside a CQL value.
    """
    if isinstance(a, Element) or isinstance(b, Element):
        raise EvaluationError(f"{described(a)} is not compared with {described(b)}: use .value, or convert it")
    match a, b:
        case (Quantity(), int() | Decimal()) if is_number(b):
            return a, Quantity(Decimal(b))
        case (int() | Decimal(), Quantity()) if is_number(a):
            return Quantity(Decimal(a)), b
        case (Date(), DateTime()):
            return date_time.as_datetime(a), b
        case (DateTime(), Date()):
            return a, date_time.as_datetime(b)
        case (Code(), Concept()):
            return Concept((a,), a.display), b
        case (Concept(), Code()):
            return a, Concept((b,), b.display)
    return a, b


def described(value: Any) -> str:
    """The type of a value with its article, for a message: `an Integer`."""
    if isinstance(value, Element):
        return f"a FHIR {value.type}"
    return _DESCRIBED.get(type(value), f"a {type(value).__name__}")


def _natural_order(a: Any, b: Any, precision: str | None) -> int:
    return 1 if a > b else -1 if a < b else 0


def _quantity_order(a: Quantity, b: Quantity, precision: str | None) -> int | None:
    return quantities.order(a, b)


_EQUAL: Mapping[type, Callable[[Any, Any], bool | None]] = {
    Quantity: _equal_quantities,
    Date: _equal_temporals,
    DateTime: _equal_temporals,
    Time: _equal_temporals,
    Interval: _equal_intervals,
    list: _equal_lists,
    Tuple: _equal_tuples,
    Ratio: _equal_ratios,
    Code: _equal_codes,
    Concept: _equal_concepts,
    Uncertainty: _equal_uncertainties,
}

_ORDER: Mapping[type, Callable[[Any, Any, str | None], int | None]] = {
    int: _natural_order,
    Decimal: _natural_order,
    str: _natural_order,
    Quantity: _quantity_order,
    Date: date_time.order,
    DateTime: date_time.order,
    Time: date_time.order,
}

_DESCRIBED: Mapping[type, str] = {
    type(None): "null",
    bool: "a Boolean",
    int: "an Integer",
    str: "a String",
    list: "a List",
    Interval: "an Interval",
    Uncertainty: "an uncertain value",
    ValueSet: "a value set",
    CodeSystem: "a code system",
}
