"""The dose of one dosage instruction: what is written, and the mass that it comes to.

A dose in millilitres needs the product's concentration, a dose in vials, pens or tablets its strength, a rate the time
that it runs. What is missing is named; nothing is assumed. FHIR R4, Dosage.doseAndRate.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cql_like_rules import lenient
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.lenient import Json
from cql_like_rules.orders.bounds import Duration, read_duration
from cql_like_rules.orders.order import Product
from cql_like_rules.orders.units import DoseUnit, dose_unit, ordered_mass, unit_of


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose: `as_ordered` as written, and its mass (`mg` or `ug`) as a number, per body size, per time.

    `as_ordered` None: a dose is stated and its number cannot be read. `value` None: the mass could not be computed.
    `per_size` is `m2`, `kg` or empty, `per_time` `d`, `wk` or empty (`ug/m2/d` is the dose of a day, however often it
    is given).
    """

    as_ordered: Quantity | None
    value: Decimal | None
    mass_unit: str = ""
    per_size: str = ""
    per_time: str = ""


def read_dose(instruction: Json, product: Product, problems: list[str], notes: list[str]) -> Dose | None:
    """The dose of a dosage instruction, the high end of a range; None when it states none.

    An instruction that states only a rate without the time that it runs (a step of an infusion) has no dose.
    """
    entry = _entry(instruction, problems)
    quantity = _high(entry, "doseQuantity", "doseRange")
    if quantity:
        return _dose(quantity, product, problems, notes)
    rate = _high(entry, "rateQuantity", "rateRange") or _rate_ratio(entry)
    return _dose_of_rate(rate, instruction, product, problems, notes) if rate else None


def _entry(instruction: Json, problems: list[str]) -> Json:
    """The dose that was ordered: systems send it beside the one that they calculated from it."""
    entries = lenient.objects(instruction.get("doseAndRate")) or [instruction]
    ordered = [entry for entry in entries if _type(entry) == "ordered"]
    candidates = ordered or [entry for entry in entries if _type(entry) != "calculated"] or entries
    doses = {str(_high(entry, "doseQuantity", "doseRange")) for entry in candidates}
    if len(doses) > 1:
        problems.append("One dosage instruction has several doses; the first was read.")
    return candidates[0]


def _type(entry: Json) -> str:
    return next((lenient.text(coding.get("code")) for coding in lenient.codings(entry.get("type"))), "")


def _high(entry: Json, quantity: str, range_: str) -> Json:
    high = lenient.first_object(lenient.first_object(entry.get(range_)).get("high"))
    return lenient.first_object(entry.get(quantity)) or high


def _rate_ratio(entry: Json) -> Json:
    """`rateRatio` as one quantity: 50 mL per 2 h is 25 mL/h."""
    ratio = lenient.first_object(entry.get("rateRatio"))
    numerator, denominator = (lenient.first_object(ratio.get(part)) for part in ("numerator", "denominator"))
    value, per = lenient.number(numerator.get("value")), lenient.number(denominator.get("value"))
    if value is None or per is None or per <= 0:
        return {}
    return {"value": value / per, "code": f"{unit_of(numerator)}/{unit_of(denominator)}"}


def _dose_of_rate(
    rate: Json, instruction: Json, product: Product, problems: list[str], notes: list[str]
) -> Dose | None:
    """The dose that a rate comes to over the time that it runs; None without a time, or for a rate that is none."""
    duration = _duration(instruction)
    value, unit = lenient.number(rate.get("value")), dose_unit(unit_of(rate))
    if value is None or unit is None or not unit.per_time:
        return None
    if duration is None:
        if unit.is_mass:
            problems.append(f"The dose is a rate ({value:f} {unit_of(rate)}), and how long it runs is not coded.")
        return None
    hours = ucum.convert(duration.value, duration.unit, unit.per_time)
    if hours is None:
        return None
    total = {"value": value * hours, "code": "/".join(filter(None, (unit.amount, unit.per_size)))}
    return _dose(total, product, problems, notes)


def _duration(instruction: Json) -> Duration | None:
    repeat = lenient.first_object(lenient.first_object(instruction.get("timing")).get("repeat"))
    longest = repeat.get("durationMax") or repeat.get("duration")
    return read_duration({"value": longest, "code": repeat.get("durationUnit")})


def _dose(quantity: Json, product: Product, problems: list[str], notes: list[str]) -> Dose | None:
    value, written = lenient.number(quantity.get("value")), unit_of(quantity)
    if value is None:
        problems.append("The dose has no value that can be read.")
        return Dose(None, None)
    as_ordered = Quantity(value, written or "1")
    unit = dose_unit(written)
    problem = _fault(value, written, unit, lenient.text(quantity.get("comparator")))
    if problem or unit is None:
        problems.append(problem)
        return Dose(as_ordered, None)
    mass = _mass(value, unit, product, problems, notes)
    if mass is None:
        return Dose(as_ordered, None)
    return Dose(as_ordered, *mass, unit.per_size, unit.per_time)


def _fault(value: Decimal, written: str, unit: DoseUnit | None, comparator: str) -> str:
    """What keeps a dose from being computed, whatever the product; empty when nothing does."""
    if not written:
        return f"The dose ({value:f}) has no unit."
    if unit is None or unit.per_time in ("min", "h"):
        return f"The dose is in {written}, which is not a unit that a dose can be computed from."
    if value <= 0:
        return f"The dose is {value:f} {written}."
    if comparator not in ("", "<", "<="):
        return f"The dose is not limited upwards ({comparator} {value:f} {written})."
    return ""


def _mass(
    value: Decimal, unit: DoseUnit, product: Product, problems: list[str], notes: list[str]
) -> tuple[Decimal, str] | None:
    if unit.is_mass:
        return ordered_mass(value, unit.amount)
    per_one = product.concentration if unit.is_volume else product.strength
    if per_one is None:
        problems.append(_MISSING_CONCENTRATION if unit.is_volume else _missing_strength(unit))
        return None
    if unit.is_device and product.strength_by_text:
        notes.append(f"The strength, {per_one.value:f} {per_one.unit}, was read from the product's text.")
    volume = ucum.convert(value, unit.amount, "mL") if unit.is_volume else value
    return None if volume is None else ordered_mass(volume * per_one.value, per_one.unit.partition("/")[0])


_MISSING_CONCENTRATION = "The dose is in mL and the product's concentration is not coded."


def _missing_strength(unit: DoseUnit) -> str:
    thing = unit.amount.strip("{}")
    return f"The dose is in {thing}s and the product's strength per {thing} is not coded."
