"""Interval: the values between two ends.

A closed end that is null is unbounded: it reaches to the least or greatest value of its type. An open end that is
null is unknown. What an interval starts and ends with, and how two of them relate, is in `operators.intervals`.

Source: CQL 1.5.3, Appendix B, Interval; Author's Guide, Interval Values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """The ends as they were written; `low_closed` and `high_closed` say whether the end itself belongs to it."""

    low: Any
    high: Any
    low_closed: bool = True
    high_closed: bool = True

    def __str__(self) -> str:
        low = "null" if self.low is None else self.low
        high = "null" if self.high is None else self.high
        return f"Interval{'[' if self.low_closed else '('}{low}, {high}{']' if self.high_closed else ')'}"
