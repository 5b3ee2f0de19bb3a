"""What a timing phrase means: phrases are lowered to operations with ELM names, as the reference translator does.

| phrase | operation |
|---|---|
| `a before b`, `a on or before b` | Before(a, b), SameOrBefore(a, b) |
| `a starts before end b` | Before(Start(a), End(b)) |
| `a 3 days before b` | SameAs(a, b - 3 days) |
| `a 3 days or more before b` | SameOrBefore(a, b - 3 days) |
| `a more than 3 days before b` | Before(a, b - 3 days) |
| `a 3 days or less before b` | In(a, Interval[b - 3 days, b)), and b is not null |
| `a less than 3 days on or before b` | In(a, Interval(b - 3 days, b]), and b is not null |
| `a within 3 days of b` | In(a, Interval[b - 3 days, b + 3 days]), and b is not null |
| `a starts during b` | In(Start(a), b) |
| `a during b` | IncludedIn(a, b); the operator also takes a point for a |

With `after` everything is mirrored. A closed end at null would mean "without limit", hence the test of b; where both
ends are open the result is null by itself.

Source: CQL 1.5.3, Author's Guide, Timing and Interval Operators; Appendix H, Timing Interval Calculation Examples.
"""

from __future__ import annotations

from dataclasses import dataclass

from cql_like_rules.cql.syntax import Expression, Interval, Operation, Position, QuantityLiteral


@dataclass(frozen=True, slots=True)
class Phrase:
    """A timing phrase without its operands.

    `relation` is its main word (`same as`, `same or before`, `includes`, `during`, `before`, `within`, `meets`, …).
    `left` and `right` name the boundary taken of an operand, `Start` or `End`. `inclusive` is `on or`, `properly`
    itself. `limit` is what stands around the offset: `or more`, `or less`, `more than`, `less than` or nothing.
    """

    position: Position
    relation: str
    left: str = ""
    right: str = ""
    properly: bool = False
    inclusive: bool = False
    offset: QuantityLiteral | None = None
    limit: str = ""
    precision: str | None = None


_OPERATORS = {
    "same as": "SameAs",
    "same or before": "SameOrBefore",
    "same or after": "SameOrAfter",
    "before": "Before",
    "after": "After",
    "includes": "Includes",
    "during": "IncludedIn",
    "meets": "Meets",
    "meets before": "MeetsBefore",
    "meets after": "MeetsAfter",
    "overlaps": "Overlaps",
    "overlaps before": "OverlapsBefore",
    "overlaps after": "OverlapsAfter",
    "starts": "Starts",
    "ends": "Ends",
}
_INCLUSIVE = {"before": "SameOrBefore", "after": "SameOrAfter"}
_PROPER = {
    "Includes": "ProperIncludes",
    "IncludedIn": "ProperIncludedIn",
    "Contains": "ProperContains",
    "In": "ProperIn",
}


def lowered(phrase: Phrase, left: Expression, right: Expression) -> Expression:
    """The operation that the phrase between two operands stands for."""
    left = _boundary(phrase.left, left)
    right = _boundary(phrase.right, right)
    if phrase.relation == "within":
        return _within(phrase, left, right)
    if phrase.offset is not None:
        return _offset(phrase, phrase.offset, left, right)
    return Operation(phrase.position, _operator(phrase), (left, right), phrase.precision)


def _boundary(operator: str, operand: Expression) -> Expression:
    return Operation(operand.position, operator, (operand,)) if operator else operand


def _operator(phrase: Phrase) -> str:
    if phrase.inclusive:
        return _INCLUSIVE[phrase.relation]
    operator = _OPERATORS[phrase.relation]
    if phrase.left and operator == "IncludedIn":
        operator = "In"
    if phrase.right and operator == "Includes":
        operator = "Contains"
    return _PROPER[operator] if phrase.properly else operator


def _offset(phrase: Phrase, offset: QuantityLiteral, left: Expression, right: Expression) -> Expression:
    """`a 3 days or less before b` and its kin: the bound is b moved by the offset."""
    before = phrase.relation == "before"
    bound = Operation(phrase.position, "Subtract" if before else "Add", (right, offset))
    if phrase.limit in ("or less", "less than"):
        near = phrase.limit == "or less"
        if before:
            between = Interval(phrase.position, bound, right, near, phrase.inclusive)
        else:
            between = Interval(phrase.position, right, bound, phrase.inclusive, near)
        return _in_unless_null(phrase, left, between, right)
    operator = {
        "": "SameAs",
        "or more": _INCLUSIVE[phrase.relation],
        "more than": _OPERATORS[phrase.relation],
    }[phrase.limit]
    return Operation(phrase.position, operator, (left, bound), phrase.precision)


def _within(phrase: Phrase, left: Expression, right: Expression) -> Expression:
    assert phrase.offset is not None
    closed = not phrase.properly
    low = Operation(phrase.position, "Subtract", (right, phrase.offset))
    high = Operation(phrase.position, "Add", (right, phrase.offset))
    return _in_unless_null(phrase, left, Interval(phrase.position, low, high, closed, closed), right)


def _in_unless_null(phrase: Phrase, left: Expression, between: Interval, right: Expression) -> Expression:
    def operation(operator: str, *operands: Expression) -> Operation:
        return Operation(phrase.position, operator, operands)

    inside = Operation(phrase.position, "In", (left, between), phrase.precision)
    if not (between.low_closed or between.high_closed):
        return inside
    return operation("And", inside, operation("Not", operation("IsNull", right)))
