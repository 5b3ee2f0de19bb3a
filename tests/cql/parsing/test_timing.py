"""Timing phrases. The expected operations are those of the reference translator."""

from __future__ import annotations

from collections.abc import Callable

import pytest

BEFORE = [
    ("p before q", "Before(p, q)"),
    ("p on or before q", "SameOrBefore(p, q)"),
    ("p before or on q", "SameOrBefore(p, q)"),
    ("p after day of q", "After<day>(p, q)"),
    ("p on or after day of q", "SameOrAfter<day>(p, q)"),
    ("v starts before w", "Before(Start(v), w)"),
    ("v starts before start w", "Before(Start(v), Start(w))"),
    ("v ends after end w", "After(End(v), End(w))"),
    ("v occurs before w", "Before(v, w)"),
    ("v before start of w", "Before(v, Start(w))"),
]
OFFSETS = [
    ("p 3 days before q", "SameAs(p, Subtract(q, 3 day))"),
    ("p 3 days on or before q", "SameAs(p, Subtract(q, 3 day))"),
    ("p 3 days or more before q", "SameOrBefore(p, Subtract(q, 3 day))"),
    ("p more than 3 days before q", "Before(p, Subtract(q, 3 day))"),
    ("p more than 3 days on or before q", "Before(p, Subtract(q, 3 day))"),
    ("p 3 days or less before q", "And(In(p, Interval[Subtract(q, 3 day), q)), Not(IsNull(q)))"),
    ("p less than 3 days before q", "In(p, Interval(Subtract(q, 3 day), q))"),
    ("p 3 days or less on or before q", "And(In(p, Interval[Subtract(q, 3 day), q]), Not(IsNull(q)))"),
    ("p less than 3 days on or before q", "And(In(p, Interval(Subtract(q, 3 day), q]), Not(IsNull(q)))"),
    ("p 3 days after q", "SameAs(p, Add(q, 3 day))"),
    ("p 3 days after day of q", "SameAs<day>(p, Add(q, 3 day))"),
    ("p 3 days or more after day of q", "SameOrAfter<day>(p, Add(q, 3 day))"),
    ("p 3 days or less after q", "And(In(p, Interval(q, Add(q, 3 day)]), Not(IsNull(q)))"),
    ("p less than 3 days after q", "In(p, Interval(q, Add(q, 3 day)))"),
    ("p 3 days or less on or after day of q", "And(In<day>(p, Interval[q, Add(q, 3 day)]), Not(IsNull(q)))"),
    ("p 3 'h' or more before q", "SameOrBefore(p, Subtract(q, 3 'h'))"),
    (
        "v starts 1 day or less before end w",
        "And(In(Start(v), Interval[Subtract(End(w), 1 day), End(w))), Not(IsNull(End(w))))",
    ),
]
WITHIN = [
    ("p within 3 days of q", "And(In(p, Interval[Subtract(q, 3 day), Add(q, 3 day)]), Not(IsNull(q)))"),
    ("p properly within 3 days of q", "In(p, Interval(Subtract(q, 3 day), Add(q, 3 day)))"),
    (
        "v starts within 3 days of start w",
        "And(In(Start(v), Interval[Subtract(Start(w), 3 day), Add(Start(w), 3 day)]), Not(IsNull(Start(w))))",
    ),
]
SAME = [
    ("p same as q", "SameAs(p, q)"),
    ("p same day as q", "SameAs<day>(p, q)"),
    ("p same or before q", "SameOrBefore(p, q)"),
    ("p same month or after q", "SameOrAfter<month>(p, q)"),
    ("v starts same day or after end w", "SameOrAfter<day>(Start(v), End(w))"),
]
INCLUSION = [
    ("v during w", "IncludedIn(v, w)"),
    ("v included in day of w", "IncludedIn<day>(v, w)"),
    ("v properly during w", "ProperIncludedIn(v, w)"),
    ("v starts during w", "In(Start(v), w)"),
    ("v ends properly during day of w", "ProperIn<day>(End(v), w)"),
    ("v includes w", "Includes(v, w)"),
    ("v properly includes w", "ProperIncludes(v, w)"),
    ("v includes start w", "Contains(v, Start(w))"),
    ("v properly includes end w", "ProperContains(v, End(w))"),
]
MEETING = [
    ("v meets w", "Meets(v, w)"),
    ("v meets before day of w", "MeetsBefore<day>(v, w)"),
    ("v overlaps w", "Overlaps(v, w)"),
    ("v overlaps after w", "OverlapsAfter(v, w)"),
    ("v starts w", "Starts(v, w)"),
    ("v ends day of w", "Ends<day>(v, w)"),
]


@pytest.mark.parametrize(("text", "expected"), [*BEFORE, *OFFSETS, *WITHIN, *SAME, *INCLUSION, *MEETING])
def test_a_phrase_is_lowered_as_the_reference_translator_does(
    shape: Callable[[str], str], text: str, expected: str
) -> None:
    assert shape(text) == expected


def test_a_boundary_word_can_still_be_a_name(shape: Callable[[str], str]) -> None:
    assert shape("p before end and q") == "And(Before(p, end), q)"
    assert shape("p before start.value") == "Before(p, start.value)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p same day q", "'as', 'or before' or 'or after'"),
        ("p properly before q", "'during', 'included in', 'includes', 'within' or 'between'"),
        ("p on or q", "'before' or 'after'"),
        ("v occurs w", "'before', 'after', 'during', 'within' or 'same'"),
        ("p within q", "a number with a unit"),
    ],
)
def test_half_a_phrase_is_reported_with_what_belongs_there(
    refusal: Callable[[str], object], text: str, expected: str
) -> None:
    assert refusal(text).expected == expected  # type: ignore[attr-defined]
