"""The system functions of CQL by the name that an author writes: one row each, by the sections of the specification.

Source: CQL 1.5.3, Appendix B (CQL Reference).
"""

from __future__ import annotations

from collections.abc import Mapping

from cql_like_rules.cql.operators import (
    aggregates,
    arithmetic,
    clinical,
    conversion,
    date_time,
    intervals,
    lists,
    membership,
    messages,
    nullological,
    quantities,
    strings,
)
from cql_like_rules.cql.operators.table import NEVER_NULL, NULL_IF_ANY, NULL_OR_UNKNOWN, Operator, rows

_ANY_NUMBER: tuple[int, ...] = ()
_WITHOUT_NULLS = "nulls are left out; null where nothing is left"
_NULL_OR_UNREADABLE = "null for null and for what cannot be read as the type"
_PARTS = "the first null part ends the precision"
_WITHOUT_BIRTH_DATE = "null without a birth date"

_NULLOLOGICAL = rows(
    "Nullological Operators", [("Coalesce", _ANY_NUMBER, nullological.coalesce, "null where every operand is null")]
)

_ARITHMETIC = rows(
    "Arithmetic Operators",
    [
        ("Abs", 1, arithmetic.absolute, NULL_IF_ANY),
        ("Ceiling", 1, arithmetic.ceiling, NULL_IF_ANY),
        ("Floor", 1, arithmetic.floor, NULL_IF_ANY),
        ("Truncate", 1, arithmetic.truncate, NULL_IF_ANY),
        ("Round", (1, 2), arithmetic.round_, "null for null; null places count as 0"),
        ("Power", 2, arithmetic.power, NULL_IF_ANY),
    ],
)

_STRING = rows(
    "String Operators",
    [
        ("Concatenate", 2, strings.concatenate, NULL_IF_ANY),
        ("Combine", (1, 2), strings.combine, "null for a null or empty list; nulls are left out"),
        ("Split", 2, strings.split, "null for a null text; one part for a null separator"),
        ("SplitOnMatches", 2, strings.split_on_matches, "null for a null text; one part for a null pattern"),
        ("Lower", 1, strings.lower, NULL_IF_ANY),
        ("Upper", 1, strings.upper, NULL_IF_ANY),
        ("StartsWith", 2, strings.starts_with, NULL_IF_ANY),
        ("EndsWith", 2, strings.ends_with, NULL_IF_ANY),
        ("Substring", (2, 3), strings.substring, "null for null and for a start outside; a null length is to the end"),
        ("PositionOf", 2, strings.position_of, NULL_IF_ANY),
        ("LastPositionOf", 2, strings.last_position_of, NULL_IF_ANY),
        ("Matches", 2, strings.matches, NULL_IF_ANY),
        ("ReplaceMatches", 3, strings.replace_matches, NULL_IF_ANY),
    ],
)

_DATE_TIME = rows(
    "Date and Time Operators",
    [
        ("Date", (1, 2, 3), date_time.date, _PARTS),
        ("DateTime", (1, 2, 3, 4, 5, 6, 7, 8), date_time.date_time, _PARTS),
        ("Time", (1, 2, 3, 4), date_time.time, _PARTS),
    ],
) | rows(
    "Date and Time Operators",
    [
        ("Now", 0, clinical.now, NEVER_NULL),
        ("Today", 0, clinical.today, NEVER_NULL),
        ("TimeOfDay", 0, clinical.time_of_day, "null where the evaluation has no time of day"),
    ],
    contextual=True,
)

_INTERVAL = rows("Interval Operators", [("Size", 1, intervals.size, NULL_OR_UNKNOWN)])

_LIST = rows(
    "List Operators",
    [
        ("First", 1, lists.first, "null for null and for an empty list"),
        ("Last", 1, lists.last, "null for null and for an empty list"),
        ("IndexOf", 2, lists.index_of, NULL_IF_ANY),
        ("Length", 1, lists.length, NULL_IF_ANY),
        ("Skip", 2, lists.skip, "null for a null list; all of it for a null number"),
        ("Take", 2, lists.take, "null for a null list; nothing for a null number"),
        ("Tail", 1, lists.tail, NULL_IF_ANY),
    ],
)

_AGGREGATE = rows(
    "Aggregate Functions",
    [
        ("Count", 1, aggregates.count, "0 for null; nulls are left out"),
        ("Sum", 1, aggregates.sum_, _WITHOUT_NULLS),
        ("Avg", 1, aggregates.avg, _WITHOUT_NULLS),
        ("Min", 1, aggregates.min_, _WITHOUT_NULLS),
        ("Max", 1, aggregates.max_, _WITHOUT_NULLS),
        ("Median", 1, aggregates.median, _WITHOUT_NULLS),
        ("AllTrue", 1, aggregates.all_true, "true for null; nulls are left out"),
        ("AnyTrue", 1, aggregates.any_true, "false for null; nulls are left out"),
    ],
)

_TYPE = rows(
    "Type Operators",
    [
        *((f"To{name}", 1, make, _NULL_OR_UNREADABLE) for name, make in conversion.CONVERSIONS.items()),
        *(
            (f"ConvertsTo{name}", 1, conversion.converts(make), NULL_IF_ANY)
            for name, make in conversion.CONVERSIONS.items()
        ),
        ("ConvertQuantity", 2, quantities.converted, "null if an operand is null, and where units do not go together"),
        ("CanConvertQuantity", 2, quantities.can_convert, NULL_IF_ANY),
    ],
)

_CLINICAL = rows(
    "Clinical Operators",
    [
        ("InValueSet", 2, membership.in_vocabulary, "false for null"),
        ("InCodeSystem", 2, membership.in_vocabulary, "false for null"),
        *(
            (f"CalculateAgeIn{name}At", 2, clinical.calculate_age_at(period), NULL_IF_ANY)
            for name, period in clinical.PERIODS.items()
        ),
    ],
) | rows(
    "Clinical Operators",
    [
        row
        for name, period in clinical.PERIODS.items()
        for row in (
            (f"AgeIn{name}", 0, clinical.age_now(period), _WITHOUT_BIRTH_DATE),
            (f"AgeIn{name}At", 1, clinical.age_at(period), _WITHOUT_BIRTH_DATE),
            (f"CalculateAgeIn{name}", 1, clinical.calculate_age(period), NULL_IF_ANY),
        )
    ],
    contextual=True,
)

_MESSAGE = rows("Errors and Messaging", [("Message", 5, messages.message, "null for a null source")])

FUNCTIONS: Mapping[str, Operator] = {
    **_NULLOLOGICAL,
    **_ARITHMETIC,
    **_STRING,
    **_DATE_TIME,
    **_INTERVAL,
    **_LIST,
    **_AGGREGATE,
    **_TYPE,
    **_CLINICAL,
    **_MESSAGE,
}
"""The system functions by the name an author writes."""
