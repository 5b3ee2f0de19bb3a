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
from cql_like_rules.cql.operators.table import NEVER_NULL, NULL_IF_ANY, NULL_OR_UNKNOWN, Operator, rows
from cql_like_rules.cql.values import logic

_ONLY_NULL = "null is equivalent to null alone"
_OF_INTERVAL = "null for null; an end that is not known is uncertain"
_IN = "false in null; a null element is null in an interval, false in a value set, looked for in a list"

_LOGICAL = rows(
    "Logical Operators",
    [
        ("And", 2, logic.and_, "false if either is false, else null if either is null"),
        ("Or", 2, logic.or_, "true if either is true, else null if either is null"),
        ("Xor", 2, logic.xor, NULL_IF_ANY),
        ("Implies", 2, logic.implies, "true if the left is false or the right true, else null if either is null"),
        ("Not", 1, logic.not_, NULL_IF_ANY),
    ],
)

_NULLOLOGICAL = rows(
    "Nullological Operators",
    [
        ("IsNull", 1, nullological.is_null, NEVER_NULL),
        ("IsTrue", 1, logic.is_true, "false for null"),
        ("IsFalse", 1, logic.is_false, "false for null"),
    ],
)

_COMPARISON = rows(
    "Comparison Operators",
    [
        ("Equal", 2, comparison.equal, NULL_OR_UNKNOWN),
        ("NotEqual", 2, comparison.not_equal, NULL_OR_UNKNOWN),
        ("Equivalent", 2, equivalence.equivalent, _ONLY_NULL),
        ("NotEquivalent", 2, equivalence.not_equivalent, _ONLY_NULL),
        ("Less", 2, comparison.less, NULL_OR_UNKNOWN),
        ("Greater", 2, comparison.greater, NULL_OR_UNKNOWN),
        ("LessOrEqual", 2, comparison.less_or_equal, NULL_OR_UNKNOWN),
        ("GreaterOrEqual", 2, comparison.greater_or_equal, NULL_OR_UNKNOWN),
        ("Between", 3, intervals.between, "as the two comparisons joined by and"),
    ],
)

_ARITHMETIC = rows(
    "Arithmetic Operators",
    [
        ("Add", 2, arithmetic.add, NULL_IF_ANY),
        ("Subtract", 2, arithmetic.subtract, NULL_IF_ANY),
        ("Multiply", 2, arithmetic.multiply, NULL_IF_ANY),
        ("Divide", 2, arithmetic.divide, "null if an operand is null, and by zero"),
        ("TruncatedDivide", 2, arithmetic.truncated_divide, "null if an operand is null, and by zero"),
        ("Modulo", 2, arithmetic.modulo, "null if an operand is null, and by zero"),
        ("Power", 2, arithmetic.power, NULL_IF_ANY),
        ("Negate", 1, arithmetic.negate, NULL_IF_ANY),
        ("Successor", 1, succession.successor, NULL_IF_ANY),
        ("Predecessor", 1, succession.predecessor, NULL_IF_ANY),
    ],
)

_STRING = rows("String Operators", [("Concatenate", 2, strings.ampersand, "null counts as the empty string")])

_DATE_TIME = rows(
    "Date and Time Operators",
    [
        ("DateFrom", 1, date_time.date_from, NULL_IF_ANY),
        ("TimeFrom", 1, date_time.time_from, NULL_OR_UNKNOWN),
        ("TimezoneOffsetFrom", 1, date_time.timezone_offset_from, NULL_IF_ANY),
    ],
) | rows(
    "Date and Time Operators",
    [
        ("DateTimeComponentFrom", 1, date_time.component_from, NULL_OR_UNKNOWN),
        ("DurationBetween", 2, durations.duration_between, NULL_IF_ANY),
        ("DifferenceBetween", 2, durations.difference_between, NULL_IF_ANY),
    ],
    precision=True,
)

_INTERVAL = rows(
    "Interval Operators",
    [
        ("Start", 1, succession.start, _OF_INTERVAL),
        ("End", 1, succession.end, _OF_INTERVAL),
        ("Width", 1, intervals.width, NULL_OR_UNKNOWN),
        ("PointFrom", 1, intervals.point_from, NULL_IF_ANY),
        ("Collapse", 2, interval_sets.collapse, "null for a null list; nulls in it are left out"),
    ],
) | rows(
    "Interval Operators",
    [
        ("Before", 2, intervals.before, NULL_OR_UNKNOWN),
        ("After", 2, intervals.after, NULL_OR_UNKNOWN),
        ("SameAs", 2, intervals.same_as, NULL_OR_UNKNOWN),
        ("SameOrBefore", 2, intervals.same_or_before, NULL_OR_UNKNOWN),
        ("SameOrAfter", 2, intervals.same_or_after, NULL_OR_UNKNOWN),
        ("Overlaps", 2, intervals.overlaps, NULL_OR_UNKNOWN),
        ("OverlapsBefore", 2, intervals.overlaps_before, NULL_OR_UNKNOWN),
        ("OverlapsAfter", 2, intervals.overlaps_after, NULL_OR_UNKNOWN),
        ("Meets", 2, intervals.meets, NULL_OR_UNKNOWN),
        ("MeetsBefore", 2, intervals.meets_before, NULL_OR_UNKNOWN),
        ("MeetsAfter", 2, intervals.meets_after, NULL_OR_UNKNOWN),
        ("Starts", 2, intervals.starts, NULL_OR_UNKNOWN),
        ("Ends", 2, intervals.ends, NULL_OR_UNKNOWN),
    ],
    precision=True,
)

_INTERVAL_AND_LIST = rows(
    "Interval Operators; List Operators; Clinical Operators",
    [
        ("In", 2, membership.in_, _IN),
        ("Contains", 2, membership.contains, _IN),
        ("ProperIn", 2, membership.proper_in, _IN),
        ("ProperContains", 2, membership.proper_contains, _IN),
        ("Includes", 2, membership.includes, NULL_OR_UNKNOWN),
        ("IncludedIn", 2, membership.included_in, NULL_OR_UNKNOWN),
        (
            "ProperIncludes",
            2,
            membership.proper_includes,
            "null for a null list or interval; a null element is looked for",
        ),
        (
            "ProperIncludedIn",
            2,
            membership.proper_included_in,
            "null for a null list or interval; a null element is looked for",
        ),
    ],
    precision=True,
) | rows(
    "Interval Operators; List Operators",
    [
        ("Union", 2, membership.union, "a null list counts as empty; null if an interval is null"),
        ("Intersect", 2, membership.intersect, NULL_IF_ANY),
        ("Except", 2, membership.except_, "null for a null left operand; a null list on the right counts as empty"),
    ],
)

_LIST = rows(
    "List Operators",
    [
        ("Exists", 1, lists.exists, "false for null and for nulls alone"),
        ("Distinct", 1, lists.distinct, "null for null; nulls in the list are one element"),
        ("Flatten", 1, lists.flatten, "null for null; null lists are left out"),
        ("SingletonFrom", 1, lists.singleton_from, NULL_IF_ANY),
        ("Indexer", 2, lists.indexer, "null if an operand is null, and outside the list"),
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
