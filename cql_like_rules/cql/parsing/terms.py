"""Terms: literals, selectors, names and paths, calls, and the operators that bind tighter than `is`.

A term cannot be a query, a retrieve, `not` or `exists`; in the grammar those are expressions and need brackets here.
Source: CQL 1.5.3, Appendix G (expressionTerm, term).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from cql_like_rules.cql.keywords import COMPONENTS, PLURAL_PRECISIONS, PRECISIONS, SINGULAR
from cql_like_rules.cql.lexer import TokenKind
from cql_like_rules.cql.parsing.selectors import SelectorParser
from cql_like_rules.cql.parsing.stream import TokenStream
from cql_like_rules.cql.parsing.type_specifiers import TypeParser
from cql_like_rules.cql.syntax import (
    Case,
    CaseItem,
    ConvertQuantity,
    Expression,
    FunctionRef,
    IdentifierRef,
    If,
    Index,
    Literal,
    Malformed,
    Null,
    Operation,
    Position,
    Property,
    QuantityLiteral,
    This,
    Total,
    TypeOperation,
)

INFIX = {
    "+": (1, "Add"),
    "-": (1, "Subtract"),
    "&": (1, "Concatenate"),
    "*": (2, "Multiply"),
    "/": (2, "Divide"),
    "div": (2, "TruncatedDivide"),
    "mod": (2, "Modulo"),
    "^": (3, "Power"),
}
"""How tightly the operators of terms bind, and their ELM names. All of them group from the left."""

PREFIX_OF = {
    "start": "Start",
    "end": "End",
    "width": "Width",
    "successor": "Successor",
    "predecessor": "Predecessor",
}
PREFIX_FROM = {"singleton": "SingletonFrom", "point": "PointFrom"}
COMPONENT_OPERATORS = {"date": "DateFrom", "time": "TimeFrom", "timezoneoffset": "TimezoneOffsetFrom"}
WHOLE_EXPRESSION = {"distinct": "Distinct", "flatten": "Flatten"}
PER_UNIT = {"collapse": "Collapse", "expand": "Expand"}


class Expressions(Protocol):
    """What a term needs of the parser that holds it."""

    def expression(self, floor: int = 0) -> Expression: ...


class TermParser:
    def __init__(self, tokens: TokenStream, outer: Expressions) -> None:
        self._tokens = tokens
        self._outer = outer
        self.types = TypeParser(tokens)
        self.selectors = SelectorParser(tokens, outer.expression, self.types)
        self._by_word: dict[str, Callable[[], Expression]] = {
            "(": self.parenthesized,
            "$this": lambda: This(tokens.position(tokens.advance())),
            "$index": lambda: Index(tokens.position(tokens.advance())),
            "$total": lambda: Total(tokens.position(tokens.advance())),
            "+": self._sign,
            "-": self._sign,
            "convert": self._convert,
            "if": self._if,
            "case": self._case,
            "minimum": self._extent,
            "maximum": self._extent,
            "duration": self._duration_of,
            "difference": self._duration_of,
            "[": self._retrieve_without_brackets,
            **dict.fromkeys(WHOLE_EXPRESSION, self._whole_expression),
            **dict.fromkeys(PER_UNIT, self._per_unit),
        }

    def term(self, floor: int = 1, first: Expression | None = None) -> Expression:
        """A term with operators that bind at least as tightly as `floor`; `first` is a part of it already parsed."""
        left = self._postfixed(first) if first else self._operand()
        return self._tokens.chained(left, lambda chain: self._continued(chain, floor))

    def _continued(self, left: Expression, floor: int) -> Expression | None:
        """`left` with one more operator; None when none follows that binds tightly enough."""
        tokens = self._tokens
        level, operator = INFIX.get(tokens.word, (0, ""))
        if level < floor:
            return None
        position = tokens.position(tokens.advance())
        return Operation(position, operator, (left, self.term(level + 1)))

    def parenthesized(self) -> Expression:
        return self._tokens.bracketed("bracket", self._outer.expression, Malformed)

    def path(self) -> Expression:
        """`A`, `"A".b.c`: names only, as in the source of a query."""
        tokens = self._tokens
        position = tokens.position()
        result: Expression = IdentifierRef(position, tokens.referential_name("a name"))
        while tokens.word == "." and tokens.is_referential_name(tokens.index + 1):
            tokens.advance()
            result = Property(tokens.position(), result, tokens.advance().text)
        return result

    # --- operands ---

    def _operand(self) -> Expression:
        return self._postfixed(self._tokens.nested(self._primary))

    def _primary(self) -> Expression:
        tokens = self._tokens
        following = tokens.word_at(tokens.index + 1)
        if following == "of" and tokens.word in PREFIX_OF:
            return self._prefix(PREFIX_OF[tokens.word])
        if following == "from" and tokens.word in PREFIX_FROM:
            return self._prefix(PREFIX_FROM[tokens.word])
        if following == "from" and tokens.word in COMPONENTS:
            return self._component_from()
        if parse := self._by_word.get(tokens.word):
            return parse()
        if selector := self.selectors.selector():
            return selector
        if tokens.is_referential_name(tokens.index):
            return self._call_or_name()
        raise tokens.failure("an expression", self._hint_for_operand())

    def _hint_for_operand(self) -> str:
        word = self._tokens.word
        if word in ("not", "exists", "cast", "from", "between"):
            return f"put the part that begins with '{word}' in brackets"
        if word in PLURAL_PRECISIONS:
            return f"put the part that begins with '{word}' in brackets, or a number before it"
        return ""

    def _prefix(self, operator: str) -> Expression:
        position = self._tokens.position(self._tokens.advance())
        self._tokens.advance()
        return Operation(position, operator, (self._operand(),))

    def _component_from(self) -> Expression:
        position = self._tokens.position()
        word = self._tokens.advance().text
        self._tokens.advance()
        if operator := COMPONENT_OPERATORS.get(word):
            return Operation(position, operator, (self._operand(),))
        return Operation(position, "DateTimeComponentFrom", (self._operand(),), word)

    def _sign(self) -> Expression:
        """A sign; `-5` and `-5 'mg'` are literals, so that the smallest Integer can be written."""
        token = self._tokens.advance()
        position = self._tokens.position(token)
        number = self._tokens.at_number
        operand = self._operand()
        if token.text == "+":
            return operand
        match operand:
            case Literal(value=Decimal() as value) if number:
                return Literal(position, _negated(value))
            case Literal(value=int() as value) if number:
                return Literal(position, -value)
            case QuantityLiteral(value=value, unit=unit, calendar=calendar) if number:
                return QuantityLiteral(position, _negated(value), unit, calendar)
            case _:
                return Operation(position, "Negate", (operand,))

    def _whole_expression(self) -> Expression:
        operator = WHOLE_EXPRESSION[self._tokens.word]
        position = self._tokens.position(self._tokens.advance())
        return Operation(position, operator, (self._outer.expression(),))

    def _per_unit(self) -> Expression:
        tokens = self._tokens
        operator = PER_UNIT[tokens.word]
        position = tokens.position(tokens.advance())
        operand = self._outer.expression()
        per: Expression = Null(position)
        if tokens.take("per"):
            if tokens.word in PRECISIONS:
                token = tokens.advance()
                per = QuantityLiteral(tokens.position(token), Decimal(1), token.text, calendar=True)
            else:
                per = self._outer.expression()
        return Operation(position, operator, (operand, per))

    def _duration_of(self) -> Expression:
        """`duration in days of x`, `difference in days of x`: between its start and its end."""
        tokens = self._tokens
        position = tokens.position()
        operator = "DurationBetween" if tokens.advance().text == "duration" else "DifferenceBetween"
        precision = self.plural_precision()
        tokens.expect("of", "'of' and an interval", "put 'between … and …' in brackets" * (tokens.word == "between"))
        interval = self._operand()
        ends = Operation(position, "Start", (interval,)), Operation(position, "End", (interval,))
        return Operation(position, operator, ends, precision)

    def plural_precision(self) -> str:
        """`in days`, as the singular `day`."""
        tokens = self._tokens
        tokens.expect("in")
        if tokens.word not in PLURAL_PRECISIONS:
            raise tokens.failure("years, months, weeks, days, hours, minutes, seconds or milliseconds")
        return SINGULAR[tokens.advance().text]

    def _convert(self) -> Expression:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        operand = self._outer.expression()
        tokens.expect("to", "'to' and a type or a unit")
        if tokens.current.kind is TokenKind.STRING:
            return ConvertQuantity(position, operand, tokens.advance().text)
        if unit := SINGULAR.get(tokens.word):
            tokens.advance()
            return ConvertQuantity(position, operand, unit)
        return TypeOperation(position, "Convert", operand, self.types.specifier())

    def _extent(self) -> Expression:
        operator = "MinValue" if self._tokens.word == "minimum" else "MaxValue"
        position = self._tokens.position(self._tokens.advance())
        return TypeOperation(position, operator, None, self.types.named())

    def _if(self) -> Expression:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        condition = self._outer.expression()
        tokens.expect("then")
        then = self._outer.expression()
        tokens.expect("else", hint="every 'if' has an 'else'; write 'else null' when there is nothing to say")
        return If(position, condition, then, self._outer.expression())

    def _case(self) -> Expression:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        comparand = None if tokens.word == "when" else self._outer.expression()
        items = []
        while tokens.word == "when":
            item_position = tokens.position(tokens.advance())
            when = self._outer.expression()
            tokens.expect("then")
            items.append(CaseItem(item_position, when, self._outer.expression()))
        if not items:
            raise tokens.failure("'when' and a condition")
        tokens.expect("else", "'when' or 'else'", "every 'case' has an 'else'; write 'else null' when nothing is left")
        otherwise = self._outer.expression()
        tokens.expect("end", "'end' of the case")
        return Case(position, comparand, tuple(items), otherwise)

    def _retrieve_without_brackets(self) -> Expression:
        raise self._tokens.failure("an operand", "put the retrieve in brackets: ([Condition])")

    # --- names, calls and what follows an operand ---

    def _call_or_name(self) -> Expression:
        tokens = self._tokens
        position = tokens.position()
        name = tokens.advance().text
        if tokens.word == "(":
            return FunctionRef(position, name, self._arguments())
        return IdentifierRef(position, name)

    def _postfixed(self, operand: Expression) -> Expression:
        """An operand with the paths, calls and indexes that follow it."""
        return self._tokens.chained(operand, self._with_postfix)

    def _with_postfix(self, operand: Expression) -> Expression | None:
        tokens = self._tokens
        if tokens.take("."):
            return self._member(operand)
        if tokens.word != "[":
            return None
        position = tokens.position()
        index = tokens.bracketed("index", self._outer.expression, Malformed)
        return Operation(position, "Indexer", (operand, index))

    def _member(self, operand: Expression) -> Expression:
        """What stands behind a dot: the name of an element, or a call, for which any keyword can be the name."""
        tokens = self._tokens
        position = tokens.position()
        # The arguments of such a call stand one level deeper than those of others: their way here is longer.
        if tokens.word_at(tokens.index + 1) == "(" and (tokens.current.kind is TokenKind.KEYWORD):
            return FunctionRef(position, tokens.advance().text, tokens.nested(self._arguments), operand)
        name = tokens.referential_name("the name of an element")
        if tokens.word == "(":
            return FunctionRef(position, name, tokens.nested(self._arguments), operand)
        return Property(position, operand, name)

    def _arguments(self) -> tuple[Expression, ...]:
        return self._tokens.bracketed("list of arguments", self._argument_list, _broken)

    def _argument_list(self) -> tuple[Expression, ...]:
        return () if self._tokens.word == ")" else self._tokens.comma_separated(self._outer.expression)


def _broken(position: Position) -> tuple[Expression, ...]:
    return (Malformed(position),)


def _negated(value: Decimal) -> Decimal:
    """The number with the other sign, to the last digit: arithmetic would round it. Zero has no sign."""
    return value.copy_negate() if value else value
