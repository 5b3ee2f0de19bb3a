"""Units as prescribers' systems write them, and what a dose unit is made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from cql_like_rules import lenient
from cql_like_rules.cql.values import ucum
from cql_like_rules.lenient import Json

UCUM = "http://unitsofmeasure.org"

# Spellings that are no UCUM, or that UCUM reads as something that no prescriber means (`MG`, a megagauss).
_SPELLINGS = {
    spelling: unit
    for unit, spellings in {
        "kg": "kg kgs kilogram kilograms kilo",
        "g": "g gm gms gram grams",
        "mg": "mg mgs milligram milligrams",
        "ug": "ug mcg mcgs microgram micrograms ugm",
        "ng": "ng nanogram nanograms",
        "[lb_av]": "[lb_av] lb lbs pound pounds",
        "[oz_av]": "[oz_av] oz ounce ounces",
        "L": "l liter liters litre litres",
        "mL": "ml mls cc milliliter milliliters millilitre millilitres",
        "m2": "m2 m^2 m**2 sqm sq.m m.m squaremeter squaremeters",
        "m": "m meter meters metre metres",
        "cm": "cm cms centimeter centimeters centimetre centimetres",
        "mm": "mm",
        "[in_i]": "[in_i] [in_us] in inch inches",
        "[ft_i]": "[ft_i] [ft_us] ft foot feet",
        "min": "min mins minute minutes",
        "h": "h hr hrs hour hours",
        "d": "d day days 24h 24hr 24hours 24.h",
        "wk": "wk wks week weeks",
        "mo": "mo mos month months",
        "a": "a yr yrs year years",
        "{vial}": "{vial} {vials} [vial] vial vials",
        "{device}": "{device} {devices} device devices",
        "{pen}": "{pen} pen pens {auto-injector} auto-injector autoinjector {injector} injector injectors",
        "{syringe}": "{syringe} syringe syringes",
        "{ampule}": "{ampule} ampule ampules ampoule ampoules",
        "{tablet}": "{tablet} {tbl} tablet tablets tab tabs",
        "{capsule}": "{capsule} capsule capsules cap caps",
    }.items()
    for spelling in spellings.split()
}
_PER_DOSE = frozenset({"dose", "{dose}", "administration", "{administration}"})
_DEVICES = frozenset({"{vial}", "{device}", "{pen}", "{syringe}", "{ampule}", "{tablet}", "{capsule}"})
_ORDERED_MASS = {"kg": "mg", "g": "mg", "mg": "mg", "ug": "ug", "ng": "ug"}
_VOLUMES = frozenset({"mL", "L"})
_TIMES = frozenset({"min", "h", "d", "wk"})


@dataclass(frozen=True, slots=True)
class DoseUnit:
    """The parts of a dose unit: `amount` (`mg`, `mL`, `{vial}`), per body size (`m2`, `kg`), per time (`h`, `d`)."""

    amount: str
    per_size: str = ""
    per_time: str = ""

    @property
    def is_mass(self) -> bool:
        """True for milligrams and the like."""
        return self.amount in _ORDERED_MASS

    @property
    def is_volume(self) -> bool:
        """True for millilitres and litres."""
        return self.amount in _VOLUMES

    @property
    def is_device(self) -> bool:
        """True for things that are counted: vials, pens, tablets."""
        return self.amount in _DEVICES


def unit_of(quantity: Json) -> str:
    """The unit of a FHIR Quantity in UCUM; empty where it has none.

    Its code counts when it is UCUM's, or no system is given; otherwise the printed unit. A unit that is not known here
    is given as it stands.
    """
    system, code = lenient.text(quantity.get("system")), lenient.text(quantity.get("code"))
    if code and system in ("", UCUM):
        return spelled(code)
    return spelled(lenient.text(quantity.get("unit")) or code)


@lru_cache(maxsize=1024)
def spelled(unit: str) -> str:
    """The UCUM text of a unit in any of the usual spellings: `mcg/kg` is `ug/kg`, `mg/m²/dose` is `mg/m2`."""
    plain = unit.replace("µ", "u").replace("μ", "u").replace("²", "2").replace(" per ", "/").replace(" ", "")
    parts = [part for part in plain.split("/") if part.casefold() not in _PER_DOSE]
    return "/".join(_SPELLINGS.get(part.casefold(), part) for part in parts)


@lru_cache(maxsize=1024)
def dose_unit(unit: str) -> DoseUnit | None:
    """The parts of a UCUM dose unit (`ug/m2/d`); None when it is not an amount per body size and per time."""
    amount, *divisors = unit.split("/")
    sizes = [divisor for divisor in divisors if divisor in ("m2", "kg")]
    times = [divisor for divisor in divisors if divisor in _TIMES]
    if len(sizes) > 1 or len(times) > 1 or len(sizes) + len(times) != len(divisors):
        return None
    found = DoseUnit(amount, "".join(sizes), "".join(times))
    return found if found.is_mass or found.is_volume or found.is_device else None


def ordered_mass(value: Decimal, unit: str) -> tuple[Decimal, str] | None:
    """A mass in `mg` or `ug`, whichever the order's unit belongs to; None when the unit is not a mass."""
    target = _ORDERED_MASS.get(unit)
    converted = ucum.convert(value, unit, target) if target else None
    return (converted, target) if converted is not None and target else None
