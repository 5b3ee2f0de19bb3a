"""The operators of CQL by their ELM names: one row each, by the sections of the specification.

Source: CQL 1.5.3, Appendix B (CQL Reference); names as in ELM (Logical Specification).
"""

from __future__ import annotations

from collections.abc import Mapping

from cql_like_rules.cql.operators import (
    arithmetic,
    comparison,
    date_time,
    durations,
    equivalence,
    interval_sets,
    intervals,
    lists,
    membership,
    nullological,
    strings,
    succession,
)
from cql_like_rules.cql.operators.table import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    INTEGER,
    INTERVAL,
    LIST,
    LIST_OR_STRING,
    NEVER_NULL,
    NULL_IF_ANY,
    NULL_OR_UNKNOWN,
    QUANTITY,
    STRING,
    TEMPORAL,
    Operator,
    row,
    section,
)
from cql_like_rules.cql.values import logic

_ONLY_NULL = "null is equivalent to null alone"
_OF_INTERVAL = "null for null; an end that is not known is uncertain"
_IN = "false in null; a null element is null in an interval, false in a value set, looked for in a list"

_LOGICAL = section(
    "Logical Operators",
    [
        row("And", logic.and_, "false if either is false, else null if either is null", BOOLEAN, BOOLEAN),
        row("Or", logic.or_, "true if either is true, else null if either is null", BOOLEAN, BOOLEAN),
        row("Xor", logic.xor, NULL_IF_ANY, BOOLEAN, BOOLEAN),
        row(
            "Implies",
            logic.implies,
            "true if the left is false or the right true, else null if either is null",
            BOOLEAN,
            BOOLEAN,
        ),
        row("Not", logic.not_, NULL_IF_ANY, BOOLEAN),
    ],
)

_NULLOLOGICAL = section(
    "Nullological Operators",
    [
        row("IsNull", nullological.is_null, NEVER_NULL, ANY),
        row("IsTrue", logic.is_true, "false for null", BOOLEAN),
        row("IsFalse", logic.is_false, "false for null", BOOLEAN),
    ],
)

_COMPARISON = section(
    "Comparison Operators",
    [
        row("Equal", comparison.equal, NULL_OR_UNKNOWN, ANY, ANY),
        row("NotEqual", comparison.not_equal, NULL_OR_UNKNOWN, ANY, ANY),
        row("Equivalent", equivalence.equivalent, _ONLY_NULL, ANY, ANY),
        row("NotEquivalent", equivalence.not_equivalent, _ONLY_NULL, ANY, ANY),
        row("Less", comparison.less, NULL_OR_UNKNOWN, ANY, ANY),
        row("Greater", comparison.greater, NULL_OR_UNKNOWN, ANY, ANY),
        row("LessOrEqual", comparison.less_or_equal, NULL_OR_UNKNOWN, ANY, ANY),
        row("GreaterOrEqual", comparison.greater_or_equal, NULL_OR_UNKNOWN, ANY, ANY),
        row("Between", intervals.between, "as the two comparisons joined by and", ANY, ANY, ANY),
    ],
)

_ARITHMETIC = section(
    "Arithmetic Operators",
    [
        row("Add", arithmetic.add, NULL_IF_ANY, ANY, ANY),
        row("Subtract", arithmetic.subtract, NULL_IF_ANY, ANY, ANY),
        row("Multiply", arithmetic.multiply, NULL_IF_ANY, ANY, ANY),
        row("Divide", arithmetic.divide, "null if an operand is null, and by zero", ANY, ANY),
        row("TruncatedDivide", arithmetic.truncated_divide, "null if an operand is null, and by zero", ANY, ANY),
        row("Modulo", arithmetic.modulo, "null if an operand is null, and by zero", ANY, ANY),
        row("Power", arithmetic.power, NULL_IF_ANY, ANY, ANY),
        row("Negate", arithmetic.negate, NULL_IF_ANY, ANY),
        row("Successor", succession.successor, NULL_IF_ANY, ANY),
        row("Predecessor", succession.predecessor, NULL_IF_ANY, ANY),
    ],
)

_STRING = section(
    "String Operators", [row("Concatenate", strings.ampersand, "null counts as the empty string", STRING, STRING)]
)

_DATE_TIME = section(
    "Date and Time Operators",
    [
        row("DateFrom", date_time.date_from, NULL_IF_ANY, DATE),
        row("TimeFrom", date_time.time_from, NULL_OR_UNKNOWN, DATE_TIME),
        row("TimezoneOffsetFrom", date_time.timezone_offset_from, NULL_IF_ANY, DATE_TIME),
    ],
) | section(
    "Date and Time Operators",
    [
        row("DateTimeComponentFrom", date_time.component_from, NULL_OR_UNKNOWN, TEMPORAL),
        row("DurationBetween", durations.duration_between, NULL_IF_ANY, ANY, ANY),
        row("DifferenceBetween", durations.difference_between, NULL_IF_ANY, ANY, ANY),
    ],
    precision=True,
)

_INTERVAL = section(
    "Interval Operators",
    [
        row("Start", succession.start, _OF_INTERVAL, INTERVAL),
        row("End", succession.end, _OF_INTERVAL, INTERVAL),
        row("Width", intervals.width, NULL_OR_UNKNOWN, INTERVAL),
        row("PointFrom", intervals.point_from, NULL_IF_ANY, INTERVAL),
        row("Collapse", interval_sets.collapse, "null for a null list; nulls in it are left out", LIST, QUANTITY),
    ],
) | section(
    "Interval Operators",
    [
        row("Before", intervals.before, NULL_OR_UNKNOWN, ANY, ANY),
        row("After", intervals.after, NULL_OR_UNKNOWN, ANY, ANY),
        row("SameAs", intervals.same_as, NULL_OR_UNKNOWN, ANY, ANY),
        row("SameOrBefore", intervals.same_or_before, NULL_OR_UNKNOWN, ANY, ANY),
        row("SameOrAfter", intervals.same_or_after, NULL_OR_UNKNOWN, ANY, ANY),
        row("Overlaps", intervals.overlaps, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("OverlapsBefore", intervals.overlaps_before, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("OverlapsAfter", intervals.overlaps_after, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("Meets", intervals.meets, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("MeetsBefore", intervals.meets_before, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("MeetsAfter", intervals.meets_after, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("Starts", intervals.starts, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
        row("Ends", intervals.ends, NULL_OR_UNKNOWN, INTERVAL, INTERVAL),
    ],
    precision=True,
)

_INTERVAL_AND_LIST = section(
    "Interval Operators; List Operators; Clinical Operators",
    [
        row("In", membership.in_, _IN, ANY, ANY),
        row("Contains", membership.contains, _IN, ANY, ANY),
        row("ProperIn", membership.proper_in, _IN, ANY, ANY),
        row("ProperContains", membership.proper_contains, _IN, ANY, ANY),
        row("Includes", membership.includes, NULL_OR_UNKNOWN, ANY, ANY),
        row("IncludedIn", membership.included_in, NULL_OR_UNKNOWN, ANY, ANY),
        row(
            "ProperIncludes",
            membership.proper_includes,
            "null for a null list or interval; a null element is looked for",
            ANY,
            ANY,
        ),
        row(
            "ProperIncludedIn",
            membership.proper_included_in,
            "null for a null list or interval; a null element is looked for",
            ANY,
            ANY,
        ),
    ],
    precision=True,
) | section(
    "Interval Operators; List Operators",
    [
        row("Union", membership.union, "a null list counts as empty; null if an interval is null", ANY, ANY),
        row("Intersect", membership.intersect, NULL_IF_ANY, ANY, ANY),
        row(
            "Except",
            membership.except_,
            "null for a null left operand; a null list on the right counts as empty",
            ANY,
            ANY,
        ),
    ],
)

_LIST = section(
    "List Operators",
    [
        row("Exists", lists.exists, "false for null and for nulls alone", LIST),
        row("Distinct", lists.distinct, "null for null; nulls in the list are one element", LIST),
        row("Flatten", lists.flatten, "null for null; null lists are left out", LIST),
        row("SingletonFrom", lists.singleton_from, NULL_IF_ANY, LIST),
        row("Indexer", lists.indexer, "null if an operand is null, and outside the list", LIST_OR_STRING, INTEGER),
    ],
)

OPERATORS: Mapping[str, Operator] = {
    **_LOGICAL,
    **_NULLOLOGICAL,
    **_COMPARISON,
    **_ARITHMETIC,
    **_STRING,
    **_DATE_TIME,
    **_INTERVAL,
    **_INTERVAL_AND_LIST,
    **_LIST,
}
"""The operators by their ELM name."""
