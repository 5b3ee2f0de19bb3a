"""How much time lies between two dates or times: whole periods (duration) or boundaries crossed (difference).

When what is not known could change the answer, it is an Uncertainty. For periods to the hour or finer offsets are
brought together; for days and longer the calendar and clock as written count.

Source: CQL 1.5.3, Appendix B, section Date and Time Operators (Duration, Difference); Appendix H.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, TypeAlias

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators.date_time import MILLISECONDS_OF, Temporal, as_datetime, as_python, first_moment
from cql_like_rules.cql.values.temporal import PRECISIONS, Date, DateTime, Time, days_in_month
from cql_like_rules.cql.values.uncertainty import Uncertainty, between, highest, lowest

Moment: TypeAlias = tuple[int, int, int, int, int, int, int]
Measure: TypeAlias = Callable[[Moment, Moment, str], int]

_DAY_OR_LONGER = ("year", "month", "week", "day")
_MILLISECOND = datetime.timedelta(milliseconds=1)


def duration_between(a: Any, b: Any, precision: str | None) -> int | Uncertainty | None:
    """`months between a and b`: whole periods, negative when b is earlier; null for null."""
    return _between(a, b, precision, _duration)


def difference_between(a: Any, b: Any, precision: str | None) -> int | Uncertainty | None:
    """`difference in months between a and b`: boundaries crossed, negative when b is earlier; null for null.

    A week begins on Sunday.
    """
    return _between(a, b, precision, _difference)


def _between(a: Any, b: Any, precision: str | None, measure: Measure) -> int | Uncertainty | None:
    if a is None or b is None:
        return None
    if precision is None or (precision not in MILLISECONDS_OF and precision not in _DAY_OR_LONGER):
        raise EvaluationError(f"time is not counted in {precision}")
    a_low, a_high, b_low, b_high = _alike(precision, lowest(a), highest(a), lowest(b), highest(b))
    least = measure(_latest(a_high, precision), _earliest(b_low, precision), precision)
    if a_low is a_high and b_low is b_high and _is_certain(a_low, precision) and _is_certain(b_low, precision):
        return least
    greatest = measure(_earliest(a_low, precision), _latest(b_high, precision), precision)
    return between(least, greatest)  # type: ignore[no-any-return]


def _earliest(value: Temporal, precision: str) -> Moment:
    return _moment(value if _is_certain(value, precision) else value.low(), precision)


def _latest(value: Temporal, precision: str) -> Moment:
    return _moment(value if _is_certain(value, precision) else value.high(), precision)


def _alike(precision: str, *ends: Any) -> list[Temporal]:
    """The ends as one type: dates become DateTimes of unknown time unless all are dates and days are asked for."""
    if not all(isinstance(end, Date | DateTime | Time) for end in ends):
        raise EvaluationError("time lies between dates or times only")
    of_day = [isinstance(end, Time) for end in ends]
    by_day = precision in _DAY_OR_LONGER
    if any(of_day) and (by_day or not all(of_day)):
        raise EvaluationError(f"no {precision}s lie between a time of day and another value")
    if all(of_day) or (by_day and all(isinstance(end, Date) for end in ends)):
        return list(ends)
    # An end that is certain stands here twice, and must still be one value afterwards.
    made = {id(end): as_datetime(end) for end in ends}
    return [made[id(end)] for end in ends]


def _is_certain(value: Temporal, precision: str) -> bool:
    """Whether what is not known of the value is taken as zero: milliseconds, and of a Time all below the precision.

    Seconds and milliseconds are one number, so a second without milliseconds is that second. For Time that is HL7's
    reading (`hours between @T06 and @T07:00:00` is 1, not 0 or 1).
    """
    components = value.components
    if isinstance(value, Time):
        return _known(components) > PRECISIONS.index(precision) - PRECISIONS.index("hour")
    return _known(components) >= min(len(components), PRECISIONS.index("second") + 1)


def _known(components: tuple[int | None, ...]) -> int:
    return components.index(None) if None in components else len(components)


def _moment(value: Temporal, precision: str) -> Moment:
    if isinstance(value, Time):
        return first_moment((None, None, None, *value.components))
    if precision in _DAY_OR_LONGER and isinstance(value, DateTime):
        return first_moment(value.written())
    return first_moment(value.components)


def _duration(a: Moment, b: Moment, precision: str) -> int:
    if a > b:
        return -_duration(b, a, precision)
    if precision in ("year", "month"):
        months = _months(a, b)
        last_day = min(a[2], days_in_month(b[0], b[1]))
        if b[2:] < (last_day, *a[3:]):
            months -= 1
        return months // 12 if precision == "year" else months
    return _milliseconds(a, b) // MILLISECONDS_OF[precision]


def _difference(a: Moment, b: Moment, precision: str) -> int:
    if precision == "year":
        return b[0] - a[0]
    if precision == "month":
        return _months(a, b)
    if precision == "week":
        return (_sunday_before(b) - _sunday_before(a)) // 7
    if precision == "day":
        return _day(b) - _day(a)
    first = (1, 1, 1, 0, 0, 0, 0)
    length = MILLISECONDS_OF[precision]
    return _milliseconds(first, b) // length - _milliseconds(first, a) // length


def _months(a: Moment, b: Moment) -> int:
    return (b[0] - a[0]) * 12 + b[1] - a[1]


def _milliseconds(a: Moment, b: Moment) -> int:
    return (as_python(b) - as_python(a)) // _MILLISECOND


def _day(moment: Moment) -> int:
    return datetime.date(*moment[:3]).toordinal()


def _sunday_before(moment: Moment) -> int:
    # Ordinal 0 is a Sunday.
    return _day(moment) // 7 * 7
