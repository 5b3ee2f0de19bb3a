"""Uncertainty: a result that is only known to lie between two ends.

`years between DateTime(2005) and DateTime(2010)` is 4 or 5. Comparing such a result is true or false where every
possible value agrees, and null where they do not.

Source: CQL 1.5.3, Author's Guide, Uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """A value of which only the least (`low`) and the greatest (`high`) possibility are known, both included."""

    low: Any
    high: Any

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


def between(low: Any, high: Any) -> Any:
    """The value itself when both ends are the same, otherwise the Uncertainty between them."""
    return low if low == high else Uncertainty(low, high)


def lowest(value: Any) -> Any:
    """The least that a value can be: its `low` when it is uncertain, otherwise itself."""
    return value.low if type(value) is Uncertainty else value


def highest(value: Any) -> Any:
    """The greatest that a value can be: its `high` when it is uncertain, otherwise itself."""
    return value.high if type(value) is Uncertainty else value
