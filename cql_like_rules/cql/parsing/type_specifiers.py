"""Type specifiers: `System.Quantity`, `List<FHIR.Condition>`, `Tuple { value Decimal }`.

Source: CQL 1.5.3, Appendix G (typeSpecifier).
"""

from __future__ import annotations

from cql_like_rules.cql.keywords import TYPE_NAME_KEYWORDS
from cql_like_rules.cql.parsing.stream import TokenStream
from cql_like_rules.cql.syntax import (
    ChoiceTypeSpecifier,
    IntervalTypeSpecifier,
    ListTypeSpecifier,
    NamedTypeSpecifier,
    Position,
    TupleElementDefinition,
    TupleTypeSpecifier,
    TypeSpecifier,
)

MODELS = frozenset({"System", "FHIR"})


class TypeParser:
    def __init__(self, tokens: TokenStream) -> None:
        self._tokens = tokens

    def specifier(self) -> TypeSpecifier:
        return self._tokens.nested(self._specifier)

    def _specifier(self) -> TypeSpecifier:
        tokens = self._tokens
        position = tokens.position()
        match tokens.current.text if tokens.word_at(tokens.index + 1) in ("<", "{") else "":
            case "List" if tokens.word:
                tokens.advance()
                return ListTypeSpecifier(position, self._angled()[0])
            case "Interval" if tokens.word:
                tokens.advance()
                return IntervalTypeSpecifier(position, self._angled()[0])
            case "Choice":
                tokens.advance()
                return ChoiceTypeSpecifier(position, self._angled())
            case "Tuple" if tokens.word:
                tokens.advance()
                return self._tuple(position)
            case _:
                return self.named()

    def named(self) -> NamedTypeSpecifier:
        """A type by name; `FHIR.Condition.Stage` is the type `Condition.Stage` of the model `FHIR`.

        A keyword can be the last part of the name only (`FHIR.code`).
        """
        tokens = self._tokens
        position = tokens.position()
        may_qualify = tokens.is_name(tokens.index)
        parts = [self._part()]
        while may_qualify and tokens.word == "." and self._is_part(tokens.index + 1):
            tokens.advance()
            may_qualify = tokens.is_name(tokens.index)
            parts.append(self._part())
        if len(parts) > 1 and parts[0] in MODELS:
            return NamedTypeSpecifier(position, ".".join(parts[1:]), parts[0])
        return NamedTypeSpecifier(position, ".".join(parts))

    def _is_part(self, index: int) -> bool:
        return self._tokens.is_referential_name(index) or self._tokens.word_at(index) in TYPE_NAME_KEYWORDS

    def _part(self) -> str:
        tokens = self._tokens
        if tokens.word in TYPE_NAME_KEYWORDS:
            return tokens.advance().text
        if tokens.word in ("List", "Interval"):
            raise tokens.failure("a type", f"say what it is made of: {tokens.word}<Integer>")
        return tokens.referential_name("the name of a type")

    def _angled(self) -> tuple[TypeSpecifier, ...]:
        self._tokens.expect("<")
        parts = self._tokens.comma_separated(self.specifier)
        self._tokens.expect(">")
        return parts

    def _tuple(self, position: Position) -> TypeSpecifier:
        return self._tokens.bracketed(
            "tuple type",
            lambda: TupleTypeSpecifier(position, self._tokens.comma_separated(self._tuple_element)),
            lambda _: TupleTypeSpecifier(position, ()),
        )

    def _tuple_element(self) -> TupleElementDefinition:
        position = self._tokens.position()
        name = self._tokens.referential_name("the name of an element")
        return TupleElementDefinition(position, name, self.specifier())
