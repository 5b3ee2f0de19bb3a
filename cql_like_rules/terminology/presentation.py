"""Presentation: what an RxNorm product name says about strength and concentration.

RxNorm names a product in a fixed order: `0.4 ML ingredient 43.8 MG/ML Auto-Injector [Brand]` is the volume of one
unit, the ingredient, its strength, the dose form and the brand (RxNorm Technical Documentation, term types SCD and
SBD). NDC codes carry the same names in our value sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal
from functools import cache

from cql_like_rules.cql.values.quantity import Quantity

_VOLUME = re.compile(r"^(\d+(?:\.\d+)?) ML ")
_MASS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) (MG|MCG|G)(/ML|/HR|/ACTUAT)?(?![\w/])")
_BRAND = re.compile(r"\[([^\]]+)\]")
# What these hold is given as it is; an injection or a powder may be diluted or reconstituted first.
_READY_TO_USE = re.compile(r"Oral (?:Solution|Suspension)|Auto-Injector|Prefilled Syringe|Pen Injector")
_UNITS = {"G": "g", "MCG": "ug", "MG": "mg"}


@dataclass(frozen=True, slots=True)
class Presentation:
    """What one product is: mass per mL, and mass in one vial, pen, syringe, tablet or capsule; None where not told.

    `ready_to_use` is True for a product whose volume is given as it is packed.
    """

    concentration: Quantity | None
    strength: Quantity | None
    ready_to_use: bool
    brand: str


@cache
def presentation(name: str) -> Presentation | None:
    """The presentation that an RxNorm name tells; None when it tells neither strength nor concentration.

    A name with two strengths in mass (a combination) tells none: which one a dose means is not certain.
    """
    masses = _MASS.findall(name)
    if len(masses) != 1 or masses[0][2] not in ("", "/ML"):
        return None
    number, unit, per = masses[0]
    brand = _BRAND.search(name)
    ready_to_use = _READY_TO_USE.search(name) is not None
    amount = Quantity(Decimal(number), _UNITS[unit])
    if not per:
        return Presentation(None, amount, ready_to_use, brand[1] if brand else "")
    volume = _VOLUME.match(name)
    strength = Quantity(_nominal(Decimal(number), Decimal(volume[1])), amount.unit) if volume else None
    value = strength.value / Decimal(volume[1]) if strength and volume else amount.value
    return Presentation(Quantity(value, f"{amount.unit}/mL"), strength, ready_to_use, brand[1] if brand else "")


def _nominal(concentration: Decimal, volume: Decimal) -> Decimal:
    """The mass in one unit, as printed on it.

    RxNorm rounds a concentration to three significant digits: 17.5 mg in 0.4 mL is written 43.8 MG/ML, and the product
    would be 17.52 mg. Of the masses that round to the written concentration, the one with the fewest decimals is
    the printed one.
    """
    product = concentration * volume
    if len(concentration.as_tuple().digits) < 3:
        return product
    exponent = concentration.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    low, high = (concentration - half) * volume, (concentration + half) * volume
    for decimals in range(6):
        step = Decimal(1).scaleb(-decimals)
        nearest = product.quantize(step, ROUND_HALF_EVEN)
        if not low <= nearest < high:
            nearest = low.quantize(step, ROUND_CEILING)
        if low <= nearest < high:
            return nearest
    return product
