"""Quantity and Ratio: a number with its unit, and a relation of two such.

Units are converted in `ucum`; arithmetic and comparison are in `operators.quantities`.

Source: CQL 1.5.3, Author's Guide, Quantities and Ratios.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

CALENDAR_UNITS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")

# A calendar day, hour, … is as long as the UCUM one (CQL 1.5.3, Author's Guide, Quantities); a calendar year or
# month is not, so those two have no UCUM unit here.
UCUM_OF_CALENDAR = {
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A decimal value with a unit: UCUM text (`mg/m2`), `1` for none, or a calendar word in the singular (`year`)."""

    value: Decimal
    unit: str = "1"

    def __str__(self) -> str:
        value = plain(self.value)
        if self.unit in CALENDAR_UNITS:
            return f"{value} {self.unit}" if self.value == 1 else f"{value} {self.unit}s"
        return f"{value} '{self.unit}'"


@dataclass(frozen=True, slots=True)
class Ratio:
    """`numerator` to `denominator`, both with their units; nothing is divided."""

    numerator: Quantity
    denominator: Quantity

    def __str__(self) -> str:
        return f"{self.numerator}:{self.denominator}"


def plain(value: Decimal) -> str:
    """A decimal as CQL writes it: no exponent, the digits it has."""
    return f"{value:f}"
