"""Uncertainty: a number known only to lie between two ends, from dates of partial precision.

Source: CQL 1.5.3, Appendix H (timing calculations with imprecise dates).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Any whole number from `low` to `high`, ends included."""

    low: int
    high: int
