"""The body size that a dose was compared with, in words."""

from __future__ import annotations

from cql_like_rules.orders.order import BodySize, Measurement

from .amounts import DoseUnit, iso_day, quantity, surface_area


def basis_words(body: BodySize, unit: str) -> str:
    """`BSA 1.80 m², Mosteller, weight 72 kg on 2026-11-02` for a unit per m², the weight for one per kg, else "".

    "" too when the measurement is not known.
    """
    basis = DoseUnit.of(unit).basis
    if basis == "m2" and body.surface_area:
        return _surface_words(body, body.surface_area)
    if basis == "kg" and body.weight:
        return _dated("weight", body.weight)
    return ""


def _surface_words(body: BodySize, area: Measurement) -> str:
    words = f"BSA {surface_area(area.value)}"
    if area.method == "documented":
        return f"{words} on {iso_day(area.date)}"
    return ", ".join([words, area.method, *_height_and_weight(body)])


def _height_and_weight(body: BodySize) -> list[str]:
    """Both sizes with one date where they share it."""
    height, weight = body.height, body.weight
    if height and weight and iso_day(height.date) == iso_day(weight.date):
        return [f"height {quantity(height.value)} and {_dated('weight', weight)}"]
    return [_dated(name, size) for name, size in (("height", height), ("weight", weight)) if size]


def _dated(name: str, measurement: Measurement) -> str:
    return f"{name} {quantity(measurement.value)} on {iso_day(measurement.date)}"
