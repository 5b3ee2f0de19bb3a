"""How a body size is told: what it is, when it was measured, and that it was answered where it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds_service.cards.body_size import measured_words
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.orders.order import BodySize, Measurement

SECOND, THIRD = Date(2026, 11, 2), DateTime(2026, 11, 3)


def size(value: str, unit: str, date: Date | DateTime = SECOND, method: str = "documented") -> Measurement:
    return Measurement(Quantity(Decimal(value), unit), date, 1, ("Observation/o",), method)


@pytest.mark.parametrize(
    ("method", "words"),
    [("documented", "weight 72 kg on 2026-11-02"), ("answered", "weight 72 kg, answered on 2026-11-02")],
)
def test_a_weight_is_told_with_its_day_and_that_it_was_answered(method: str, words: str) -> None:
    assert measured_words(BodySize(weight=size("72", "kg", method=method)), "kg") == words


@pytest.mark.parametrize(
    ("method", "words"),
    [("documented", "BSA 1.80 m² on 2026-11-02"), ("answered", "BSA 1.80 m², answered on 2026-11-02")],
)
def test_a_surface_area_is_told_with_its_day_and_that_it_was_answered(method: str, words: str) -> None:
    assert measured_words(BodySize(surface_area=size("1.8", "m2", method=method)), "m2") == words


@pytest.mark.parametrize(
    ("height", "weight", "words"),
    [
        (
            size("162", "cm"),
            size("72", "kg"),
            "height 162 cm and weight 72 kg on 2026-11-02",
        ),
        (
            size("162", "cm", method="answered"),
            size("72", "kg", method="answered"),
            "height 162 cm and weight 72 kg, answered on 2026-11-02",
        ),
        (
            size("162", "cm"),
            size("72", "kg", method="answered"),
            "height 162 cm on 2026-11-02, weight 72 kg, answered on 2026-11-02",
        ),
        (
            size("162", "cm", method="answered"),
            size("72", "kg", THIRD),
            "height 162 cm, answered on 2026-11-02, weight 72 kg on 2026-11-03",
        ),
    ],
)
def test_a_computed_surface_area_is_told_with_height_and_weight(
    height: Measurement, weight: Measurement, words: str
) -> None:
    area = size("1.8", "m2", method="Mosteller")
    assert measured_words(BodySize(weight, height, area), "m2") == f"BSA 1.80 m², Mosteller, {words}"


@pytest.mark.parametrize("basis", ["m2", "kg", ""])
def test_what_is_not_known_is_not_told(basis: str) -> None:
    assert measured_words(BodySize(height=size("162", "cm")), basis) == ""
