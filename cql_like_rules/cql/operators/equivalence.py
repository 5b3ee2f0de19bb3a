"""Equivalence, `~`: always true or false, and null is equivalent to null alone.

Strings are compared without regard to case and kind of white space, decimals to the places of the less precise one,
codes by system and code, concepts by any code they share.

Source: CQL 1.5.3, Appendix B, Comparison Operators (Equivalent), and Equivalent of Interval, List and Clinical
Operators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.operators import comparison, numbers, quantities
from cql_like_rules.cql.operators.numbers import is_number
from cql_like_rules.cql.values.concept import Code, Concept, canonical_coding
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple

_WHITE_SPACE = re.compile(r"\s")


def equivalent(a: Any, b: Any) -> bool:
    """`~`: whether both mean the same. Raises EvaluationError for a FHIR element beside a CQL value."""
    if a is None or b is None:
        return a is b
    if type(a) is not type(b):
        return _equivalent_mixed(a, b)
    compare = _EQUIVALENT.get(type(a))
    return comparison.equal(a, b) is True if compare is None else compare(a, b)


def not_equivalent(a: Any, b: Any) -> bool:
    """`!~`."""
    return not equivalent(a, b)


def _equivalent_mixed(a: Any, b: Any) -> bool:
    if is_number(a) and is_number(b):
        return numbers.equivalent(Decimal(a), Decimal(b))
    left, right = comparison.alike(a, b)
    return equivalent(left, right) if type(left) is type(right) else comparison.equal(left, right) is True


def _strings(a: str, b: str) -> bool:
    return _WHITE_SPACE.sub(" ", a.lower()) == _WHITE_SPACE.sub(" ", b.lower())


def _ratios(a: Ratio, b: Ratio) -> bool:
    if not a.denominator.value or not b.denominator.value:
        return equivalent(a.numerator, b.numerator) and equivalent(a.denominator, b.denominator)
    left = quantities.divide(a.numerator, a.denominator)
    return equivalent(left, quantities.divide(b.numerator, b.denominator))


def _intervals(a: Interval, b: Interval) -> bool:
    if a == b:
        return True
    (a_start, a_end), (b_start, b_end) = comparison.bounds(a, b), comparison.bounds(b, a)
    return equivalent(a_start, b_start) and equivalent(a_end, b_end)


def _lists(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(equivalent(x, y) for x, y in zip(a, b, strict=True))


def _tuples(a: Tuple, b: Tuple) -> bool:
    return all(equivalent(x, y) for x, y in comparison.paired(a, b))


def _codes(a: Code, b: Code) -> bool:
    return canonical_coding(a.system, a.code) == canonical_coding(b.system, b.code)


def _concepts(a: Concept, b: Concept) -> bool:
    return any(_codes(x, y) for x in a.codes for y in b.codes)


_EQUIVALENT: Mapping[type, Callable[[Any, Any], bool]] = {
    str: _strings,
    Decimal: numbers.equivalent,
    Quantity: quantities.equivalent,
    Ratio: _ratios,
    Interval: _intervals,
    list: _lists,
    Tuple: _tuples,
    Code: _codes,
    Concept: _concepts,
}
