"""Expressions: the operators that bind looser than those of terms, from `is` down to `implies`.

Source: CQL 1.5.3, Appendix G (expression). The order of the alternatives there is the order of precedence here.
"""

from __future__ import annotations

from cql_like_rules.cql.keywords import PLURAL_PRECISIONS, SINGULAR
from cql_like_rules.cql.parsing.queries import QueryParser
from cql_like_rules.cql.parsing.stream import TokenStream
from cql_like_rules.cql.parsing.terms import TermParser
from cql_like_rules.cql.parsing.timing import lowered
from cql_like_rules.cql.parsing.timing_phrases import TimingParser
from cql_like_rules.cql.syntax import Expression, Operation, TypeOperation

MEMBERSHIP, TIMING, BETWEEN, EXISTS, NOT, IS = 4, 6, 9, 10, 11, 12

INFIX = {
    "implies": (1, "Implies"),
    "or": (2, "Or"),
    "xor": (2, "Xor"),
    "and": (3, "And"),
    "in": (MEMBERSHIP, "In"),
    "contains": (MEMBERSHIP, "Contains"),
    "=": (5, "Equal"),
    "!=": (5, "NotEqual"),
    "~": (5, "Equivalent"),
    "!~": (5, "NotEquivalent"),
    "<": (7, "Less"),
    ">": (7, "Greater"),
    "<=": (7, "LessOrEqual"),
    ">=": (7, "GreaterOrEqual"),
    "union": (8, "Union"),
    "|": (8, "Union"),
    "intersect": (8, "Intersect"),
    "except": (8, "Except"),
}
"""How tightly an operator binds, and its ELM name. All of them group from the left."""

_LITERAL_TESTS = {"null": "IsNull", "true": "IsTrue", "false": "IsFalse"}


class ExpressionParser:
    def __init__(self, tokens: TokenStream) -> None:
        self.tokens = tokens
        self.terms = TermParser(tokens, self)
        self.queries = QueryParser(tokens, self.terms, self.expression)
        self.timing = TimingParser(tokens, self.terms.selectors)

    def expression(self, floor: int = 0) -> Expression:
        """An expression with operators that bind at least as tightly as `floor`."""
        return self.tokens.nested(
            lambda: self.tokens.chained(self._first_operand(), lambda left: self._continued(left, floor))
        )

    def _continued(self, left: Expression, floor: int) -> Expression | None:
        """`left` with one more operator; None when none follows that binds tightly enough."""
        word = self.tokens.word
        if known := INFIX.get(word):
            level, operator = known
            return self._infix(left, operator, level) if level >= floor else None
        if word in ("is", "as"):
            return self._type_test(left) if floor <= IS else None
        if self._is_between():
            return self._between(left) if floor <= BETWEEN else None
        if floor <= TIMING and (phrase := self.timing.phrase()):
            return lowered(phrase, left, self.expression(TIMING + 1))
        return None

    def _infix(self, left: Expression, operator: str, level: int) -> Expression:
        position = self.tokens.position(self.tokens.advance())
        precision = self.tokens.precision_of() if level == MEMBERSHIP else None
        return Operation(position, operator, (left, self.expression(level + 1)), precision)

    # --- what follows an operand ---

    def _type_test(self, left: Expression) -> Expression:
        tokens = self.tokens
        token = tokens.advance()
        position = tokens.position(token)
        if token.text == "as":
            return TypeOperation(position, "As", left, self.terms.types.specifier())
        negated = tokens.take("not")
        if operator := _LITERAL_TESTS.get(tokens.word):
            tokens.advance()
            test = Operation(position, operator, (left,))
            return Operation(position, "Not", (test,)) if negated else test
        if negated:
            raise tokens.failure("'null', 'true' or 'false'", "write: not (x is T)")
        return TypeOperation(position, "Is", left, self.terms.types.specifier())

    def _is_between(self) -> bool:
        return self.tokens.word == "between" or (
            self.tokens.word == "properly" and self.tokens.word_at(self.tokens.index + 1) == "between"
        )

    def _between(self, left: Expression) -> Expression:
        tokens = self.tokens
        position = tokens.position()
        properly = tokens.take("properly")
        tokens.advance()
        low, high = self._low_and_high()
        if not properly:
            return Operation(position, "Between", (left, low, high))
        above = Operation(position, "Greater", (left, low))
        return Operation(position, "And", (above, Operation(position, "Less", (left, high))))

    def _low_and_high(self) -> tuple[Expression, Expression]:
        low = self.terms.term()
        self.tokens.expect("and", "'and' and the other end")
        return low, self.terms.term()

    # --- operands ---

    def _first_operand(self) -> Expression:
        tokens = self.tokens
        match tokens.word:
            case "not":
                return self._prefix("Not", NOT)
            case "exists":
                return self._prefix("Exists", EXISTS)
            case "cast":
                return self._cast()
            case "[" | "from":
                return self.queries.query_or_retrieve()
            case "(":
                inner = self.terms.parenthesized()
                return self.queries.query_over(inner) if tokens.is_name(tokens.index) else self.terms.term(first=inner)
            case "duration" | "difference" if tokens.word_at(tokens.index + 3) == "between":
                return self._time_between()
            case word if word in PLURAL_PRECISIONS and tokens.word_at(tokens.index + 1) == "between":
                return self._time_between()
        end = tokens.end_of_path(tokens.index)
        if end > tokens.index and tokens.is_name(end):
            return self.queries.query_over(self.terms.path())
        return self.terms.term()

    def _prefix(self, operator: str, floor: int) -> Expression:
        position = self.tokens.position(self.tokens.advance())
        return Operation(position, operator, (self.expression(floor),))

    def _cast(self) -> Expression:
        position = self.tokens.position(self.tokens.advance())
        operand = self.expression(IS + 1)
        self.tokens.expect("as", "'as' and a type", "put what is cast in brackets")
        return TypeOperation(position, "Cast", operand, self.terms.types.specifier())

    def _time_between(self) -> Expression:
        """`days between a and b`, `duration in days between a and b`, `difference in days between a and b`."""
        tokens = self.tokens
        position = tokens.position()
        operator = "DifferenceBetween" if tokens.word == "difference" else "DurationBetween"
        if tokens.word in PLURAL_PRECISIONS:
            precision = SINGULAR[tokens.advance().text]
        else:
            tokens.advance()
            precision = self.terms.plural_precision()
        tokens.expect("between")
        return Operation(position, operator, self._low_and_high(), precision)
