"""Units of measure: whether text is a unit, and what a value in one unit is in another.

Everything is exact: a unit is a fraction of base units. Arbitrary units (`[iU]`) convert only among themselves,
temperatures have their own zero, annotations (`{cells}`) count as 1. Calendar words (`year`) are not UCUM.

Source: The Unified Code for Units of Measure 2.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import TypeAlias

from cql_like_rules.cql.values import ucum_syntax
from cql_like_rules.cql.values.ucum_atoms import ARBITRARY, BASE_UNITS, METRIC, PLAIN, PREFIXES, SCALES
from cql_like_rules.cql.values.ucum_syntax import NotUcum, Terms

Dimension: TypeAlias = tuple[tuple[str, int], ...]

_EXACT = Context(prec=120)
_DIGITS = Context(prec=28, rounding=ROUND_HALF_EVEN)
_GREATEST_EXPONENT = 99


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit in base units: a value in it is `(value + zero) * factor` of `dimension`."""

    factor: Fraction
    dimension: Dimension
    zero: Fraction
    terms: Terms


@dataclass(frozen=True, slots=True)
class Conversion:
    """`value` in one unit is `(value * times + plus) / by` in the other; all three are whole numbers."""

    times: Decimal
    plus: Decimal
    by: Decimal

    def compare(self, value: Decimal, other: Decimal) -> int:
        """-1, 0 or 1: how `value` in the one unit compares with `other` in the other, without rounding."""
        left = _EXACT.add(_EXACT.multiply(value, self.times), self.plus)
        right = _EXACT.multiply(other, self.by)
        return (left > right) - (left < right)

    def apply(self, value: Decimal) -> Decimal:
        """`value` in the other unit, to 28 significant digits."""
        converted = _EXACT.add(_EXACT.multiply(value, self.times), self.plus)
        return _DIGITS.divide(converted, self.by)


def is_valid(unit: str) -> bool:
    """Whether the text is a UCUM unit that is known here. `mcg` is not; `ug` is."""
    return _unit(unit) is not None


def is_scale(unit: str) -> bool:
    """Whether the unit is a temperature scale, which has its own zero: it cannot be added or multiplied."""
    return unit in SCALES


def dimension(unit: str) -> Mapping[str, int] | None:
    """The base units of a unit with their exponents, empty for a plain number; None when it is not a unit."""
    known = _unit(unit)
    return None if known is None else dict(known.dimension)


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal | None:
    """The value in the other unit, to 28 significant digits.

    None when either text is not a unit, or the units do not measure the same thing.
    """
    conversion_found = conversion(from_unit, to_unit)
    return None if conversion_found is None else conversion_found.apply(value)


@lru_cache(maxsize=16384)
def conversion(from_unit: str, to_unit: str) -> Conversion | None:
    """How to get from one unit to the other; None when either is not a unit or they do not measure the same thing."""
    source, target = _unit(from_unit), _unit(to_unit)
    if source is None or target is None or source.dimension != target.dimension:
        return None
    times = source.factor / target.factor
    plus = source.zero * times - target.zero
    scale = lcm(times.denominator, plus.denominator)
    return Conversion(Decimal((times * scale).numerator), Decimal((plus * scale).numerator), Decimal(scale))


@lru_cache(maxsize=4096)
def multiply_units(a: str, b: str) -> str | None:
    """The unit of a product: `mg/m2` times `m2` is `mg`. None when either is not a unit or is a temperature scale."""
    return _product(a, b, 1)


@lru_cache(maxsize=4096)
def divide_units(a: str, b: str) -> str | None:
    """The unit of a quotient: `mg` by `kg` is `mg/kg`. None when either is not a unit or is a temperature scale."""
    return _product(a, b, -1)


def _product(a: str, b: str, exponent: int) -> str | None:
    left, right = _unit(a), _unit(b)
    if left is None or right is None or left.zero or right.zero:
        return None
    turned = tuple((symbol, power * exponent) for symbol, power in right.terms)
    return ucum_syntax.text_of(ucum_syntax.combined(left.terms + turned))


@lru_cache(maxsize=4096)
def _unit(text: str) -> Unit | None:
    if text in SCALES:
        zero, factor = SCALES[text]
        return Unit(factor, (("K", 1),), zero, ((text, 1),))
    try:
        terms = ucum_syntax.terms_of(text or "1")
        factor, dimension_ = _in_base_units(terms)
    except NotUcum:
        return None
    return Unit(factor, dimension_, Fraction(0), terms)


def _in_base_units(terms: Terms) -> tuple[Fraction, Dimension]:
    factor = Fraction(1)
    exponents: dict[str, int] = {}
    for symbol, power in terms:
        if abs(power) > _GREATEST_EXPONENT:
            raise NotUcum(symbol)
        part, dimensions = _symbol(symbol)
        factor *= part**power
        for base, exponent in dimensions:
            exponents[base] = exponents.get(base, 0) + exponent * power
    return factor, tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent))


@lru_cache(maxsize=4096)
def _symbol(symbol: str) -> tuple[Fraction, Dimension]:
    if symbol.isdigit() and int(symbol):
        return Fraction(int(symbol)), ()
    if symbol == ucum_syntax.TEN:
        return Fraction(10), ()
    if symbol in BASE_UNITS or symbol in ARBITRARY:
        return Fraction(1), ((symbol, 1),)
    definition = METRIC.get(symbol) or PLAIN.get(symbol)
    if definition is not None:
        number, unit = definition
        factor, dimension_ = _in_base_units(ucum_syntax.terms_of(unit))
        return Fraction(number) * factor, dimension_
    return _prefixed(symbol)


def _prefixed(symbol: str) -> tuple[Fraction, Dimension]:
    for length in (1, 2):
        prefix, atom = symbol[:length], symbol[length:]
        if prefix in PREFIXES and (atom in METRIC or atom in BASE_UNITS or atom == "[iU]"):
            factor, dimension_ = _symbol(atom)
            return PREFIXES[prefix] * factor, dimension_
    raise NotUcum(symbol)
