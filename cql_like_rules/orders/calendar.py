"""Calendar: on which days a drug is given, and the largest amount that falls on one day or in seven.

A weekly ceiling is the largest total in any seven consecutive days, not the average: 30 mg every two weeks is 30 mg a
week.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Calendar:
    """Administrations by day, on an axis of days.

    `length` is after how many days the pattern repeats: 7 for days of the week, the cycle's length for days of a
    cycle, None for dates (which do not repeat). `counts` is the number of administrations on each day.
    """

    axis: str
    length: int | None
    counts: Mapping[int, int]

    @property
    def per_day(self) -> int:
        """The largest number of administrations on one day."""
        return max(self.counts.values())

    @property
    def per_week(self) -> int:
        """The largest number of administrations in any seven consecutive days."""
        return int(largest_in_window({day: Decimal(count) for day, count in self.counts.items()}, self.length, 7))

    def total_in(self, days: int) -> int:
        """The number of administrations in so many days of a repeating pattern, as many as can fall in them."""
        repetitions, rest = divmod(days, self.length or days)
        amounts = {day: Decimal(count) for day, count in self.counts.items()}
        partial = int(largest_in_window(amounts, self.length, rest)) if rest else 0
        return repetitions * sum(self.counts.values()) + partial

    @property
    def spacing(self) -> int | None:
        """The days from one administration to the next when they are all the same; None when they differ."""
        days = sorted(self.counts)
        if self.per_day > 1:
            return None
        gaps = {later - earlier for earlier, later in itertools.pairwise(days)}
        if self.length is not None:
            gaps.add(days[0] + self.length - days[-1])
        return gaps.pop() if len(gaps) == 1 else None


def largest_in_window(amounts: Mapping[int, Decimal], length: int | None, window: int) -> Decimal:
    """The largest sum of amounts in `window` consecutive days, of a pattern that repeats every `length` days.

    `length` None: the pattern does not repeat.
    """
    days = _unrolled(amounts, length, window)
    return max(sum((amount for later, amount in days if day <= later < day + window), Decimal(0)) for day, _ in days)


def largest_together(parts: Iterable[tuple[Calendar, Decimal]], window: int) -> Decimal:
    """The largest sum in `window` days of several drugs or doses on the same axis, each with its amount per dose."""
    totals: dict[int, Decimal] = {}
    length = None
    for calendar, amount in parts:
        length = calendar.length
        for day, count in calendar.counts.items():
            totals[day] = totals.get(day, Decimal(0)) + amount * count
    return largest_in_window(totals, length, window)


def _unrolled(amounts: Mapping[int, Decimal], length: int | None, window: int) -> list[tuple[int, Decimal]]:
    """The days of one repetition, followed by as many of the next ones as a window can reach into."""
    days = sorted(amounts.items())
    if length is None:
        return days
    repetitions = 2 + window // length
    return [(day + turn * length, amount) for turn in range(repetitions) for day, amount in days]
