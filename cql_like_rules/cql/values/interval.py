"""Interval (CQL 1.5.3, Author's Guide, Interval Values)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """The values from `low` to `high`.

    A closed end that is None is the minimum or maximum of the point type; an open end that is None is unknown.
    """

    low: Any
    high: Any
    low_closed: bool = True
    high_closed: bool = True

    def __str__(self) -> str:
        return f"Interval{'[' if self.low_closed else '('}{self.low}, {self.high}{']' if self.high_closed else ')'}"
