"""CQL text -> tokens and comments. Whatever the text is, lexing ends: what is no token becomes a problem.

Source: CQL 1.5.3, Appendix G (lexer rules), Developer's Guide, Lexical Elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.keywords import KEYWORDS, MULTI_WORD
from cql_like_rules.cql.syntax import Position


class TokenKind(Enum):
    NAME = auto()  # a plain identifier
    QUOTED_NAME = auto()  # "…" or `…`
    KEYWORD = auto()
    STRING = auto()
    NUMBER = auto()
    LONG = auto()  # 1L
    DATE = auto()  # @2026-01
    DATETIME = auto()  # @2026-01-15T10:30
    TIME = auto()  # @T10:30
    CONSTANT = auto()  # %context
    SYMBOL = auto()
    END = auto()


class Token(NamedTuple):
    """`text` is what a token means: the name or string without quotes and escapes, a date without the `@`."""

    kind: TokenKind
    text: str
    line: int
    column: int
    first_on_line: bool

    @property
    def described(self) -> str:
        """The token as a message names it."""
        match self.kind:
            case TokenKind.END:
                return "the end of the file"
            case TokenKind.QUOTED_NAME:
                return f'"{self.text}"'
            case TokenKind.STRING:
                return f"the string '{self.text}'"
            case TokenKind.DATE | TokenKind.DATETIME | TokenKind.TIME:
                return f"@{self.text}"
            case TokenKind.LONG:
                return f"{self.text}L"
            case _:
                return f"'{self.text}'"


class Comment(NamedTuple):
    """`next_token` is the index of the token that follows the comment; `text` stands without its marks."""

    text: str
    line: int
    last_line: int
    next_token: int
    first_on_line: bool


@dataclass(frozen=True, slots=True)
class Lexed:
    """`tokens` always end with one of kind END."""

    tokens: tuple[Token, ...]
    comments: tuple[Comment, ...]
    problems: tuple[Problem, ...]


_GROUPS = {
    "space": r"[ \t\r\n]+",
    "block": r"/\*.*?\*/",
    "line": r"//[^\r\n]*",
    "datetime": r"@\d{4}(?:-\d\d(?:-\d\d)?)?T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)?(?:Z|[+-]\d\d:\d\d)?",
    "date": r"@\d{4}(?:-\d\d(?:-\d\d)?)?",
    "time": r"@T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?",
    "long": r"\d+L\b",
    "number": r"\d+(?:\.\d+)?",
    "phrase": rf"(?:{'|'.join(MULTI_WORD)})\b",
    "word": r"[A-Za-z_][A-Za-z0-9_]*",
    "quoted": r'"[^"\\]*(?:\\.[^"\\]*)*"|`[^`\\]*(?:\\.[^`\\]*)*`',
    "string": r"'[^'\\]*(?:\\.[^'\\]*)*'",
    "constant": r"%(?:[A-Za-z_][A-Za-z0-9_]*|'[^'\\]*(?:\\.[^'\\]*)*'|`[^`\\]*(?:\\.[^`\\]*)*`)",
    "open_comment": r"/\*",
    "foreign": r"==|&&|\|\||<>",
    "symbol": r"\$this\b|\$index\b|\$total\b|<=|>=|!=|!~|->|[()\[\]{}<>,.:=~+\-*/^&|]",
    "unknown": r".",
}
_TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _GROUPS.items()), re.DOTALL)

_KINDS = {
    "datetime": TokenKind.DATETIME,
    "date": TokenKind.DATE,
    "time": TokenKind.TIME,
    "long": TokenKind.LONG,
    "number": TokenKind.NUMBER,
    "phrase": TokenKind.KEYWORD,
    "quoted": TokenKind.QUOTED_NAME,
    "string": TokenKind.STRING,
    "constant": TokenKind.CONSTANT,
    "symbol": TokenKind.SYMBOL,
}

_FOREIGN_HINTS = {
    "==": "equality is written '='",
    "&&": "write 'and'",
    "||": "write 'or'",
    "<>": "inequality is written '!='",
    "!": "write 'not'",
    ";": "definitions end without a mark",
    "“": "names stand in straight double quotes",
    "”": "names stand in straight double quotes",
    "‘": "strings stand in straight single quotes",
    "’": "strings stand in straight single quotes",
    "≥": "write '>='",
    "≤": "write '<='",
}
_UNFINISHED = {
    '"': ("this name has no closing double quote", "a closing double quote"),
    "`": ("this name has no closing backtick", "a closing backtick"),
    "'": ("this string has no closing quote", "a closing single quote"),
}

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_PLAIN_ESCAPES = frozenset("`'\"\\/")


_NEXT_DEFINITION = re.compile(r"\n\s*(?:define|parameter|context|valueset|codesystem|code|concept|include)\s")


def _runs_on(group: str, raw: str) -> bool:
    """True for a name that crosses a line, or a string that swallows a definition: the closing quote is missing."""
    return "\n" in raw and (group == "quoted" or _NEXT_DEFINITION.search(raw) is not None)


def lex(text: str, file: str) -> Lexed:
    """All tokens and comments of a text, with what could not be read."""
    return _Lexer(text, file).lexed()


def lexemes(text: str) -> Iterator[tuple[str, str]]:
    """Every piece of a text as it is written, spaces and comments included: its group (`space`, `block`, `line`, …)
    and its characters. What is told is right only for a text that `lex` has no problem with."""
    for match in _TOKEN.finditer(text, 1 if text.startswith("\ufeff") else 0):
        yield str(match.lastgroup), match.group()


class _Lexer:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._line = 1
        self._line_start = 0
        self._first_on_line = True
        self._tokens: list[Token] = []
        self._comments: list[Comment] = []
        self._problems: list[Problem] = []

    def lexed(self) -> Lexed:
        offset = 1 if self._text.startswith("\ufeff") else 0
        while match := _TOKEN.match(self._text, offset):
            offset = self._take(match)
        self._add(TokenKind.END, "", offset)
        return Lexed(tuple(self._tokens), tuple(self._comments), tuple(self._problems))

    def _take(self, match: re.Match[str]) -> int:
        """Take one lexical element; the answer is where the next one starts."""
        group, raw, start = str(match.lastgroup), match.group(), match.start()
        end = match.end()
        match group:
            case "space":
                self._cross_lines(start, end)
            case "line" | "block":
                self._comment(group, raw, start, end)
            case "word":
                self._add(TokenKind.KEYWORD if raw in KEYWORDS else TokenKind.NAME, raw, start)
            case "quoted" | "string" if _runs_on(group, raw):
                end = self._unfinished(start, raw[0])
            case "open_comment":
                self._problem(start, "this comment has no end", expected="'*/'")
                end = len(self._text)
                self._cross_lines(start, end)
            case "foreign":
                self._foreign(raw, start)
            case "unknown":
                end = self._unknown(raw, start)
            case _:
                self._add(_KINDS[group], self._meaning(group, raw, start), start)
                self._cross_lines(start, end)
        return end

    def _add(self, kind: TokenKind, text: str, start: int) -> None:
        self._tokens.append(Token(kind, text, self._line, start - self._line_start + 1, self._first_on_line))
        self._first_on_line = False

    def _meaning(self, group: str, raw: str, start: int) -> str:
        match group:
            case "quoted" | "string":
                return self._unescaped(raw[1:-1], start + 1) if "\\" in raw else raw[1:-1]
            case "datetime" | "date" | "time" | "constant":
                return raw[1:]
            case "long":
                return raw[:-1]
            case _:
                return raw

    def _comment(self, group: str, raw: str, start: int, end: int) -> None:
        line, first_on_line = self._line, self._first_on_line
        self._cross_lines(start, end)
        text = raw[2:-2] if group == "block" else raw[2:]
        self._comments.append(Comment(text, line, self._line, len(self._tokens), first_on_line))

    def _cross_lines(self, start: int, end: int) -> None:
        newlines = self._text.count("\n", start, end)
        if newlines:
            self._line += newlines
            self._line_start = self._text.rindex("\n", start, end) + 1
            self._first_on_line = True

    def _unescaped(self, text: str, start: int) -> str:
        def replaced(match: re.Match[str]) -> str:
            escape = match.group(1)
            if len(escape) > 1 and not 0xD800 <= int(escape[1:], 16) <= 0xDFFF:
                return chr(int(escape[1:], 16))
            if escape not in _PLAIN_ESCAPES and escape not in _ESCAPED:
                self._problem(
                    start + match.start(), "unknown escape", f"'\\{escape}'", hint="a backslash is written '\\\\'"
                )
            return _ESCAPED.get(escape, escape)

        return _ESCAPE.sub(replaced, text)

    def _unknown(self, character: str, start: int) -> int:
        """Report what begins no token; the answer is where reading goes on."""
        if character in _UNFINISHED:
            return self._unfinished(start, character)
        self._foreign(character, start)
        return start + 1

    def _foreign(self, raw: str, start: int) -> None:
        self._problem(start, "this is no CQL", f"'{raw}'", hint=_FOREIGN_HINTS.get(raw, ""))

    def _unfinished(self, start: int, quote: str) -> int:
        """A name or string without end is taken to the end of its line, so that the next lines can be read."""
        message, expected = _UNFINISHED[quote]
        self._problem(start, message, expected=expected)
        newline = self._text.find("\n", start)
        end = len(self._text) if newline < 0 else newline
        kind = TokenKind.STRING if quote == "'" else TokenKind.QUOTED_NAME
        self._add(kind, self._text[start + 1 : end], start)
        return end

    def _problem(self, start: int, message: str, found: str = "", expected: str = "", hint: str = "") -> None:
        line_start = self._text.rfind("\n", 0, start) + 1
        line = self._line + self._text.count("\n", self._line_start, line_start)
        position = Position(self._file, line, start - line_start + 1)
        self._problems.append(Problem(position, message, found, expected, hint))
