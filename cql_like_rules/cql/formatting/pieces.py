"""Pieces: the tokens of a text as they are written, each with the comments around it and the line breaks before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cql_like_rules.cql.keywords import KEYWORDS
from cql_like_rules.cql.lexer import lexemes


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment with its marks. `newlines` are the line breaks before it, `column` how far it is indented."""

    raw: str
    newlines: int
    column: int

    @property
    def ends_line(self) -> bool:
        """Whether nothing can follow it on its line."""
        return self.raw.startswith("//")


@dataclass(slots=True)
class Piece:
    """A token. `newlines` are the line breaks directly before it, `before` the comments on lines of their own above it.

    `after` are the comments behind it on its own line. `word` is the keyword or symbol, empty for any other token and
    where the keyword is a name. The last piece of a text is empty.
    """

    group: str
    raw: str
    newlines: int
    before: list[Remark]
    word: str = ""
    after: list[Remark] = field(default_factory=list)

    @property
    def is_name(self) -> bool:
        return self.group == "quoted" or (self.group == "word" and not self.word)

    @property
    def breaks(self) -> bool:
        """Whether the author has put it on a new line."""
        return self.newlines > 0 or bool(self.before)

    @property
    def blank_before(self) -> bool:
        """Whether an empty line stands before it and the comments above it."""
        return (self.before[0].newlines if self.before else self.newlines) > 1


def pieces_of(text: str) -> list[Piece]:
    """The pieces of a text that lexes without a problem."""
    pieces: list[Piece] = []
    waiting: list[Remark] = []
    newlines, column = 1, 0
    for group, raw in lexemes(text.replace("\r\n", "\n").replace("\r", "\n")):
        if group in ("block", "line"):
            remark = Remark(raw.rstrip(), newlines, column)
            if newlines == 0 and pieces and not waiting:
                pieces[-1].after.append(remark)
            else:
                waiting.append(remark)
            newlines = 0
        elif group == "space":
            newlines += raw.count("\n")
        else:
            pieces.append(Piece(group, raw, newlines, waiting))
            waiting, newlines = [], 0
        column = len(raw) - raw.rindex("\n") - 1 if "\n" in raw else column + len(raw)
    pieces.append(Piece("end", "", newlines, waiting))
    _tell_words(pieces)
    return pieces


def _tell_words(pieces: Sequence[Piece]) -> None:
    """Set `word` where a token is a keyword or a symbol of the language, not a name."""
    for index, piece in enumerate(pieces):
        if piece.group in ("phrase", "symbol"):
            piece.word = piece.raw
        elif piece.group == "word" and piece.raw in KEYWORDS:
            before = pieces[index - 1].raw if index else ""
            names_element = before in ("{", ",") and pieces[index + 1].raw == ":"
            piece.word = "" if before in (".", "function") or names_element else piece.raw
