"""Units of measure (UCUM): whether a unit is one, and exact conversion between units of the same dimension.

`mcg` is not UCUM (`ug` is), nor is `cc` or `lbs`. Arbitrary units (`[iU]`) convert only among themselves; annotations
(`{cells}`) stand for 1. Calendar words (`year`) are no UCUM units: see the quantity operators.

Source: The Unified Code for Units of Measure, ucum.org, sections 2 to 4; CQL 1.5.3, Author's Guide, Quantity Operators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from cql_like_rules.cql.values.ucum_atoms import ARBITRARY, BASE, DEFINED, OFFSET, PREFIXES

Dimension = tuple[tuple[str, int], ...]
"""Base units with their exponents, sorted, without zeros."""

_ANNOTATION = re.compile(r"\{[\x21-\x7a\x7c\x7e ]*\}")
_EXPONENT = re.compile(r"^(.*?[^0-9+\-])([+-]?\d+)$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as a multiple of base units; `offset` is not zero for the temperature scales."""

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)


class NotUcum(ValueError):
    """The text is no UCUM unit."""


def is_valid(unit: str) -> bool:
    """Whether the text is a UCUM unit of the table here."""
    try:
        parsed(unit)
    except NotUcum:
        return False
    return True


def dimension(unit: str) -> Dimension:
    """The base units of a unit with their exponents. Raises NotUcum."""
    return parsed(unit).dimension


@lru_cache(maxsize=8192)
def conversion(from_unit: str, to_unit: str) -> tuple[Fraction, Fraction] | None:
    """(factor, shift) with `to = from * factor + shift`; None when the dimensions differ. Raises NotUcum."""
    source, target = parsed(from_unit), parsed(to_unit)
    if source.dimension != target.dimension:
        return None
    factor = source.factor / target.factor
    return factor, source.offset * factor - target.offset


def convert(value: Decimal, from_unit: str, to_unit: str) -> Decimal | None:
    """The number in the other unit, exact or to 28 digits; None when it cannot be converted. Raises NotUcum."""
    if from_unit == to_unit:
        return value
    made = conversion(from_unit, to_unit)
    if made is None:
        return None
    factor, shift = made
    return _decimal(Fraction(value) * factor + shift)


def multiply_units(left: str, right: str) -> str:
    """The unit of a product: `mg/m2` times `m2` is `mg`. Raises NotUcum."""
    return _combined(left, right, 1)


def divide_units(left: str, right: str) -> str:
    """The unit of a quotient: `mg` by `kg` is `mg/kg`. Raises NotUcum."""
    return _combined(left, right, -1)


def _decimal(number: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = 28
        return Decimal(number.numerator) / Decimal(number.denominator)


@lru_cache(maxsize=4096)
def _combined(left: str, right: str, sign: int) -> str:
    """Product or quotient as text: equal terms are added up, what cancels goes, and the order of writing stays."""
    parsed(left), parsed(right)
    exponents: dict[str, int] = {}
    for term, exponent in (*_terms(left), *((term, sign * exponent) for term, exponent in _terms(right))):
        exponents[term] = exponents.get(term, 0) + exponent
    above = [_power(term, exponent) for term, exponent in exponents.items() if exponent > 0]
    below = [_power(term, -exponent) for term, exponent in exponents.items() if exponent < 0]
    text = ".".join(above) or "1"
    return text + "".join(f"/{term}" for term in below)


def _power(term: str, exponent: int) -> str:
    return term if exponent == 1 else f"{term}{exponent}"


def _terms(unit: str) -> list[tuple[str, int]]:
    """The simple units of an expression with their exponents; a parenthesis counts as one simple unit."""
    terms: list[tuple[str, int]] = []
    for sign, part in _split(unit):
        if part == "1":
            continue
        base, exponent = _base_and_exponent(part)
        terms.append((base, sign * exponent))
    return terms


def _base_and_exponent(part: str) -> tuple[str, int]:
    match = _EXPONENT.match(part)
    if match and part not in DEFINED and not part.endswith("}"):
        return match[1], int(match[2])
    return part, 1


def _split(unit: str) -> list[tuple[int, str]]:
    """The factors of an expression with +1 (after `.`) or -1 (after `/`), outside parentheses and annotations."""
    parts: list[tuple[int, str]] = []
    depth, sign, start = 0, 1, 0
    opened = False
    for index, letter in enumerate(unit):
        if letter in "({[":
            depth += 1
        elif letter in ")}]":
            depth -= 1
        elif depth == 0 and letter in "./":
            if index > start:
                parts.append((sign, unit[start:index]))
            elif index > 0 or letter == ".":
                raise NotUcum(unit)
            opened = True
            sign, start = (1 if letter == "." else -1), index + 1
    if depth or (opened and start == len(unit)) or not unit:
        raise NotUcum(unit)
    parts.append((sign, unit[start:]))
    return parts


@lru_cache(maxsize=4096)
def parsed(unit: str) -> Unit:
    """The unit that a text writes. Raises NotUcum."""
    parts = _split(unit)
    if len(parts) == 1 and parts[0][0] == 1 and (scale := _temperature(parts[0][1])) is not None:
        return scale
    factor = Fraction(1)
    exponents: dict[str, int] = {}
    for sign, part in parts:
        simple = _simple(part, unit)
        factor *= simple.factor**sign
        for base, exponent in simple.dimension:
            exponents[base] = exponents.get(base, 0) + sign * exponent
    return Unit(factor, tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent)))


def _temperature(part: str) -> Unit | None:
    for atom, (_, offset, factor) in OFFSET.items():
        if part == atom:
            return Unit(factor, (("K", 1),), offset)
    return None


def _simple(part: str, whole: str) -> Unit:
    """One factor: a number, a parenthesis, or a unit with exponent and annotation."""
    bare = _ANNOTATION.sub("", part)
    if not bare:
        return Unit(Fraction(1), ())
    if bare.isdigit():
        return Unit(Fraction(int(bare)), ())
    if bare.startswith("(") and bare.endswith(")"):
        return parsed(bare[1:-1])
    found = _atom(bare)
    if found is not None:
        return found
    base, exponent = _base_and_exponent(bare)
    found = parsed(base[1:-1]) if base.startswith("(") and base.endswith(")") else _atom(base)
    if found is None:
        raise NotUcum(whole)
    return Unit(found.factor**exponent, tuple((name, power * exponent) for name, power in found.dimension))


@lru_cache(maxsize=4096)
def _atom(text: str) -> Unit | None:
    """A unit atom, with or without a prefix; None when there is none. Special units count here as their interval."""
    whole = _bare_atom(text)
    if whole is not None:
        return whole[1]
    for length in (2, 1):
        prefix = PREFIXES.get(text[:length])
        rest = _bare_atom(text[length:]) if prefix is not None and len(text) > length else None
        if prefix is not None and rest is not None and rest[0]:
            return Unit(rest[1].factor * prefix, rest[1].dimension)
    return None


def _bare_atom(text: str) -> tuple[bool, Unit] | None:
    """(takes prefixes, unit)."""
    if text in BASE:
        return True, Unit(Fraction(1), ((text, 1),))
    if text in DEFINED:
        metric, factor, expression = DEFINED[text]
        defined = parsed(expression)
        return metric, Unit(Fraction(factor) * defined.factor, defined.dimension)
    if text in ARBITRARY:
        metric, name = ARBITRARY[text]
        return metric, Unit(Fraction(1), ((name, 1),))
    if text in OFFSET:
        metric, _, factor = OFFSET[text]
        return metric, Unit(factor, (("K", 1),))
    return None
