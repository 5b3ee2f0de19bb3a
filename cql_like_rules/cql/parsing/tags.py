"""Tags: `@name: value` in the comment directly above a definition.

The value goes to the end of the line. Lines without a tag are prose. In a block comment a leading `*` is decoration.
Source: CQL 1.5.3, Author's Guide, Library, Tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.lexer import Comment
from cql_like_rules.cql.parsing.stream import TokenStream
from cql_like_rules.cql.syntax import Position, Tag

_TAG = re.compile(r"[ \t]*(?:\*[ \t]*)?@([A-Za-z][A-Za-z0-9_-]*)(?::[ \t]*(.*?))?[ \t\r]*$")


class TagReader:
    """Reads the tags above definitions and remembers which comments were read."""

    def __init__(self, comments: Sequence[Comment], tokens: TokenStream) -> None:
        self._comments = comments
        self._tokens = tokens
        self._read: set[Comment] = set()

    def above(self, index: int) -> tuple[Tag, ...]:
        """The tags of the definition whose first token is at the index."""
        above = self._block_above(index)
        self._read.update(above)
        return tuple(tag for comment in above for _, tag in _tags(comment))

    def report_strays(self) -> None:
        """Report every tag that belongs to no definition: it would be lost without a word."""
        for comment in self._comments:
            if comment in self._read:
                continue
            for line, tag in _tags(comment):
                self._tokens.report(
                    Problem(
                        Position(self._tokens.file, line, 1),
                        f"the tag @{tag.name} belongs to no definition",
                        hint="put the comment directly above a define, with no empty line between",
                    )
                )

    def _block_above(self, index: int) -> list[Comment]:
        """The comments that end on the line above the definition, or above one another, in the order of the file."""
        block: list[Comment] = []
        line = self._tokens.token_at(index).line
        for comment in reversed([comment for comment in self._comments if comment.next_token == index]):
            if not comment.first_on_line or comment.last_line < line - 1:
                break
            block.insert(0, comment)
            line = comment.line
        return block


def _tags(comment: Comment) -> Iterator[tuple[int, Tag]]:
    for number, line in enumerate(comment.text.split("\n"), start=comment.line):
        if match := _TAG.match(line):
            yield number, Tag(match.group(1), match.group(2) or "")
