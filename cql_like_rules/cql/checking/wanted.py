"""Which kinds of values operators and system functions work on.

Source: CQL 1.5.3, Appendix B (Reference): the signatures, with the implicit conversions taken into account.
"""

from __future__ import annotations

from dataclasses import dataclass

from cql_like_rules.cql.types import (
    ANY,
    BOOLEAN,
    DATETIME,
    DECIMAL,
    INTEGER,
    QUANTITY,
    STRING,
    ChoiceOf,
    ListOf,
    Named,
    Type,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Kinds of values, and the phrase that a message uses for them."""

    phrase: str
    kinds: frozenset[str]

    def suits(self, type_: Type) -> bool:
        """True when a value of the type may be of one of the kinds."""
        options = type_.options if isinstance(type_, ChoiceOf) else (type_,)
        return any(option == ANY or _kind(option) in self.kinds for option in options)


def _kind(type_: Type) -> str:
    """`Interval`, `List`, `Tuple`, or the name of a System type; empty for a FHIR type."""
    if isinstance(type_, Named):
        return type_.name if type_.model == "System" else ""
    return type(type_).__name__.removesuffix("Of")


def _wanted(phrase: str, kinds: str) -> Wanted:
    return Wanted(phrase, frozenset(kinds.split()))


_NUMBERS = "Integer Decimal Quantity"
_DATES = "Date DateTime Time"
_BOOLEAN = _wanted("a Boolean", "Boolean")
_NUMBER = _wanted("a number or a quantity", _NUMBERS)
_SUMMAND = _wanted("numbers, quantities, texts or dates", f"{_NUMBERS} {_DATES} String")
_ORDERED = _wanted("values that have an order", f"{_NUMBERS} {_DATES} String")
_POINT = _wanted("a point or an interval", f"{_NUMBERS} {_DATES} Interval")
_TIME = _wanted("a date or time", _DATES)
_INTERVAL = _wanted("an interval", "Interval")
_LIST = _wanted("a list", "List")

OPERANDS: dict[str, Wanted] = {
    **dict.fromkeys(("And", "Or", "Xor", "Implies", "Not", "IsTrue", "IsFalse"), _BOOLEAN),
    **dict.fromkeys(("Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Between"), _ORDERED),
    **dict.fromkeys(("Add", "Subtract"), _SUMMAND),
    **dict.fromkeys(("Multiply", "Divide", "TruncatedDivide", "Modulo", "Power", "Negate"), _NUMBER),
    "Concatenate": _wanted("a text", "String"),
    **dict.fromkeys(("Before", "After", "SameAs", "SameOrBefore", "SameOrAfter"), _POINT),
    **dict.fromkeys(("Meets", "MeetsBefore", "MeetsAfter", "Starts", "Ends"), _INTERVAL),
    **dict.fromkeys(("Overlaps", "OverlapsBefore", "OverlapsAfter"), _INTERVAL),
    **dict.fromkeys(("Start", "End", "Width", "PointFrom"), _INTERVAL),
    **dict.fromkeys(("Exists", "Distinct", "Flatten", "SingletonFrom"), _LIST),
    **dict.fromkeys(("Union", "Intersect", "Except"), _wanted("lists or intervals", "List Interval")),
    **dict.fromkeys(("DurationBetween", "DifferenceBetween", "DateTimeComponentFrom"), _TIME),
    **dict.fromkeys(("DateFrom", "TimeFrom", "TimezoneOffsetFrom"), _TIME),
}
"""What every operand of an operator must be; operators that are not here take anything, or are looked at one by one."""

_ANY_LIST = ListOf(ANY)
_BOOLEANS = ListOf(BOOLEAN)
_QUANTITIES = ListOf(QUANTITY)

FUNCTION_OPERANDS: dict[str, tuple[Type, ...]] = {
    **dict.fromkeys(("Lower", "Upper"), (STRING,)),
    **dict.fromkeys(("StartsWith", "EndsWith", "Matches", "PositionOf", "LastPositionOf", "Split"), (STRING, STRING)),
    "ReplaceMatches": (STRING, STRING, STRING),
    "Substring": (STRING, INTEGER, INTEGER),
    "Combine": (ListOf(STRING), STRING),
    "Length": (ChoiceOf((STRING, _ANY_LIST)),),
    **dict.fromkeys(("First", "Last", "Count", "Tail", "Min", "Max"), (_ANY_LIST,)),
    **dict.fromkeys(("Skip", "Take"), (_ANY_LIST, INTEGER)),
    "IndexOf": (_ANY_LIST, ANY),
    **dict.fromkeys(("AllTrue", "AnyTrue"), (_BOOLEANS,)),
    **dict.fromkeys(("Sum", "Avg", "Median"), (_QUANTITIES,)),
    "Abs": (QUANTITY,),
    **dict.fromkeys(("Ceiling", "Floor", "Truncate"), (DECIMAL,)),
    "Round": (DECIMAL, INTEGER),
    "Date": (INTEGER,) * 3,
    "DateTime": ((INTEGER,) * 7) + (DECIMAL,),
    "Time": (INTEGER,) * 4,
    **dict.fromkeys((f"AgeIn{unit}At" for unit in ("Years", "Months", "Weeks", "Days")), (DATETIME,)),
    **dict.fromkeys((f"CalculateAgeIn{unit}At" for unit in ("Years", "Months", "Weeks", "Days")), (DATETIME, DATETIME)),
}
"""What system functions take, operand by operand; functions that are not here take anything."""
