"""The tokens of a file as the parser walks over them: looking ahead, taking, failing and going on after a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.keywords import (
    DEFINITION_STARTS,
    INFIX_WORDS,
    KEYWORDS,
    NAME_KEYWORDS,
    PRECISIONS,
    QUERY_CLAUSES,
    RESERVED,
)
from cql_like_rules.cql.lexer import Lexed, Token, TokenKind
from cql_like_rules.cql.syntax import Position

T = TypeVar("T")

NAMES = frozenset({TokenKind.NAME, TokenKind.QUOTED_NAME})
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = frozenset(")]}")
_NAMED_DEFINITIONS = DEFINITION_STARTS - {"define", "public", "private"}
_NESTING_LIMIT = 80
_CHAIN_LIMIT = 200


class SyntaxFailure(Exception):
    """The parser cannot go on here; caught where it can go on behind the failure."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class TokenStream:
    """Tokens with a place in them. `words[i]` is the text of a keyword or symbol and empty for any other token."""

    def __init__(self, lexed: Lexed, file: str) -> None:
        self.file = file
        self.tokens = lexed.tokens
        self.words = [
            token.text if token.kind in (TokenKind.KEYWORD, TokenKind.SYMBOL) else "" for token in lexed.tokens
        ]
        self.index = 0
        self.problems: list[Problem] = list(lexed.problems)
        self._depth = 0
        self._closing = self._matching_brackets()

    # --- looking ---

    @property
    def current(self) -> Token:
        return self.tokens[self.index]

    @property
    def word(self) -> str:
        """The keyword or symbol at this place, empty for anything else."""
        return self.words[self.index]

    @property
    def at_number(self) -> bool:
        return self.tokens[self.index].kind is TokenKind.NUMBER

    def word_at(self, index: int) -> str:
        return self.words[min(index, len(self.words) - 1)]

    def token_at(self, index: int) -> Token:
        return self.tokens[min(index, len(self.tokens) - 1)]

    def is_name(self, index: int) -> bool:
        """True where a name of the author stands, plain or quoted."""
        return self.token_at(index).kind in NAMES

    def is_referential_name(self, index: int) -> bool:
        """True where a name stands, or a keyword that may be used as one."""
        if self.is_name(index):
            return True
        return self.word_at(index) in NAME_KEYWORDS and not self.starts_definition(index)

    def end_of_path(self, index: int) -> int:
        """Where `a.b.c` that begins at the index ends: the index behind it; the index itself when no name is there."""
        if not self.is_referential_name(index):
            return index
        index += 1
        while self.word_at(index) == "." and self.is_referential_name(index + 1):
            index += 2
        return index

    def behind_bracket(self, index: int) -> int | None:
        """The index behind the bracket that closes the one at the index; None when it is never closed."""
        closing = self._closing.get(index)
        return None if closing is None else closing + 1

    def starts_definition(self, index: int) -> bool:
        """True where a definition begins, also when what stands before it is broken."""
        word = self.word_at(index)
        if word not in DEFINITION_STARTS:
            return False
        if not self.token_at(index).first_on_line:
            return False
        if word == "define":
            return True
        return self.is_name(index + 1) if word in _NAMED_DEFINITIONS else self.word_at(index + 1) in DEFINITION_STARTS

    def position(self, token: Token | None = None) -> Position:
        """Where a token stands, the current one when none is given."""
        token = token or self.current
        return Position(self.file, token.line, token.column)

    # --- taking ---

    def advance(self) -> Token:
        """The current token; the next one becomes the current one."""
        token = self.tokens[self.index]
        if token.kind is not TokenKind.END:
            self.index += 1
        return token

    def take(self, word: str) -> bool:
        """True when the word stood here; then it is taken."""
        if self.words[self.index] != word:
            return False
        self.advance()
        return True

    def expect(self, word: str, expected: str = "", hint: str = "") -> Token:
        if self.words[self.index] != word:
            raise self.failure(expected or f"'{word}'", hint, (word,))
        return self.advance()

    def name(self, what: str) -> str:
        """A name that is declared here: plain or quoted, never a keyword."""
        if self.current.kind not in NAMES:
            raise self.failure(what, self._name_hint(self.word in KEYWORDS))
        return self.advance().text

    def referential_name(self, what: str) -> str:
        """A name that is used here; some keywords are allowed."""
        if not self.is_referential_name(self.index):
            raise self.failure(what, self._name_hint(self.word in RESERVED))
        return self.advance().text

    def string(self, what: str) -> str:
        if self.current.kind is not TokenKind.STRING:
            quoted = self.current.kind is TokenKind.QUOTED_NAME
            raise self.failure(what, "strings stand in single quotes" if quoted else "")
        return self.advance().text

    def precision_of(self) -> str | None:
        """`day of`, as in `before day of x`; None, with nothing taken, when it is not there."""
        if self.word not in PRECISIONS or self.word_at(self.index + 1) != "of":
            return None
        precision = self.advance().text
        self.advance()
        return precision

    def comma_separated(self, item: Callable[[], T]) -> tuple[T, ...]:
        """One item and more, with commas between them."""
        items = [item()]
        while self.take(","):
            items.append(item())
        return tuple(items)

    # --- failing and going on ---

    def failure(self, expected: str, hint: str = "", candidates: Iterable[str] = ()) -> SyntaxFailure:
        """Why to give up here: `candidates` are words of which the one found may be a misspelling."""
        problem = Problem(
            self.position(),
            "this does not belong here",
            self.current.described,
            expected,
            hint or self._spelling_hint(candidates),
        )
        return SyntaxFailure(problem)

    def refuse(self, what: str, position: Position, hint: str = "") -> None:
        """Report what is CQL but not part of the subset; parsing goes on."""
        self.report(Problem(position, f"not in the subset: {what}", hint=hint))

    def report(self, problem: Problem) -> None:
        """Keep a problem, one for each place."""
        if all(known.position != problem.position for known in self.problems):
            self.problems.append(problem)

    def bracketed(self, what: str, content: Callable[[], T], instead: Callable[[Position], T], closings: str = "") -> T:
        """The content of a bracket, which is taken with it; `instead` of it when the content is broken.

        `closings` are the brackets that may close it, where that is not just its counterpart.
        """
        opening = self.index
        position = self.position(self.advance())
        try:
            value = content()
            if self.word not in (closings or _OPENING[self.words[opening]]) or not self.word:
                raise self._not_closed(opening, what)
            self.advance()
        except SyntaxFailure as failure:
            behind = self.behind_bracket(opening)
            if behind is None:
                raise
            self.report(failure.problem)
            self.index = behind
            return instead(position)
        return value

    def skip_to_clause(self) -> None:
        """Go on to the next clause of the query, the end of what encloses it or the next definition."""
        self._skip(lambda word: word in QUERY_CLAUSES or word == ",")

    def skip_to_definition(self) -> None:
        while self.current.kind is not TokenKind.END and not self.starts_definition(self.index):
            self.index += 1

    def nested(self, parse: Callable[[], T]) -> T:
        """What is parsed one level deeper; a file that nests without end is refused."""
        if self._depth == _NESTING_LIMIT:
            raise self.failure("fewer parts inside each other", "give the inner parts names with define")
        self._depth += 1
        try:
            return parse()
        finally:
            self._depth -= 1

    def chained(self, first: T, longer: Callable[[T], T | None]) -> T:
        """`first` made longer link by link, until None says that nothing follows; chains without end are refused."""
        chain = first
        for _ in range(_CHAIN_LIMIT):
            following = longer(chain)
            if following is None:
                return chain
            chain = following
        raise self.failure("fewer operators in one expression", "give parts of it names with define")

    def _skip(self, stops: Callable[[str], bool]) -> None:
        while self.current.kind is not TokenKind.END and not self.starts_definition(self.index):
            word = self.word
            if stops(word) or word in _CLOSING:
                return
            self.index = self.behind_bracket(self.index) or self.index + 1

    def _not_closed(self, opening: int, what: str) -> SyntaxFailure:
        closing = _OPENING[self.words[opening]]
        if self.behind_bracket(opening) is not None:
            return self.failure(f"an operator or '{closing}'" if what == "bracket" else f"',' or '{closing}'")
        start = self.tokens[opening]
        problem = Problem(
            self.position(start),
            f"this {what} is never closed",
            self.current.described,
            f"'{closing}'",
            f"add the '{closing}' before line {self.current.line}" if self.current.line > start.line else "",
        )
        return SyntaxFailure(problem)

    def _name_hint(self, is_keyword: bool) -> str:
        if is_keyword:
            return f'{self.word} is a word of the language: as a name it is written "{self.word}"'
        return "names stand in double quotes" if self.current.kind is TokenKind.STRING else ""

    def _spelling_hint(self, candidates: Iterable[str]) -> str:
        """The keyword that was meant by the name found, or by the name before it, which was taken for an alias."""
        known = list(candidates) or list(INFIX_WORDS)
        for token in (self.current, self.token_at(max(0, self.index - 1))):
            if token.kind is not TokenKind.NAME or len(token.text) < 3:
                continue
            if close := get_close_matches(token.text.lower(), known, 1, 0.65):
                return f"did you mean '{close[0]}' by '{token.text}'?"
        return ""

    def _matching_brackets(self) -> dict[int, int]:
        """For every opening bracket that is closed, where; `[1, 2)` is an interval, so round and square match."""
        pairs: dict[int, int] = {}
        opened: list[int] = []
        for index, word in enumerate(self.words):
            if not word:
                continue
            if word in _OPENING:
                opened.append(index)
            elif word in _CLOSING:
                partner = next((o for o in reversed(opened) if (self.words[o] == "{") == (word == "}")), None)
                if partner is not None:
                    pairs[partner] = index
                    del opened[opened.index(partner) :]
            elif opened and word in DEFINITION_STARTS and self.starts_definition(index):
                opened.clear()
        return pairs
