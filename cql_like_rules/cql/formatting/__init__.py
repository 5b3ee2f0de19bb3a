"""The formatter: one way to write CQL, which changes nothing but blanks and line breaks.

The style is that of the rules here: two spaces a level, 120 columns, `and` and `or` at the beginning of a line, one
empty line between defines. Where a construct is broken into lines is for its author to say, unless it is too long for
one line; that all its parts are, and how deep, is not.
"""

from __future__ import annotations

import re

from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.formatting.outline import outline_of
from cql_like_rules.cql.formatting.pieces import pieces_of
from cql_like_rules.cql.formatting.printing import WIDTH, printed
from cql_like_rules.cql.lexer import lex
from cql_like_rules.cql.parser import parse_library

__all__ = ["WIDTH", "FormattingFailed", "formatted"]


class FormattingFailed(Exception):
    """The formatter would have changed what a text means. It is a fault of the formatter; the text is to be kept."""


def formatted(text: str, file: str) -> str:
    """The text of a library, formatted. Formatting it again changes nothing.

    Raises CqlError with the problems of a text that cannot be parsed, FormattingFailed instead of a text that has
    other tokens, comments, tags or another syntax tree.
    """
    library, problems = parse_library(text, file)
    if problems:
        raise CqlError(problems)
    pieces = pieces_of(text)
    result = printed(pieces, outline_of(pieces))
    if parse_library(result, file) != (library, []) or _content(result, file) != _content(text, file):
        raise FormattingFailed(f"{file} cannot be formatted without changing it")
    return result


def _content(text: str, file: str) -> tuple[list[str], list[str]]:
    """The tokens and the words of the comments: what must stay the same."""
    lexed = lex(text, file)
    return [f"{token.kind} {token.text}" for token in lexed.tokens], [
        re.sub(r"\s+", " ", comment.text).strip() for comment in lexed.comments
    ]
