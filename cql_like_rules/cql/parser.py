"""CQL text -> syntax tree, with every problem of the text at once.

A hand-written recursive descent parser; operators by precedence. It reads the whole of CQL 1.5, and what is CQL but not
part of the subset and has no node in the tree is refused by name. Where the text is broken, parsing goes on at the next
closing bracket, clause or definition.

Source: CQL 1.5.3, Appendix G (grammar).
"""

from __future__ import annotations

from collections.abc import Iterable

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.lexer import TokenKind, lex
from cql_like_rules.cql.parsing.definitions import DefinitionParser
from cql_like_rules.cql.parsing.expressions import ExpressionParser
from cql_like_rules.cql.parsing.stream import SyntaxFailure, TokenStream
from cql_like_rules.cql.syntax import Expression, Library, Malformed


def parse_library(text: str, file: str) -> tuple[Library | None, list[Problem]]:
    """The library that a text holds, and what is wrong with it, in the order of the text.

    The library is None when the text holds no definition at all. With problems the tree is incomplete: broken
    expressions are Malformed, broken definitions are missing.
    """
    lexed = lex(text, file)
    tokens = TokenStream(lexed, file)
    library = DefinitionParser(tokens, lexed.comments, text).library()
    if library is None and not tokens.problems:
        tokens.report(Problem(tokens.position(), "there is no library here", expected="'library' and its name"))
    return library, _in_order(tokens.problems)


def parse_expression(text: str, file: str) -> tuple[Expression, list[Problem]]:
    """The expression that a text holds, and what is wrong with it; Malformed when it cannot be read."""
    tokens = TokenStream(lex(text, file), file)
    expression: Expression = Malformed(tokens.position())
    try:
        expression = ExpressionParser(tokens).expression()
        if tokens.current.kind is not TokenKind.END:
            raise tokens.failure("an operator or the end of the expression")
    except SyntaxFailure as failure:
        tokens.report(failure.problem)
    return expression, _in_order(tokens.problems)


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.position.line, problem.position.column))
