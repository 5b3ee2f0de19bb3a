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
from cql_like_rules.cql.operators.table import (
    ANY,
    BOOLEAN,
    CODE_SYSTEM,
    DATE,
    INTEGER,
    INTERVAL,
    LIST,
    LIST_OR_STRING,
    NEVER_NULL,
    NULL_IF_ANY,
    NULL_OR_UNKNOWN,
    NUMBER,
    QUANTITY,
    STRING,
    VALUE_SET,
    Operator,
    row,
    section,
)

_WITHOUT_NULLS = "nulls are left out; null where nothing is left"
_NULL_OR_UNREADABLE = "null for null and for what cannot be read as the type"
_PARTS = "null for nulls alone; else the first null part ends the precision"
_UNITS_APART = "null if an operand is null, and where the units do not go together"
_WITHOUT_BIRTH_DATE = "null without a birth date"

_NULLOLOGICAL = section(
    "Nullological Operators",
    [row("Coalesce", nullological.coalesce, "null where every operand is null", any_number=True)],
)

_ARITHMETIC = section(
    "Arithmetic Operators",
    [
        row("Abs", arithmetic.absolute, NULL_IF_ANY, ANY),
        row("Ceiling", arithmetic.ceiling, NULL_IF_ANY, NUMBER),
        row("Floor", arithmetic.floor, NULL_IF_ANY, NUMBER),
        row("Truncate", arithmetic.truncate, NULL_IF_ANY, NUMBER),
        row("Round", arithmetic.round_, "null for null; null places count as 0", NUMBER, INTEGER, optional=1),
        row("Power", arithmetic.power, NULL_IF_ANY, ANY, ANY),
    ],
)

_STRING = section(
    "String Operators",
    [
        row("Concatenate", strings.concatenate, NULL_IF_ANY, STRING, STRING),
        row("Combine", strings.combine, "null for a null or empty list; nulls are left out", LIST, STRING, optional=1),
        row("Split", strings.split, "null for a null text; one part for a null separator", STRING, STRING),
        row(
            "SplitOnMatches",
            strings.split_on_matches,
            "null for a null text; one part for a null pattern",
            STRING,
            STRING,
        ),
        row("Lower", strings.lower, NULL_IF_ANY, STRING),
        row("Upper", strings.upper, NULL_IF_ANY, STRING),
        row("StartsWith", strings.starts_with, NULL_IF_ANY, STRING, STRING),
        row("EndsWith", strings.ends_with, NULL_IF_ANY, STRING, STRING),
        row(
            "Substring",
            strings.substring,
            "null for null and for a start outside; a null length is to the end",
            STRING,
            INTEGER,
            INTEGER,
            optional=1,
        ),
        row("PositionOf", strings.position_of, NULL_IF_ANY, STRING, STRING),
        row("LastPositionOf", strings.last_position_of, NULL_IF_ANY, STRING, STRING),
        row("Matches", strings.matches, NULL_IF_ANY, STRING, STRING),
        row("ReplaceMatches", strings.replace_matches, NULL_IF_ANY, STRING, STRING, STRING),
    ],
)

_DATE_TIME = section(
    "Date and Time Operators",
    [
        row("Date", date_time.date, _PARTS, INTEGER, INTEGER, INTEGER, optional=2),
        row("DateTime", date_time.date_time, _PARTS, *(INTEGER,) * 7, NUMBER, optional=7),
        row("Time", date_time.time, _PARTS, INTEGER, INTEGER, INTEGER, INTEGER, optional=3),
    ],
) | section(
    "Date and Time Operators",
    [
        row("Now", clinical.now, NEVER_NULL),
        row("Today", clinical.today, NEVER_NULL),
        row("TimeOfDay", clinical.time_of_day, "null where the evaluation has no time of day"),
    ],
    contextual=True,
)

_INTERVAL = section("Interval Operators", [row("Size", intervals.size, NULL_OR_UNKNOWN, INTERVAL)])

_LIST = section(
    "List Operators",
    [
        row("First", lists.first, "null for null and for an empty list", LIST),
        row("Last", lists.last, "null for null and for an empty list", LIST),
        row("IndexOf", lists.index_of, NULL_IF_ANY, LIST, ANY),
        row("Length", lists.length, NULL_IF_ANY, LIST_OR_STRING),
        row("Skip", lists.skip, "null for a null list; all of it for a null number", LIST, INTEGER),
        row("Take", lists.take, "null for a null list; nothing for a null number", LIST, INTEGER),
        row("Tail", lists.tail, NULL_IF_ANY, LIST),
    ],
)

_AGGREGATE = section(
    "Aggregate Functions",
    [
        row("Count", aggregates.count, "0 for null; nulls are left out", LIST),
        row("Sum", aggregates.sum_, _WITHOUT_NULLS, LIST),
        row("Avg", aggregates.avg, _WITHOUT_NULLS, LIST),
        row("Min", aggregates.min_, _WITHOUT_NULLS, LIST),
        row("Max", aggregates.max_, _WITHOUT_NULLS, LIST),
        row("Median", aggregates.median, _WITHOUT_NULLS, LIST),
        row("AllTrue", aggregates.all_true, "true for null; nulls are left out", LIST),
        row("AnyTrue", aggregates.any_true, "false for null; nulls are left out", LIST),
    ],
)

_TYPE = section(
    "Type Operators",
    [
        *(row(f"To{name}", make, _NULL_OR_UNREADABLE, ANY) for name, make in conversion.CONVERSIONS.items()),
        *(
            row(f"ConvertsTo{name}", conversion.converts(make), NULL_IF_ANY, ANY)
            for name, make in conversion.CONVERSIONS.items()
        ),
        row("ConvertQuantity", quantities.converted, _UNITS_APART, QUANTITY, STRING),
        row("CanConvertQuantity", quantities.can_convert, NULL_IF_ANY, QUANTITY, STRING),
    ],
)

_CLINICAL = section(
    "Clinical Operators",
    [
        row("InValueSet", membership.in_vocabulary, "false for null", ANY, VALUE_SET),
        row("InCodeSystem", membership.in_vocabulary, "false for null", ANY, CODE_SYSTEM),
        *(
            row(f"CalculateAgeIn{name}At", clinical.calculate_age_at(period), NULL_IF_ANY, DATE, DATE)
            for name, period in clinical.PERIODS.items()
        ),
    ],
) | section(
    "Clinical Operators",
    [
        each
        for name, period in clinical.PERIODS.items()
        for each in (
            row(f"AgeIn{name}", clinical.age_now(period), _WITHOUT_BIRTH_DATE),
            row(f"AgeIn{name}At", clinical.age_at(period), _WITHOUT_BIRTH_DATE, DATE),
            row(f"CalculateAgeIn{name}", clinical.calculate_age(period), NULL_IF_ANY, DATE),
        )
    ],
    contextual=True,
)

_MESSAGE = section(
    "Errors and Messaging",
    [row("Message", messages.message, "null for a null source", ANY, BOOLEAN, STRING, STRING, STRING)],
)

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
