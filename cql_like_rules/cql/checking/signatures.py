"""What operators and system functions give, by the static types of their operands; `ANY` where that is not known.

Source: CQL 1.5.3, Appendix B (Reference).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cql_like_rules.cql.checking.algebra import common, element_of, point_of
from cql_like_rules.cql.types import (
    ANY,
    BOOLEAN,
    CODE,
    CONCEPT,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    QUANTITY,
    RATIO,
    STRING,
    TIME,
    ListOf,
    Type,
)

Result = Callable[[Sequence[Type]], Type]

LOGICAL = frozenset({"And", "Or", "Xor", "Implies", "Not", "IsTrue", "IsFalse"})
EQUALITY = frozenset({"Equal", "NotEqual", "Equivalent", "NotEquivalent"})
ORDERING = frozenset({"Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Between"})
MEMBERSHIP = {"In": (0, 1), "ProperIn": (0, 1), "Contains": (1, 0), "ProperContains": (1, 0)}
"""Membership operators: where the element stands among the operands, and where what holds it."""
INCLUSION = {"IncludedIn": 1, "ProperIncludedIn": 1, "Includes": 0, "ProperIncludes": 0}
"""Where the including list or interval stands among the operands; the other one may also be an element of it."""

OF_INTERVAL = frozenset({"Start", "End", "Width", "PointFrom"})
OF_LIST = frozenset({"Exists", "Distinct", "Flatten", "SingletonFrom"})

TAKES_ELEMENTS = frozenset(
    {
        "Equal",
        "NotEqual",
        "IsNull",
        "Union",
        "Intersect",
        "Except",
        "Indexer",
        "Includes",
        "IncludedIn",
        "In",
        "Contains",
    }
    | {"ProperIn", "ProperContains", "ProperIncludes", "ProperIncludedIn"}
    | OF_LIST
)
"""Operators that do not look into their operands, so that these may be FHIR elements."""

FUNCTIONS_TAKING_ELEMENTS = frozenset(
    {"First", "Last", "Count", "Coalesce", "Length", "Skip", "Take", "Tail", "IndexOf", "Exists", "IsNull"}
    | {"Distinct", "Flatten", "SingletonFrom", "Indexer", "Not", "Message"}
)

_BOOLEANS = (
    LOGICAL
    | EQUALITY
    | ORDERING
    | MEMBERSHIP.keys()
    | {"IsNull", "Exists", "Includes", "IncludedIn", "ProperIncludes", "ProperIncludedIn"}
    | {"Before", "After", "SameAs", "SameOrBefore", "SameOrAfter", "Starts", "Ends"}
    | {"Meets", "MeetsBefore", "MeetsAfter", "Overlaps", "OverlapsBefore", "OverlapsAfter"}
)


def _same(types: Sequence[Type]) -> Type:
    return types[0]


def _number(types: Sequence[Type]) -> Type:
    """Integers stay integers; a Decimal or a Quantity makes the result one."""
    return ANY if ANY in types else next((wide for wide in (QUANTITY, DECIMAL, INTEGER) if wide in types), ANY)


def _sum(types: Sequence[Type]) -> Type:
    """Also texts, and dates with a quantity."""
    return types[0] if types[0] in (STRING, DATE, DATETIME, TIME) else _number(types)


def _quotient(types: Sequence[Type]) -> Type:
    return DECIMAL if _number(types) == INTEGER else _number(types)


def _power(types: Sequence[Type]) -> Type:
    return _number(types) if _number(types) == DECIMAL else ANY


def _indexed(types: Sequence[Type]) -> Type:
    return STRING if types[0] == STRING else element_of(types[0])


def _flattened(types: Sequence[Type]) -> Type:
    inner = element_of(types[0])
    return inner if isinstance(inner, ListOf) else types[0]


def _always(type_: Type) -> Result:
    return lambda _: type_


OPERATOR_RESULTS: dict[str, Result] = {
    **dict.fromkeys(_BOOLEANS, _always(BOOLEAN)),
    **dict.fromkeys(("Add", "Subtract"), _sum),
    **dict.fromkeys(("Multiply", "TruncatedDivide", "Modulo"), _number),
    "Divide": _quotient,
    "Power": _power,
    "Negate": _same,
    "Concatenate": _always(STRING),
    **dict.fromkeys(OF_INTERVAL, lambda types: point_of(types[0])),
    "SingletonFrom": lambda types: element_of(types[0]),
    "Indexer": _indexed,
    "Flatten": _flattened,
    **dict.fromkeys(("Distinct", "Collapse", "Except", "Intersect", "Successor", "Predecessor"), _same),
    "Union": common,
    **dict.fromkeys(("DurationBetween", "DifferenceBetween", "DateTimeComponentFrom"), _always(INTEGER)),
    "DateFrom": _always(DATE),
    "TimeFrom": _always(TIME),
    "TimezoneOffsetFrom": _always(DECIMAL),
}

_INTEGER_FUNCTIONS = "Count Length PositionOf LastPositionOf IndexOf Ceiling Floor Truncate ToInteger"
_STRING_FUNCTIONS = "Lower Upper Substring Combine Concatenate ReplaceMatches ToString"
_BOOLEAN_FUNCTIONS = """
    StartsWith EndsWith Matches AllTrue AnyTrue ToBoolean Exists IsNull IsTrue IsFalse Not
    ConvertsToBoolean ConvertsToDate ConvertsToDateTime ConvertsToDecimal ConvertsToInteger ConvertsToQuantity
    ConvertsToRatio ConvertsToString ConvertsToTime CanConvertQuantity
"""

FUNCTION_RESULTS: dict[str, Result] = {
    **dict.fromkeys(_INTEGER_FUNCTIONS.split(), _always(INTEGER)),
    **dict.fromkeys(_STRING_FUNCTIONS.split(), _always(STRING)),
    **dict.fromkeys(_BOOLEAN_FUNCTIONS.split(), _always(BOOLEAN)),
    **dict.fromkeys(("First", "Last", "Max", "Min", "Sum", "Mode"), lambda types: element_of(types[0])),
    **dict.fromkeys(("Skip", "Take", "Tail", "Abs", "Message"), _same),
    "Coalesce": lambda types: element_of(types[0]) if len(types) == 1 else common(types),
    "Round": _always(DECIMAL),
    "Split": _always(ListOf(STRING)),
    "SplitOnMatches": _always(ListOf(STRING)),
    "ToDecimal": _always(DECIMAL),
    "ToQuantity": _always(QUANTITY),
    "ToRatio": _always(RATIO),
    "ToDate": _always(DATE),
    "ToDateTime": _always(DATETIME),
    "ToTime": _always(TIME),
    "ToCode": _always(CODE),
    "ToConcept": _always(CONCEPT),
    "Now": _always(DATETIME),
    "Today": _always(DATE),
    "TimeOfDay": _always(TIME),
    "Date": _always(DATE),
    "DateTime": _always(DATETIME),
    "Time": _always(TIME),
}
for _unit in ("Years", "Months", "Weeks", "Days", "Hours", "Minutes", "Seconds"):
    for _form in (f"AgeIn{_unit}", f"AgeIn{_unit}At", f"CalculateAgeIn{_unit}", f"CalculateAgeIn{_unit}At"):
        FUNCTION_RESULTS[_form] = _always(INTEGER)


def operator_result(operator: str, types: Sequence[Type]) -> Type:
    """The type that an operator gives for operands of these types."""
    return OPERATOR_RESULTS.get(operator, _always(ANY))(types)


def function_result(name: str, types: Sequence[Type]) -> Type:
    """The type that a system function, or an operator called by its name, gives for operands of these types."""
    result = FUNCTION_RESULTS.get(name) or OPERATOR_RESULTS.get(name)
    return result(types) if result else ANY
