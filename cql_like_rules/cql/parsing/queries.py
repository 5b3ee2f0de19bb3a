"""Retrieves and queries.

Source: CQL 1.5.3, Appendix G (retrieve, query) and Author's Guide, Queries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.keywords import SORT_DIRECTIONS
from cql_like_rules.cql.lexer import TokenKind
from cql_like_rules.cql.parsing.stream import SyntaxFailure, TokenStream
from cql_like_rules.cql.parsing.terms import TermParser
from cql_like_rules.cql.syntax import (
    AggregateClause,
    AliasedQuerySource,
    Expression,
    LetClause,
    Literal,
    Malformed,
    Query,
    RelationshipClause,
    Retrieve,
    ReturnClause,
    SortByItem,
)

T = TypeVar("T")


class QueryParser:
    def __init__(self, tokens: TokenStream, terms: TermParser, expression: Callable[[], Expression]) -> None:
        self._tokens = tokens
        self._terms = terms
        self._whole_expression = expression

    def query_or_retrieve(self) -> Expression:
        """What begins with `from` or with `[`."""
        tokens = self._tokens
        if tokens.take("from"):
            return self._query(self._source(), introduced=True)
        retrieve = self._retrieve()
        return self.query_over(retrieve) if tokens.is_name(tokens.index) else retrieve

    def query_over(self, source: Expression) -> Query:
        """A query whose first source is already parsed; its alias comes next."""
        return self._query(self._aliased(source))

    # --- sources ---

    def _source(self) -> AliasedQuerySource:
        tokens = self._tokens
        if tokens.word == "[":
            return self._aliased(self._retrieve())
        if tokens.word == "(":
            return self._aliased(self._terms.parenthesized())
        if tokens.is_referential_name(tokens.index):
            return self._aliased(self._terms.path())
        raise tokens.failure("a retrieve, a name or an expression in brackets")

    def _aliased(self, source: Expression) -> AliasedQuerySource:
        position = self._tokens.position()
        return AliasedQuerySource(position, source, self._tokens.name("an alias for the source"))

    def _another_source_follows(self) -> bool:
        """True where a comma is followed by a source with an alias: only then it separates sources."""
        tokens = self._tokens
        if tokens.word != ",":
            return False
        start = tokens.index + 1
        if tokens.word_at(start) in ("[", "("):
            behind = tokens.behind_bracket(start)
            return behind is not None and tokens.is_name(behind)
        end = tokens.end_of_path(start)
        return end > start and tokens.is_name(end)

    # --- the clauses ---

    def _query(self, first: AliasedQuerySource, introduced: bool = False) -> Query:
        tokens = self._tokens
        position = first.expression.position
        sources = [first]
        while self._another_source_follows():
            comma = tokens.position(tokens.advance())
            sources.append(self._source())
            if not introduced:
                tokens.report(Problem(comma, "several sources of a query begin with 'from'", hint="from A a, B b …"))
        lets = self._lets()
        relationships = self._relationships()
        where = self._expression() if tokens.take("where") else None
        returns = self._return() if tokens.word == "return" else None
        aggregate = self._aggregate() if tokens.word == "aggregate" and returns is None else None
        return Query(position, tuple(sources), lets, relationships, where, returns, aggregate, self._sort())

    def _expression(self) -> Expression:
        """The expression of a clause; when it is broken, parsing goes on with the next clause."""
        position = self._tokens.position()
        try:
            return self._whole_expression()
        except SyntaxFailure as failure:
            self._tokens.report(failure.problem)
            self._tokens.skip_to_clause()
            return Malformed(position)

    def _lets(self) -> tuple[LetClause, ...]:
        tokens = self._tokens
        if not tokens.take("let"):
            return ()
        items = [self._let()]
        while tokens.word == "," and tokens.word_at(tokens.index + 2) == ":":
            tokens.advance()
            items.append(self._let())
        return tuple(items)

    def _let(self) -> LetClause:
        position = self._tokens.position()
        name = self._tokens.name("a name for the value")
        self._tokens.expect(":")
        return LetClause(position, name, self._expression())

    def _relationships(self) -> tuple[RelationshipClause, ...]:
        tokens = self._tokens
        found = []
        while tokens.word in ("with", "without"):
            token = tokens.advance()
            kind = "With" if token.text == "with" else "Without"
            source = self._source()
            tokens.expect("such that", "'such that' and a condition", "one blank between 'such' and 'that'")
            found.append(RelationshipClause(tokens.position(token), kind, source, self._expression()))
        return tuple(found)

    def _return(self) -> ReturnClause:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        keep_all = tokens.take("all")
        distinct = not keep_all and tokens.take("distinct")
        return ReturnClause(position, self._expression(), not keep_all, keep_all or distinct)

    def _aggregate(self) -> AggregateClause:
        tokens = self._tokens
        position = tokens.position(tokens.advance())
        distinct = not tokens.take("all") and tokens.take("distinct")
        name = tokens.name("a name for the running result")
        starting = self._starting() if tokens.take("starting") else None
        tokens.expect(":", "':' and the next result")
        return AggregateClause(position, name, self._expression(), distinct, starting)

    def _starting(self) -> Expression:
        tokens = self._tokens
        if tokens.word == "(":
            return self._terms.parenthesized()
        if tokens.current.kind is TokenKind.STRING:
            return Literal(tokens.position(), tokens.advance().text)
        quantity = self._terms.selectors.quantity()
        if tokens.token_at(tokens.index - 1).kind is not TokenKind.NUMBER:
            return quantity
        whole = quantity.value.as_tuple().exponent == 0
        return Literal(quantity.position, int(quantity.value) if whole else quantity.value)

    def _sort(self) -> tuple[SortByItem, ...]:
        tokens = self._tokens
        if not tokens.take("sort"):
            return ()
        if tokens.word in SORT_DIRECTIONS:
            token = tokens.advance()
            return (SortByItem(tokens.position(token), None, SORT_DIRECTIONS[token.text]),)
        tokens.expect("by", "'by', 'asc' or 'desc'")
        return tokens.comma_separated(self._sort_item)

    def _sort_item(self) -> SortByItem:
        tokens = self._tokens
        position = tokens.position()
        expression = self._terms.term()
        descending = SORT_DIRECTIONS.get(tokens.word)
        if descending is not None:
            tokens.advance()
        return SortByItem(position, expression, bool(descending))

    # --- retrieve ---

    def _retrieve(self) -> Expression:
        position = self._tokens.position()

        def content() -> Expression:
            self._related_context()
            type_ = self._terms.types.named()
            if not self._tokens.take(":"):
                return Retrieve(position, type_)
            path, comparator = self._code_path()
            return Retrieve(position, type_, path, comparator, self._whole_expression())

        return self._tokens.bracketed("retrieve", content, Malformed)

    def _related_context(self) -> None:
        tokens = self._tokens
        end = tokens.end_of_path(tokens.index)
        if tokens.word_at(end) == "->":
            tokens.refuse("a retrieve in a related context", tokens.position(), "retrieve for the patient: [Type]")
            tokens.index = end + 1

    def _code_path(self) -> tuple[str | None, str]:
        """The path and comparator of `[Type: path in codes]`; None and `~` where only the codes are written."""
        tokens = self._tokens
        end = tokens.end_of_path(tokens.index)
        comparator = tokens.word_at(end)
        if end == tokens.index or comparator not in ("in", "~", "="):
            return None, "~"
        path = ".".join(token.text for token in tokens.tokens[tokens.index : end : 2])
        tokens.index = end
        if comparator == "=":
            tokens.refuse("a retrieve that compares codes with '='", tokens.position(), "write 'in' or '~'")
        tokens.advance()
        return path, "~" if comparator == "=" else comparator
