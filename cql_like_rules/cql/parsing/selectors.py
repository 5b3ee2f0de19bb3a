"""Selectors and literals: what builds a value from its parts.

Source: CQL 1.5.3, Appendix G (literal, intervalSelector, tupleSelector, instanceSelector, listSelector, codeSelector).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from cql_like_rules.cql.keywords import SINGULAR, TYPE_NAME_KEYWORDS
from cql_like_rules.cql.lexer import TokenKind
from cql_like_rules.cql.parsing.stream import TokenStream
from cql_like_rules.cql.parsing.type_specifiers import TypeParser
from cql_like_rules.cql.syntax import (
    CodeSelector,
    ConceptSelector,
    DateTimeLiteral,
    Expression,
    IdentifierRef,
    Instance,
    Interval,
    List,
    Literal,
    Malformed,
    Null,
    Position,
    QuantityLiteral,
    RatioLiteral,
    Tuple,
    TupleElement,
    TypeSpecifier,
)

_DATE_KINDS = {TokenKind.DATE: "Date", TokenKind.DATETIME: "DateTime", TokenKind.TIME: "Time"}


class SelectorParser:
    def __init__(self, tokens: TokenStream, expression: Callable[[], Expression], types: TypeParser) -> None:
        self._tokens = tokens
        self._expression = expression
        self._types = types

    def selector(self) -> Expression | None:
        """The literal or selector that stands here; None, with nothing taken, when there is none."""
        tokens = self._tokens
        match tokens.current.kind:
            case TokenKind.NUMBER:
                return self.number()
            case TokenKind.STRING:
                return Literal(tokens.position(), tokens.advance().text)
            case TokenKind.DATE | TokenKind.DATETIME | TokenKind.TIME as kind:
                return DateTimeLiteral(tokens.position(), _DATE_KINDS[kind], tokens.advance().text)
            case TokenKind.LONG | TokenKind.CONSTANT as kind:
                return self._refused_literal(kind)
            case TokenKind.END:
                return None
            case _:
                return self._by_word()

    def _by_word(self) -> Expression | None:
        tokens = self._tokens
        position = tokens.position()
        following = tokens.word_at(tokens.index + 1)
        match tokens.word:
            case "true" | "false" as word:
                tokens.advance()
                return Literal(position, word == "true")
            case "null":
                tokens.advance()
                return Null(position)
            case "{":
                return self._tuple_or_list()
            case "Tuple" if following == "{":
                tokens.advance()
                return self._tuple(position)
            case "List":
                return self._list_with_type()
            case "Interval":
                return self._interval()
            case "Code" if tokens.token_at(tokens.index + 1).kind is TokenKind.STRING:
                return self._code()
            case "Concept" if following == "{" and self._holds_codes(tokens.index + 2):
                return self._concept()
        behind = self._end_of_type_name(tokens.index)
        return self._instance() if behind > tokens.index and tokens.word_at(behind) == "{" else None

    def _end_of_type_name(self, index: int) -> int:
        return index + 1 if self._tokens.word_at(index) in TYPE_NAME_KEYWORDS else self._end_of_path(index)

    def _end_of_path(self, index: int) -> int:
        end = self._tokens.end_of_path(index)
        dotted_type = self._tokens.word_at(end) == "." and self._tokens.word_at(end + 1) in TYPE_NAME_KEYWORDS
        return end + 2 if end > index and dotted_type else end

    # --- numbers ---

    def number(self) -> Expression:
        """A number, a quantity or a ratio of two."""
        tokens = self._tokens
        position = tokens.position()
        if not (self._unit_follows() or self._is_ratio_sign(tokens.index + 1)):
            text = tokens.advance().text
            return Literal(position, Decimal(text) if "." in text else int(text))
        quantity = self.quantity()
        if self._is_ratio_sign(tokens.index):
            tokens.advance()
            return RatioLiteral(position, quantity, self.quantity())
        return quantity

    def quantity(self) -> QuantityLiteral:
        """A number with its unit, `1` where none is written."""
        tokens = self._tokens
        position = tokens.position()
        if not tokens.at_number:
            raise tokens.failure("a number with a unit")
        value = Decimal(tokens.advance().text)
        if tokens.current.kind is TokenKind.STRING:
            return QuantityLiteral(position, value, tokens.advance().text, calendar=False)
        if word := SINGULAR.get(tokens.word):
            tokens.advance()
            return QuantityLiteral(position, value, word, calendar=True)
        return QuantityLiteral(position, value, "1", calendar=False)

    def _unit_follows(self) -> bool:
        behind = self._tokens.index + 1
        return self._tokens.token_at(behind).kind is TokenKind.STRING or self._tokens.word_at(behind) in SINGULAR

    def _is_ratio_sign(self, index: int) -> bool:
        return self._tokens.word_at(index) == ":" and self._tokens.token_at(index + 1).kind is TokenKind.NUMBER

    def _refused_literal(self, kind: TokenKind) -> Expression:
        tokens = self._tokens
        position = tokens.position()
        text = tokens.advance().text
        if kind is TokenKind.LONG:
            tokens.refuse(f"the Long literal {text}L", position, f"write {text} or {text}.0")
        else:
            tokens.refuse(f"the external constant %{text}", position, "use a parameter")
        return Malformed(position)

    # --- lists, tuples, intervals, instances ---

    def _tuple_or_list(self) -> Expression:
        tokens = self._tokens
        first = tokens.index + 1
        named = tokens.is_referential_name(first) and tokens.word_at(first + 1) == ":"
        if named or tokens.word_at(first) == ":":
            return self._tuple(tokens.position())
        return self._list(tokens.position(), None)

    def _list_with_type(self) -> Expression:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        element_type = None
        if tokens.take("<"):
            element_type = self._types.specifier()
            tokens.expect(">")
        if tokens.word != "{":
            raise tokens.failure("'{' and the elements of the list")
        return self._list(position, element_type)

    def _list(self, position: Position, element_type: TypeSpecifier | None) -> Expression:
        def content() -> Expression:
            empty = self._tokens.word == "}"
            elements = () if empty else self._tokens.comma_separated(self._expression)
            return List(position, elements, element_type)

        return self._tokens.bracketed("list", content, Malformed)

    def _tuple(self, position: Position) -> Expression:
        return self._tokens.bracketed("tuple", lambda: Tuple(position, self._elements()), Malformed)

    def _instance(self) -> Expression:
        position = self._tokens.position()
        type_ = self._types.named()
        return self._tokens.bracketed("instance", lambda: Instance(position, type_, self._elements()), Malformed)

    def _elements(self) -> tuple[TupleElement, ...]:
        return () if self._tokens.take(":") else self._tokens.comma_separated(self._element)

    def _element(self) -> TupleElement:
        position = self._tokens.position()
        name = self._tokens.referential_name("the name of an element")
        self._tokens.expect(":")
        return TupleElement(position, name, self._expression())

    def _interval(self) -> Expression:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        if tokens.word not in ("[", "("):
            raise tokens.failure("'[' or '(' and the ends of the interval")
        opening = tokens.index

        def content() -> Expression:
            low = self._expression()
            tokens.expect(",", "',' and the high end of the interval")
            high = self._expression()
            return Interval(position, low, high, tokens.words[opening] == "[", tokens.word == "]")

        return tokens.bracketed("interval", content, Malformed, closings=")]")

    # --- codes ---

    def _code(self) -> CodeSelector:
        tokens = self._tokens
        position = tokens.position(tokens.expect("Code"))
        code = tokens.string("the code as a string")
        tokens.expect("from", "'from' and a code system")
        system = IdentifierRef(tokens.position(), self.own_name("code system"))
        return CodeSelector(position, code, system, self.display())

    def _concept(self) -> Expression:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        codes = tokens.bracketed("concept", lambda: tokens.comma_separated(self._code), lambda _: ())
        return ConceptSelector(position, codes, self.display())

    def _holds_codes(self, index: int) -> bool:
        return self._tokens.word_at(index) == "Code" and self._tokens.token_at(index + 1).kind is TokenKind.STRING

    def own_name(self, what: str) -> str:
        """The name of a code or code system of this library; one of another library is refused."""
        tokens = self._tokens
        position = tokens.position()
        name = tokens.name(f"the name of a {what}")
        if tokens.word == "." and tokens.is_name(tokens.index + 1):
            tokens.advance()
            name = tokens.advance().text
            tokens.refuse(f"a {what} of another library", position, f'define "{name}" in this library')
        return name

    def display(self) -> str | None:
        """What stands behind `display`; None when it is not written."""
        return self._tokens.string("the display as a string") if self._tokens.take("display") else None
