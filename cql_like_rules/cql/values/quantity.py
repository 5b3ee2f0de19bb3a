"""Quantity and Ratio (CQL 1.5.3, Author's Guide, Quantities and Ratios)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

CALENDAR_UNITS = frozenset({"year", "month", "week", "day", "hour", "minute", "second", "millisecond"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit: UCUM text, or a calendar word in the singular (`year`); `1` for no unit.

    `==` compares what is written; use the operators for `1 'g' = 1000 'mg'`.
    """

    value: Decimal
    unit: str = "1"

    def __str__(self) -> str:
        unit = self.unit if self.unit in CALENDAR_UNITS else f"'{self.unit}'"
        return f"{self.value:f} {unit}"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One quantity to another."""

    numerator: Quantity
    denominator: Quantity

    def __str__(self) -> str:
        return f"{self.numerator}:{self.denominator}"
