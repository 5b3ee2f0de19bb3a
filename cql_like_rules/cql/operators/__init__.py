"""The operators of CQL: plain functions in one module a family, and the tables by which they are found.

`OPERATORS` has the operators by their ELM name, `FUNCTIONS` the system functions by the name an author writes,
`REFUSED` what the specification has and this subset has not, with the reason.

Source: CQL 1.5.3, Appendix B (CQL Reference).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cql_like_rules.cql.operators import (
    aggregates,
    arithmetic,
    clinical,
    comparison,
    conversion,
    date_time,
    intervals,
    lists,
    membership,
    nullological,
    quantities,
    strings,
)
from cql_like_rules.cql.operators.table import Operator
from cql_like_rules.cql.values import logic

__all__ = ["FUNCTIONS", "OPERATORS", "REFUSED", "Operator"]

_PROPAGATES = "null if an operand is null"
_KLEENE = "three-valued"
_FALSE = "false for null"
_NEVER = "never null"

_LOGICAL = "Logical Operators"
_NULLOLOGICAL = "Nullological Operators"
_COMPARISON = "Comparison Operators"
_ARITHMETIC = "Arithmetic Operators"
_STRING = "String Operators"
_DATE_TIME = "Date and Time Operators"
_INTERVAL = "Interval Operators"
_LIST = "List Operators"
_AGGREGATE = "Aggregate Functions"
_TYPE = "Type Operators"
_CLINICAL = "Clinical Operators"

_Row = tuple[str, int | tuple[int, ...], Callable[..., Any], str, str]


def _table(rows: list[_Row], **options: bool) -> dict[str, Operator]:
    return {
        name: Operator(
            name, frozenset({arity} if isinstance(arity, int) else arity), function, section, nulls, **options
        )
        for name, arity, function, section, nulls in rows
    }


_PLAIN: list[_Row] = [
    ("And", 2, logic.and_, _LOGICAL, _KLEENE),
    ("Or", 2, logic.or_, _LOGICAL, _KLEENE),
    ("Xor", 2, logic.xor, _LOGICAL, _KLEENE),
    ("Implies", 2, logic.implies, _LOGICAL, _KLEENE),
    ("Not", 1, logic.not_, _LOGICAL, _KLEENE),
    ("IsNull", 1, nullological.is_null, _NULLOLOGICAL, _NEVER),
    ("IsTrue", 1, nullological.is_true, _NULLOLOGICAL, _FALSE),
    ("IsFalse", 1, nullological.is_false, _NULLOLOGICAL, _FALSE),
    ("Equal", 2, comparison.equal, _COMPARISON, _PROPAGATES),
    ("NotEqual", 2, comparison.not_equal, _COMPARISON, _PROPAGATES),
    ("Equivalent", 2, comparison.equivalent, _COMPARISON, "null is equivalent to null alone"),
    ("NotEquivalent", 2, comparison.not_equivalent, _COMPARISON, "null is equivalent to null alone"),
    ("Less", 2, comparison.less, _COMPARISON, _PROPAGATES),
    ("Greater", 2, comparison.greater, _COMPARISON, _PROPAGATES),
    ("LessOrEqual", 2, comparison.less_or_equal, _COMPARISON, _PROPAGATES),
    ("GreaterOrEqual", 2, comparison.greater_or_equal, _COMPARISON, _PROPAGATES),
    ("Between", 3, comparison.between, _COMPARISON, "three-valued and of both ends"),
    ("Add", 2, arithmetic.add, _ARITHMETIC, _PROPAGATES),
    ("Subtract", 2, arithmetic.subtract, _ARITHMETIC, _PROPAGATES),
    ("Multiply", 2, arithmetic.multiply, _ARITHMETIC, _PROPAGATES),
    ("Divide", 2, arithmetic.divide, _ARITHMETIC, _PROPAGATES),
    ("TruncatedDivide", 2, arithmetic.truncated_divide, _ARITHMETIC, _PROPAGATES),
    ("Modulo", 2, arithmetic.modulo, _ARITHMETIC, _PROPAGATES),
    ("Power", 2, arithmetic.power, _ARITHMETIC, _PROPAGATES),
    ("Negate", 1, arithmetic.negate, _ARITHMETIC, _PROPAGATES),
    ("Successor", 1, arithmetic.successor, _ARITHMETIC, _PROPAGATES),
    ("Predecessor", 1, arithmetic.predecessor, _ARITHMETIC, _PROPAGATES),
    ("Concatenate", 2, strings.concatenate, _STRING, "null counts as the empty string"),
    ("Indexer", 2, lists.indexer, _LIST, _PROPAGATES),
    ("DateFrom", 1, date_time.date_from, _DATE_TIME, _PROPAGATES),
    ("TimeFrom", 1, date_time.time_from, _DATE_TIME, _PROPAGATES),
    ("TimezoneOffsetFrom", 1, date_time.timezone_offset_from, _DATE_TIME, _PROPAGATES),
    ("Start", 1, intervals.start, _INTERVAL, _PROPAGATES),
    ("End", 1, intervals.end, _INTERVAL, _PROPAGATES),
    ("Width", 1, intervals.width, _INTERVAL, _PROPAGATES),
    ("PointFrom", 1, intervals.point_from, _INTERVAL, _PROPAGATES),
    ("Collapse", 2, intervals.collapse, _INTERVAL, "null for a null list; nulls in it are left out"),
    ("Union", 2, membership.union, _LIST, "a null list counts as empty; null for a null interval"),
    ("Intersect", 2, membership.intersect, _LIST, _PROPAGATES),
    ("Except", 2, membership.except_, _LIST, "null for a null left operand"),
    ("Exists", 1, lists.exists, _LIST, "false for null and for a list of nulls"),
    ("Distinct", 1, lists.distinct, _LIST, "null for null; nulls count as one element"),
    ("Flatten", 1, lists.flatten, _LIST, "null for null; nulls in the list are left out"),
    ("SingletonFrom", 1, lists.singleton_from, _LIST, _PROPAGATES),
]

_WITH_PRECISION: list[_Row] = [
    ("In", 2, membership.in_, _INTERVAL, "false in null; null for a null point of an interval"),
    ("Contains", 2, membership.contains, _INTERVAL, "false in null; null for a null point of an interval"),
    ("ProperIn", 2, membership.proper_in, _INTERVAL, "false in null"),
    ("ProperContains", 2, membership.proper_contains, _INTERVAL, "false in null"),
    ("Includes", 2, membership.includes, _INTERVAL, _PROPAGATES),
    ("IncludedIn", 2, membership.included_in, _INTERVAL, _PROPAGATES),
    ("ProperIncludes", 2, membership.proper_includes, _INTERVAL, _PROPAGATES),
    ("ProperIncludedIn", 2, membership.proper_included_in, _INTERVAL, _PROPAGATES),
    ("Before", 2, intervals.before, _INTERVAL, _PROPAGATES),
    ("After", 2, intervals.after, _INTERVAL, _PROPAGATES),
    ("SameAs", 2, intervals.same_as, _INTERVAL, _PROPAGATES),
    ("SameOrBefore", 2, intervals.same_or_before, _INTERVAL, _PROPAGATES),
    ("SameOrAfter", 2, intervals.same_or_after, _INTERVAL, _PROPAGATES),
    ("Overlaps", 2, intervals.overlaps, _INTERVAL, _PROPAGATES),
    ("OverlapsBefore", 2, intervals.overlaps_before, _INTERVAL, _PROPAGATES),
    ("OverlapsAfter", 2, intervals.overlaps_after, _INTERVAL, _PROPAGATES),
    ("Meets", 2, intervals.meets, _INTERVAL, _PROPAGATES),
    ("MeetsBefore", 2, intervals.meets_before, _INTERVAL, _PROPAGATES),
    ("MeetsAfter", 2, intervals.meets_after, _INTERVAL, _PROPAGATES),
    ("Starts", 2, intervals.starts, _INTERVAL, _PROPAGATES),
    ("Ends", 2, intervals.ends, _INTERVAL, _PROPAGATES),
    ("DurationBetween", 2, date_time.duration_between, _DATE_TIME, _PROPAGATES),
    ("DifferenceBetween", 2, date_time.difference_between, _DATE_TIME, _PROPAGATES),
    ("DateTimeComponentFrom", 1, date_time.component_from, _DATE_TIME, _PROPAGATES),
]

OPERATORS: Mapping[str, Operator] = {**_table(_PLAIN), **_table(_WITH_PRECISION, precision=True)}
"""The operators by their ELM name."""

_FUNCTION_ROWS: list[_Row] = [
    ("Abs", 1, arithmetic.absolute, _ARITHMETIC, _PROPAGATES),
    ("Ceiling", 1, arithmetic.ceiling, _ARITHMETIC, _PROPAGATES),
    ("Floor", 1, arithmetic.floor, _ARITHMETIC, _PROPAGATES),
    ("Truncate", 1, arithmetic.truncate, _ARITHMETIC, _PROPAGATES),
    ("Round", (1, 2), arithmetic.round_, _ARITHMETIC, _PROPAGATES),
    ("Power", 2, arithmetic.power, _ARITHMETIC, _PROPAGATES),
    ("Coalesce", tuple(range(1, 17)), nullological.coalesce, _NULLOLOGICAL, "null when every operand is"),
    ("First", 1, lists.first, _LIST, _PROPAGATES),
    ("Last", 1, lists.last, _LIST, _PROPAGATES),
    ("IndexOf", 2, lists.index_of, _LIST, _PROPAGATES),
    ("Length", 1, lists.length, _LIST, _PROPAGATES),
    ("Skip", 2, lists.skip, _LIST, _PROPAGATES),
    ("Take", 2, lists.take, _LIST, "null for a null list; none for a null number"),
    ("Tail", 1, lists.tail, _LIST, _PROPAGATES),
    ("Count", 1, aggregates.count, _AGGREGATE, "0 for null; nulls are left out"),
    ("Sum", 1, aggregates.sum_, _AGGREGATE, "null without an element that is not null"),
    ("Avg", 1, aggregates.avg, _AGGREGATE, "null without an element that is not null"),
    ("Min", 1, aggregates.min_, _AGGREGATE, "null without an element that is not null"),
    ("Max", 1, aggregates.max_, _AGGREGATE, "null without an element that is not null"),
    ("Median", 1, aggregates.median, _AGGREGATE, "null without an element that is not null"),
    ("AllTrue", 1, aggregates.all_true, _AGGREGATE, "true for null; nulls are left out"),
    ("AnyTrue", 1, aggregates.any_true, _AGGREGATE, "false for null; nulls are left out"),
    ("Combine", (1, 2), strings.combine, _STRING, "nulls are left out; null for a null list or separator"),
    ("Split", 2, strings.split, _STRING, "null for a null text"),
    ("Lower", 1, strings.lower, _STRING, _PROPAGATES),
    ("Upper", 1, strings.upper, _STRING, _PROPAGATES),
    ("StartsWith", 2, strings.starts_with, _STRING, _PROPAGATES),
    ("EndsWith", 2, strings.ends_with, _STRING, _PROPAGATES),
    ("Substring", (2, 3), strings.substring, _STRING, _PROPAGATES),
    ("PositionOf", 2, strings.position_of, _STRING, _PROPAGATES),
    ("LastPositionOf", 2, strings.last_position_of, _STRING, _PROPAGATES),
    ("Matches", 2, strings.matches, _STRING, _PROPAGATES),
    ("ReplaceMatches", 3, strings.replace_matches, _STRING, _PROPAGATES),
    ("DateTime", tuple(range(1, 9)), conversion.datetime_of, _DATE_TIME, "null components make it less precise"),
    ("Date", (1, 2, 3), conversion.date_of, _DATE_TIME, "null components make it less precise"),
    ("Time", (1, 2, 3, 4), conversion.time_of, _DATE_TIME, "null components make it less precise"),
    *((f"To{name}", 1, made, _TYPE, _PROPAGATES) for name, made in conversion.CONVERSIONS.items()),
    *(
        (f"ConvertsTo{name}", 1, conversion.converts(made), _TYPE, _PROPAGATES)
        for name, made in conversion.CONVERSIONS.items()
        if name != "Concept"
    ),
    ("ConvertQuantity", 2, quantities.converted, _TYPE, _PROPAGATES),
    *(
        (f"CalculateAgeIn{unit}At", 2, clinical.calculate_age_at(precision), _CLINICAL, _PROPAGATES)
        for unit, precision in (
            ("Years", "year"), ("Months", "month"), ("Weeks", "week"), ("Days", "day"), ("Hours", "hour"),
            ("Minutes", "minute"), ("Seconds", "second"),
        )
    ),
]  # fmt: skip

_CONTEXTUAL: list[_Row] = [
    ("Now", 0, clinical.now, _DATE_TIME, _NEVER),
    ("Today", 0, clinical.today, _DATE_TIME, _NEVER),
    ("TimeOfDay", 0, clinical.time_of_day, _DATE_TIME, _NEVER),
]
for _unit, _precision in (("Years", "year"), ("Months", "month"), ("Weeks", "week"), ("Days", "day")):
    _CONTEXTUAL += [
        (f"AgeIn{_unit}At", 1, clinical.age_at(_precision), _CLINICAL, "null without a birth date"),
        (f"AgeIn{_unit}", 0, clinical.age(_precision), _CLINICAL, "null without a birth date"),
        (f"CalculateAgeIn{_unit}", 1, clinical.calculate_age(_precision), _CLINICAL, _PROPAGATES),
    ]

FUNCTIONS: Mapping[str, Operator] = {**_table(_FUNCTION_ROWS), **_table(_CONTEXTUAL, contextual=True)}
"""The system functions by the name an author writes."""

REFUSED: Mapping[str, str] = {
    "Expand": "expanding an interval into points",
    "expand": "expanding an interval into points",
    "Exp": "exponential and logarithm",
    "Ln": "exponential and logarithm",
    "Log": "exponential and logarithm",
    "HighBoundary": "precision and boundaries of values",
    "LowBoundary": "precision and boundaries of values",
    "Precision": "precision and boundaries of values",
    "Mode": "statistics beyond the median",
    "StdDev": "statistics beyond the median",
    "PopulationStdDev": "statistics beyond the median",
    "Variance": "statistics beyond the median",
    "PopulationVariance": "statistics beyond the median",
    "Product": "statistics beyond the median",
    "GeometricMean": "statistics beyond the median",
    "Slice": "parts of a list other than First, Last, Skip, Take, Tail",
    "Children": "walking a value's parts",
    "Descendents": "walking a value's parts",
    "Message": "messages at run time",
    "ToLong": "64-bit integers",
    "ConvertsToLong": "64-bit integers",
    "Size": "the size of an interval",
    "CanConvertQuantity": "asking whether a quantity can be converted: convert it and compare with null",
    "Subsumes": "code system hierarchies",
    "SubsumedBy": "code system hierarchies",
    "ExpandValueSet": "expanding a value set",
    "Repeat": "repeated evaluation",
    "ToChars": "single characters",
}
"""What the specification has and this subset has not, with what it is about."""
