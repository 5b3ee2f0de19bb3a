"""Numbers, units and dates as a prescriber writes them.

UCUM stays in the data; people are shown `mcg`, `m²`, `daily`. Numbers are shown with four significant digits and
without trailing zeros; where two numbers decide, with as many digits as it takes to tell them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal

from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime

UCUM = "http://unitsofmeasure.org"

# 28 digits before the point and 8 after it (CQL's Decimal) fit with room for the digits that `apart` adds.
_EXACT = Context(prec=80)

_BASES = {"m2": "m²", "kg": "kg"}
_TIMES = {"d": "daily", "wk": "weekly", "h": "an hour", "min": "a minute", "mo": "monthly", "a": "a year"}
_UNITS = {
    "ug": "mcg",
    "m2": "m²",
    "ml": "mL",
    "[iU]": "units",
    "[IU]": "units",
    "[lb_av]": "lb",
    "[in_i]": "in",
    "10*9": "10⁹",
    "10*3": "10³",
    "10*6": "10⁶",
    "uL": "µL",
    "mm3": "mm³",
    "Cel": "°C",
    "wk": "week",
    "d": "day",
    "mo": "month",
    "a": "year",
    "h": "hour",
}
_LONGEST_UNGROUPED = 4
_COUNTED = {"day", "week", "month", "year", "hour", "minute", "vial", "device", "pen", "tablet", "capsule", "syringe"}


@dataclass(frozen=True, slots=True)
class DoseUnit:
    """A UCUM unit of dose taken apart: `ug/m2/d` is the mass `ug`, the basis `m2`, the time `d`; or "" for each."""

    amount: str
    basis: str = ""
    time: str = ""

    @classmethod
    def of(cls, unit: str) -> DoseUnit:
        """The parts of the unit; a unit that is not one of dose is all amount."""
        amount, *below = unit.split("/")
        basis = [part for part in below if part in _BASES]
        time = [part for part in below if part in _TIMES]
        if len(basis) > 1 or len(time) > 1 or len(basis) + len(time) != len(below):
            return cls(unit)
        return cls(amount, *(basis or [""]), *(time or [""]))

    @property
    def per_administration(self) -> str:
        """The unit without its time: `ug/m2`."""
        return f"{self.amount}/{self.basis}" if self.basis else self.amount


def decimals_of(value: Decimal) -> int:
    """How many decimal places show four significant digits."""
    return max(0, 3 - value.adjusted()) if value else 0


def with_decimals(value: Decimal, decimals: int, rounding: str = ROUND_HALF_EVEN) -> str:
    """The number with at most so many decimal places, without trailing zeros and without an exponent."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=rounding, context=_EXACT)
    text = f"{rounded:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def number(value: Decimal) -> str:
    """The number with four significant digits; whole numbers are never rounded."""
    return with_decimals(value, decimals_of(value))


def apart(one: Decimal, other: Decimal) -> tuple[str, str]:
    """Both numbers with the same decimal places: as few as show four digits, as many as it takes to tell them apart."""
    decimals = max(decimals_of(one), decimals_of(other))
    texts = with_decimals(one, decimals), with_decimals(other, decimals)
    while texts[0] == texts[1] and one != other:
        decimals += 1
        texts = with_decimals(one, decimals), with_decimals(other, decimals)
    return texts


def rounded_down(value: Decimal, unit: str) -> Decimal:
    """The number rounded down to what can be measured out, never above it: mcg and mg to whole ones from 10 on.

    Anything else, and small amounts, to three significant digits; nothing coarser than whole ones.
    """
    decimals = max(0, 2 - value.adjusted()) if value else 0
    if DoseUnit.of(unit).amount in ("ug", "mg") and value >= 10:
        decimals = 0
    return Decimal(with_decimals(value, decimals, ROUND_DOWN))


def unit_words(unit: str) -> str:
    """The unit for people: `ug/m2/d` is `mcg/m² daily`; "" for the unit `1`."""
    if unit in ("1", ""):
        return ""
    parts = DoseUnit.of(unit)
    words = "/".join(_atom(atom) for atom in parts.per_administration.split("/"))
    return f"{words} {_TIMES[parts.time]}" if parts.time else words


def _atom(atom: str) -> str:
    return _UNITS.get(atom) or atom.strip("{}")


def amount(text: str, unit: str) -> str:
    """A number, already in words, with its unit: `250 mcg/m² daily`, `90%`, `2 vials`."""
    words = unit_words(unit)
    text = _grouped(text)
    if words == "%":
        return f"{text}%"
    if words in _COUNTED and text != "1":
        words += "s"
    return f"{text} {words}".rstrip()


def _grouped(text: str) -> str:
    """A number with commas between the thousands where it has five digits or more: zeros are miscounted."""
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}" if whole.isdecimal() and len(whole) > _LONGEST_UNGROUPED else text


def quantity(value: Quantity) -> str:
    """The quantity for people: `300 mcg/m² daily`."""
    return amount(number(value.value), value.unit)


def exact_number(value: Decimal) -> str:
    """The number with every digit that it has, without trailing zeros."""
    return with_decimals(value, max(0, -int(value.as_tuple().exponent)))


def exact(value: Quantity) -> str:
    """The quantity for people with every digit that it has: what was ordered, and what the policy allows."""
    return amount(exact_number(value.value), value.unit)


def json_number(value: Decimal) -> int | float:
    """The number for JSON, whole where it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def quantity_at_most(value: Quantity) -> str:
    """A maximum for people, rounded down, so that following what is shown never goes above it."""
    return amount(number(rounded_down(value.value, value.unit)), value.unit)


def surface_area(value: Quantity) -> str:
    """A body surface area: always two decimals, as on a chemotherapy chart (`1.80 m²`)."""
    return f"{value.value.quantize(Decimal('0.01'), context=_EXACT):f} {unit_words(value.unit)}"


def without_time(value: Quantity) -> Quantity:
    """The quantity without the time in its unit: `250 ug/m2/d` becomes `250 ug/m2`."""
    return Quantity(value.value, DoseUnit.of(value.unit).per_administration)


def iso_day(date: Date | DateTime) -> str:
    """The calendar date, as precise as it is known: `2026-11-02`, `2026-11`, `2026`."""
    parts = [f"{date.year:04d}"]
    for part in (date.month, date.day):
        if part is None:
            break
        parts.append(f"{part:02d}")
    return "-".join(parts)
