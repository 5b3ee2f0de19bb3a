"""Intervals: ends, containment, relations and sets."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.errors import EvaluationError
from cql_like_rules.cql.operators import comparison, interval_sets, intervals, succession
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty

D = Decimal
MAX, MIN = 2**31 - 1, -(2**31)
UNTYPED = Interval(None, None)
JANUARY = Interval(Date(2012, 1, 1), Date(2012, 1, 31))
FEBRUARY = Interval(Date(2012, 2, 1), Date(2012, 3))


def mg(value: str) -> Quantity:
    return Quantity(D(value), "mg")


@pytest.mark.parametrize(
    ("interval", "start", "end"),
    [
        (Interval(1, 5), 1, 5),
        (Interval(1, 5, False, False), 2, 4),
        (Interval(1, None), 1, MAX),
        (Interval(None, 5), MIN, 5),
        (Interval(1, None, True, False), 1, Uncertainty(1, MAX)),
        (Interval(None, 5, False, False), Uncertainty(MIN, 4), 4),
        (UNTYPED, None, None),
        (None, None, None),
        (Interval(D("1.5"), D(2), False, True), D("1.50000001"), D(2)),
        (Interval(Date(2012, 1, 31), None, False), Date(2012, 2, 1), Date(9999, 12, 31)),
        (Interval(mg("1"), None), mg("1"), Quantity(D("99999999999999999999.99999999"), "mg")),
        (Interval(Time(10), Time(12), True, False), Time(10), Time(11)),
    ],
)
def test_ends(interval: Interval | None, start: Any, end: Any) -> None:
    assert succession.start(interval) == start
    assert succession.end(interval) == end


def test_an_interval_must_not_end_before_it_starts() -> None:
    for low, high, closed in ((5, 3, True), (5, 5, False), (Date(2012, 1, 2), Date(2012, 1, 1), True)):
        with pytest.raises(EvaluationError, match="ends before it starts"):
            intervals.checked(Interval(low, high, True, closed))


def test_the_ends_of_an_interval_become_one_type() -> None:
    assert intervals.checked(Interval(1, D("2.5"))) == Interval(D(1), D("2.5"))
    assert intervals.checked(Interval(Date(2012), DateTime(2013))) == Interval(DateTime(2012), DateTime(2013))
    assert intervals.checked(Interval(5, None)) == Interval(5, None)


@pytest.mark.parametrize(
    ("interval", "point", "expected", "properly"),
    [
        (Interval(1, 10), 1, True, False),
        (Interval(1, 10), 5, True, True),
        (Interval(1, 10), 11, False, False),
        (Interval(1, 10), None, None, None),
        (None, 5, False, False),
        (Interval(None, 5), 10, False, False),
        (Interval(None, 5), 3, True, True),
        (UNTYPED, 3, True, True),
        (Interval(5, None, True, False), 7, None, None),
        (Interval(5, None, True, False), 3, False, False),
        (Interval(None, 5, False), 6, False, False),
        (Interval(mg("1"), mg("10")), Quantity(D("0.005"), "g"), True, True),
        (JANUARY, DateTime(2012, 1, 15, 10), True, True),
        (JANUARY, Date(2012, 1), None, None),
    ],
)
def test_containing_a_point(interval: Interval | None, point: Any, expected: Any, properly: Any) -> None:
    assert intervals.contains(interval, point) is expected
    assert intervals.properly_contains(interval, point) is properly


def test_a_precision_decides_what_is_compared() -> None:
    night = Interval(Time(12, 0, 0, 1), Time(21, 59, 59, 999))
    assert intervals.contains(night, Time(12, 0, 0)) is None
    assert intervals.contains(night, Time(12, 0, 0), "second") is True
    assert intervals.properly_contains(night, Time(12, 0, 0), "second") is False


INCLUDING = [
    (Interval(1, 10), Interval(4, 10), True, True),
    (Interval(1, 10), Interval(1, 10), True, False),
    (Interval(1, 10), Interval(0, 5), False, False),
    (UNTYPED, Interval(1, 10), True, True),
    (Interval(1, 10), UNTYPED, False, False),
    (Interval(1, 10), None, None, None),
    (None, Interval(1, 10), None, None),
    (Interval(1, None, True, False), Interval(2, 5), None, None),
    (Interval(1, None), Interval(2, None, True, False), True, True),
    (Interval(1, None), Interval(1, None, True, False), True, None),
]


@pytest.mark.parametrize(("a", "b", "includes", "properly"), INCLUDING)
def test_including_an_interval(a: Any, b: Any, includes: Any, properly: Any) -> None:
    assert intervals.includes(a, b) is includes
    assert intervals.properly_includes(a, b) is properly


@pytest.mark.parametrize(
    ("relation", "a", "b", "expected"),
    [
        (intervals.before, Interval(1, 4), 5, True),
        (intervals.before, 5, Interval(1, 4), False),
        (intervals.after, 5, Interval(1, 4), True),
        (intervals.after, Interval(1, 4), None, None),
        (intervals.same_or_before, Interval(1, 4), Interval(4, 6), True),
        (intervals.same_or_after, Interval(6, 10), 6, True),
        (intervals.same_as, Interval(1, 4), Interval(0, 4, False), True),
        (intervals.overlaps, Interval(4, 10), Interval(9, 20, False), True),
        (intervals.overlaps, Interval(4, 10, True, False), Interval(9, 20, False), False),
        (intervals.overlaps, UNTYPED, Interval(1, 10), None),
        (intervals.overlaps_before, Interval(3, 10, False), Interval(5, 10), True),
        (intervals.overlaps_before, Interval(4, 10), Interval(4, 10), False),
        (intervals.overlaps_after, Interval(4, 15), Interval(1, 10), True),
        (intervals.overlaps_after, None, Interval(1, 10), None),
        (intervals.meets, Interval(1, 4), Interval(5, 8), True),
        (intervals.meets, Interval(5, 8), Interval(1, 4), True),
        (intervals.meets, Interval(1, 5), Interval(5, 8), False),
        (intervals.meets_before, Interval(1, None), Interval(5, 8), False),
        (intervals.meets_before, Interval(None, 5, False), Interval(None, 25, False), None),
        (intervals.meets_after, FEBRUARY, JANUARY, True),
        (intervals.meets_after, Interval(5, 8), None, None),
        (intervals.starts, Interval(4, 10), Interval(4, 15), True),
        (intervals.starts, Interval(4, 16), Interval(4, 15), False),
        (intervals.ends, Interval(4, 10), Interval(1, 10), True),
        (intervals.ends, Interval(0, 10), Interval(1, 10), False),
        (
            intervals.overlaps,
            Interval(DateTime(2012, 2), DateTime(2012, 3)),
            Interval(DateTime(2011, 1, 10), DateTime(2012)),
            None,
        ),
    ],
)
def test_relations(relation: Any, a: Any, b: Any, expected: Any) -> None:
    assert relation(a, b) is expected


@pytest.mark.parametrize(
    ("operator", "a", "b", "expected"),
    [
        (interval_sets.union, Interval(1, 10), Interval(4, 15), Interval(1, 15)),
        (interval_sets.union, Interval(1, 3), Interval(4, 15), Interval(1, 15)),
        (interval_sets.union, Interval(1, 3), Interval(5, 15), None),
        (interval_sets.union, Interval(5, None, True, False), Interval(1, 10), Interval(1, Uncertainty(10, MAX))),
        (interval_sets.union, Interval(1, 3), None, None),
        (interval_sets.intersect, Interval(1, 10), Interval(4, 15), Interval(4, 10)),
        (interval_sets.intersect, Interval(1, 10), Interval(11, 15), None),
        (interval_sets.intersect, Interval(1, 10), Interval(5, None, True, False), Interval(5, Uncertainty(5, 10))),
        (interval_sets.except_, Interval(1, 10), Interval(4, 10), Interval(1, 3)),
        (interval_sets.except_, Interval(1, 10), Interval(1, 4), Interval(5, 10)),
        (interval_sets.except_, Interval(1, 10), Interval(3, 7), None),
        (interval_sets.except_, Interval(1, 10), Interval(0, 12), None),
        (interval_sets.except_, Interval(1, 10), Interval(11, 12), Interval(1, 10)),
        (interval_sets.except_, None, Interval(11, 12), None),
    ],
)
def test_sets(operator: Any, a: Any, b: Any, expected: Any) -> None:
    assert operator(a, b) == expected


def test_an_end_that_depends_on_partial_dates_is_uncertain() -> None:
    month = Interval(DateTime(2012, 1), DateTime(2012, 3))
    days = Interval(DateTime(2012, 1, 16), DateTime(2012, 1, 25))
    common = interval_sets.intersect(month, days)
    assert common is not None
    assert common.high == DateTime(2012, 1, 25)
    assert comparison.less(common.low, DateTime(2012, 1, 15)) is False
    assert comparison.less(common.low, DateTime(2012, 1, 20)) is None


@pytest.mark.parametrize(
    ("members", "per", "expected"),
    [
        (
            [Interval(1, 5), Interval(3, 7), Interval(12, 19), Interval(7, 10)],
            None,
            [Interval(1, 10), Interval(12, 19)],
        ),
        ([Interval(7, 8), None, Interval(4, 6)], None, [Interval(4, 8)]),
        ([Interval(1, 2), Interval(5, 6)], Quantity(D(3)), [Interval(1, 6)]),
        ([Interval(1, 2), Interval(5, 6)], Quantity(D(2)), [Interval(1, 2), Interval(5, 6)]),
        ([Interval(1, 20), Interval(3, 7), Interval(21, 22)], None, [Interval(1, 22)]),
        (
            [Interval(Date(2012, 1, 1), Date(2012, 1, 15)), Interval(Date(2012, 1, 16), Date(2012, 5, 25))],
            None,
            [Interval(Date(2012, 1, 1), Date(2012, 5, 25))],
        ),
        (
            [
                Interval(DateTime(2012, 1, 1), DateTime(2012, 1, 5)),
                Interval(DateTime(2012, 1, 5, 10), DateTime(2012, 1, 9, 10)),
            ],
            None,
            [Interval(DateTime(2012, 1, 1), DateTime(2012, 1, 9, 10))],
        ),
        ([], None, []),
        (None, None, None),
    ],
)
def test_collapsing(members: Any, per: Quantity | None, expected: Any) -> None:
    assert interval_sets.collapse(members, per) == expected


def test_only_intervals_of_numbers_without_unit_collapse_per_number() -> None:
    with pytest.raises(EvaluationError, match="not collapsed per"):
        interval_sets.collapse([Interval(1, 2), Interval(5, 6)], mg("1"))
    with pytest.raises(EvaluationError, match="only intervals"):
        interval_sets.collapse([1])  # type: ignore[list-item]
    with pytest.raises(EvaluationError, match="without a start"):
        interval_sets.collapse([UNTYPED, UNTYPED])


def test_width_and_size() -> None:
    assert intervals.width(Interval(3, 7)) == 4
    assert intervals.width(Interval(mg("5"), mg("10"))) == mg("5")
    assert intervals.width(Interval(0, None, True, False)) is None
    assert intervals.width(None) is None
    assert intervals.size(Interval(3, 8, True, False)) == 5
    assert intervals.size(Interval(mg("5"), mg("10"))) == mg("5.00000001")
    assert intervals.size(None) is None
    with pytest.raises(EvaluationError, match="use a duration"):
        intervals.width(Interval(Date(2012), None))


def test_a_point_is_taken_only_from_an_interval_of_one_point() -> None:
    assert intervals.point_from(Interval(4, 5, True, False)) == 4
    assert intervals.point_from(None) is None
    with pytest.raises(EvaluationError, match="not a single point"):
        intervals.point_from(UNTYPED)


def test_between_takes_numbers_dates_and_intervals() -> None:
    assert intervals.between(4, 2, 6) is True
    assert intervals.between(1, 2, None) is False
    assert intervals.between(3, 2, None) is None
    assert intervals.between(Interval(3, 4), 2, 6) is True


# --- against the sets of points that intervals stand for ---

SMALL = st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans(), st.booleans())


def small(parts: tuple[int, int, bool, bool]) -> Interval | None:
    low, high, low_closed, high_closed = parts
    interval = Interval(low, high, low_closed, high_closed)
    return interval if points(interval) else None


def points(interval: Interval | None) -> set[int]:
    if interval is None:
        return set()
    return set(range(succession.start(interval), succession.end(interval) + 1))


@given(SMALL.map(small).filter(bool), SMALL.map(small).filter(bool))
def test_relations_are_those_of_the_sets_of_points(a: Interval, b: Interval) -> None:
    x, y = points(a), points(b)
    assert intervals.overlaps(a, b) is bool(x & y)
    assert intervals.includes(a, b) is (x >= y)
    assert intervals.properly_includes(a, b) is (x > y)
    assert intervals.before(a, b) is (max(x) < min(y))
    assert intervals.meets(a, b) is (max(x) + 1 == min(y) or max(y) + 1 == min(x))
    assert intervals.starts(a, b) is (min(x) == min(y) and x <= y)
    assert intervals.ends(a, b) is (max(x) == max(y) and x <= y)
    assert comparison.equal(a, b) is (x == y)
    assert points(interval_sets.intersect(a, b)) == x & y
    united = interval_sets.union(a, b)
    assert points(united) == (x | y if len(x | y) == max(x | y) - min(x | y) + 1 else set())


@given(st.lists(SMALL.map(small).filter(bool), max_size=5))
def test_collapsing_keeps_all_points_and_leaves_gaps(members: list[Interval]) -> None:
    collapsed = interval_sets.collapse(members)  # type: ignore[arg-type]
    assert collapsed is not None
    assert set().union(*map(points, collapsed)) == set().union(*map(points, members))
    for a, b in itertools.pairwise(collapsed):
        assert max(points(a)) + 1 < min(points(b))
