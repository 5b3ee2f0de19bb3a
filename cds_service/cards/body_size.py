"""The body size that a dose was compared with, in words."""

from __future__ import annotations

from cql_like_rules.cql.operators import quantities
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import DoseLimit
from cql_like_rules.orders.order import BodySize, Measurement

from .amounts import DoseUnit, iso_day, quantity, surface_area


def basis_words(body: BodySize, dose: DoseLimit) -> str:
    """`BSA 1.80 m², Mosteller, weight 72 kg on 2026-11-02` for a limit per m², the weight for one per kg, else "".

    `BSA 2.40 m² on 2026-11-02, counted as 2.20 m²` where the policy counts another size than the measured one;
    `weight 72 kg, answered on 2026-11-02` where it was answered in a questionnaire. "" too when it is not known.
    """
    words = measured_words(body, DoseUnit.of(dose.limit.unit).basis)
    return f"{words}, counted as {size_words(dose.body_size)}" if dose.body_size and is_counted(body, dose) else words


def measured_words(body: BodySize, basis: str) -> str:
    """The body surface area for `m2`, the weight for `kg`, with how and when it was measured; "" when not known."""
    measured = {"m2": body.surface_area, "kg": body.weight}.get(basis)
    if measured is None:
        return ""
    return _surface_words(body, measured) if basis == "m2" else _dated("weight", measured)


def is_counted(body: BodySize, dose: DoseLimit) -> bool:
    """Whether the limit was multiplied with another body size than the measured one: a capped or rounded one.

    Sizes that are told in the same digits are the same: CQL has eight decimal places for an area by Mosteller.
    """
    basis = DoseUnit.of(dose.limit.unit).basis
    measured = {"m2": body.surface_area, "kg": body.weight}.get(basis)
    used = quantities.converted(dose.body_size, basis) if basis else None
    return measured is not None and used is not None and size_words(measured.value) != size_words(used)


def size_words(size: Quantity) -> str:
    """A body surface area with two decimals, a weight with four digits."""
    return surface_area(size) if size.unit == "m2" else quantity(size)


def _surface_words(body: BodySize, area: Measurement) -> str:
    if not area.computed:
        return f"BSA {surface_area(area.value)}{_when(area)}"
    return ", ".join([f"BSA {surface_area(area.value)}", area.method, *_height_and_weight(body)])


def _height_and_weight(body: BodySize) -> list[str]:
    """Both sizes with one date where they share it."""
    height, weight = body.height, body.weight
    if height and weight and _when(height) == _when(weight):
        return [f"height {quantity(height.value)} and {_dated('weight', weight)}"]
    return [_dated(name, size) for name, size in (("height", height), ("weight", weight)) if size]


def _dated(name: str, measurement: Measurement) -> str:
    return f"{name} {quantity(measurement.value)}{_when(measurement)}"


def _when(measurement: Measurement) -> str:
    day = iso_day(measurement.date)
    return f", answered on {day}" if measurement.answered else f" on {day}"
