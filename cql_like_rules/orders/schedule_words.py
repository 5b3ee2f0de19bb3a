"""Schedules in words, for cards."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

_WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_MONTH = Fraction(487, 16)


def rate(times: int, period: Fraction) -> str:
    """`daily`, `2 times a day`, `every 12 hours`, `weekly`, `every 3 weeks`, `6 times in 28 days`."""
    if times > 1:
        named = {Fraction(1): "a day", Fraction(7): "a week", _MONTH: "a month"}
        return f"{times} times {named.get(period) or f'in {number(period)} days'}"
    if period in (1, 7, _MONTH):
        return {1: "daily", 7: "weekly"}.get(int(period), "monthly")
    if period < 1:
        return f"every {number(period * 24)} hours"
    return f"every {number(period / 7)} weeks" if period % 7 == 0 else f"every {number(period)} days"


def weekdays(days: Sequence[str], a_day: int, weeks: int) -> str:
    """`on Monday and Thursday`, `2 times on Tuesday, every 2 weeks`."""
    times = f"{a_day} times " if a_day > 1 else ""
    every = f", every {weeks} weeks" if weeks > 1 else ""
    return f"{times}on {listed([_WEEKDAYS[day] for day in days])}{every}"


def cycle(days: Sequence[int], length: int | None, a_day: int) -> str:
    """`days 1, 8 and 15 of 28`, `day 1 of the cycle`."""
    times = f"{a_day} times a day on " if a_day > 1 else ""
    return f"{times}{'days' if len(days) > 1 else 'day'} {listed(list(map(str, days)))} of {length or 'the cycle'}"


def dates(count: int) -> str:
    """`once`, `on 3 dates`."""
    return "once" if count == 1 else f"at {count} stated times"


def doses(count: int) -> str:
    """`1 dose`, `5 doses`."""
    return "1 dose" if count == 1 else f"{count} doses"


def listed(parts: Sequence[str]) -> str:
    """`1`, `1 and 8`, `1, 8 and 15`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def number(value: Fraction) -> str:
    """A number with at most two decimals and no trailing zeros."""
    return f"{float(value):.2f}".rstrip("0").rstrip(".")
