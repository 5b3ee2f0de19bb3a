"""The outline of a text: its definitions, and in each the brackets, chains, queries and choices that may span lines.

This is not the parser: it reads only what layout needs, of a text that the parser has no problem with, and whatever it
makes of a text, the pieces stay what they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from cql_like_rules.cql.formatting.breaks import LAST_RESORT, Group, Outline, Point
from cql_like_rules.cql.formatting.pieces import Piece
from cql_like_rules.cql.formatting.spacing import angles
from cql_like_rules.cql.keywords import COMPONENTS, DEFINITION_STARTS, QUERY_CLAUSES
from cql_like_rules.cql.parsing.expressions import INFIX as EXPRESSION_OPERATORS
from cql_like_rules.cql.parsing.terms import INFIX as TERM_OPERATORS

_CHAINS = (frozenset({"implies"}), frozenset({"or", "xor"}), frozenset({"and"}))
_CLOSING = (")", "]", "}")
_STOPS = frozenset({",", "then", "else", "when", "such that", *_CLOSING})
_OPERATORS = frozenset({*EXPRESSION_OPERATORS, *TERM_OPERATORS}.difference(*_CHAINS))
_NO_QUERY = frozenset({"singleton", "point", *COMPONENTS})
"""What may stand before a `from` that begins no query."""


def outline_of(pieces: Sequence[Piece]) -> Outline:
    """The outline of a text, with the author's own line breaks in use where a line may be broken."""
    reader = _Reader(pieces)
    reader.text()
    return reader.outline


class _Reader:
    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.outline = Outline()
        self._pieces = pieces
        self._angles = angles(pieces)
        self._at = 0
        self._depth = 0
        self._within: Group | None = None

    # --- definitions ---

    def text(self) -> None:
        """Everything, definition by definition."""
        while self._pieces[self._at].group != "end":
            self._definition()

    def _definition(self) -> None:
        start = self._at
        word = self._word
        group = self._group(start)
        self.outline.definitions[start] = word
        while self._word in ("public", "private"):
            self._at += 1
        defines = self._word == "define"
        self._at += 1
        while not self._ends_definition():
            if self._word == ":" and defines:
                self._at += 1
                self._point(group, self._at, 1)
                self._within = group
                self._expressions()
                self._within = None
                return
            if self._word == "default":
                self._at += 1
                self._expressions()
            elif self._word in ("(", "{"):
                self._bracket()
            else:
                self._at += 1

    def _expressions(self) -> None:
        """One expression; should anything be left of the definition, that too."""
        while not self._ends_definition():
            before = self._at
            self._chain()
            if self._at == before:
                self._at += 1

    def _ends_definition(self) -> bool:
        piece = self._pieces[self._at]
        return piece.group == "end" or self._begins_definition(self._at)

    def _begins_definition(self, index: int) -> bool:
        return self._pieces[index].breaks and self._would_define(index)

    def _would_define(self, index: int) -> bool:
        """True where a definition begins if the piece begins a line."""
        piece = self._pieces[index]
        if piece.word not in DEFINITION_STARTS:
            return False
        following = self._pieces[index + 1]
        return piece.word == "define" or following.is_name or following.word in DEFINITION_STARTS

    # --- expressions ---

    def _chain(self, level: int = 0) -> None:
        """Operands with `and`, `or`, `implies` between them; the looser the operator, the more its group holds."""
        if level == len(_CHAINS):
            self._operation()
            return
        start, group = self._at, None
        self._depth += 1
        self._chain(level + 1)
        while self._word in _CHAINS[level]:
            group = group or self._group(start)
            self._at += 1
            self._point(group, self._at - 1, 1, alone=True, also=self._at)
            self._chain(level + 1)
        self._depth -= 1

    def _operation(self) -> None:
        """Anything that binds tighter than `and`: operands and operators up to what ends them."""
        start, between, group = self._at, 0, None
        self._depth += 1
        while not self._stops(between):
            word = self._word
            if word in ("(", "[", "{"):
                self._bracket()
            elif word == "if":
                self._choice()
            elif word == "case":
                self._case()
            elif word == "from" and self._is_query():
                self._several_sources()
            elif word in QUERY_CLAUSES:
                self._clauses(self._source_start(start))
            else:
                between += (word == "between") - (word == "and")
                self._at += 1
                if word in _OPERATORS and self._at - 1 > start and self._at - 1 not in self._angles:
                    group = group or self._group(start, LAST_RESORT)
                    self._point(group, self._at - 1, 1, alone=True, also=self._at)
        self._depth -= 1

    def _stops(self, between: int) -> bool:
        piece = self._pieces[self._at]
        if self._ends_definition():
            return True
        if piece.word in QUERY_CLAUSES:
            return not self._behind_source()
        if piece.word == "and" and between:
            return False
        if any(piece.word in words for words in _CHAINS):
            return True
        if piece.word == "end":
            return self._pieces[self._at + 1].word != "of"
        return piece.word in _STOPS

    def _bracket(self) -> None:
        """What stands between two brackets, with commas between its items."""
        opening = self._at
        outer, self._within = self._within, None
        group = self._group(opening, LAST_RESORT if self._word == "[" else 0)
        self._depth += 1
        self._at += 1
        opens = self._word not in _CLOSING and self._point(group, self._at, 1, alone=True)
        while not self._ends_definition() and self._word not in _CLOSING:
            before = self._at
            self._chain()
            if self._word == ",":
                self._at += 1
                self._point(group, self._at, 1, stage=1, alone=True)
                if opens:
                    opens.alone = False
            elif self._at == before and self._word not in _CLOSING:
                self._at += 1
        if self._word in _CLOSING:
            if opens:
                self._point(group, self._at, 0)
            self._at += 1
        self._depth -= 1
        self._within = outer

    def _choice(self, continues: Group | None = None) -> None:
        """`if … then … else …`; an `else if` goes on at the same indentation."""
        group = self._group(self._at, hangs=True, continues=continues)
        self._depth += 1
        self._at += 1
        self._chain()
        if self._word == "then":
            condition = self._group(group.start, continues=continues)
            self._point(condition, self._at, 1, stage=1, alone=True)
            self._at += 1
            self._point(group, self._at, 1, stage=1, alone=True)
            self._chain()
        if self._word == "else":
            self._point(group, self._at, 0)
            self._at += 1
            if self._word == "if":
                self._choice(group)
            else:
                self._point(group, self._at, 1, stage=1, alone=True)
                self._chain()
        self._depth -= 1

    def _case(self) -> None:
        """`case … when … then … else … end`, each part on a line of its own."""
        group = self._group(self._at)
        self._depth += 1
        self._at += 1
        if self._word != "when":
            self._chain()
        while self._word in ("when", "else"):
            item = self._group(self._at)
            self._point(group, self._at, 1)
            self._at += 1
            if self._pieces[item.start].word == "else":
                self._point(item, self._at, 1, stage=1, alone=True)
            self._chain()
            if self._word == "then":
                self._point(item, self._at, 1, alone=True)
                self._at += 1
                self._point(item, self._at, 1, stage=1, alone=True)
                self._chain()
        if self._word == "end":
            self._point(group, self._at, 0)
            self._at += 1
        self._depth -= 1

    # --- queries ---

    def _is_query(self) -> bool:
        """True for a `from` that begins a query; not for that of `date from x` or `Code 'x' from "S"`."""
        before = self._pieces[self._at - 1]
        return before.word not in _NO_QUERY and before.group != "string"

    def _several_sources(self) -> None:
        start = self._at
        self._at += 1
        while not self._ends_definition() and self._word not in (*QUERY_CLAUSES, *_CLOSING):
            if self._word in ("(", "["):
                self._bracket()
            else:
                self._at += 1
        self._clauses(start)

    def _behind_source(self) -> bool:
        """True where an alias stands before the clause and a source before the alias."""
        alias, source = self._pieces[self._at - 1], self._pieces[self._at - 2]
        return alias.is_name and alias.raw != "." and (source.is_name or source.word in (")", "]"))

    def _source_start(self, start: int) -> int:
        """Where the source begins whose alias stands before the clause."""
        index = self._at - 2
        if self._pieces[index].word in _CLOSING:
            opened = 1
            while opened and index > start:
                index -= 1
                word = self._pieces[index].word
                opened += (word in _CLOSING) - (word in ("(", "[", "{"))
            return index
        while index - 2 >= start and self._pieces[index - 1].word == ".":
            index -= 2
        return index

    def _clauses(self, start: int) -> None:
        group = self._group(start)
        outer, self._within = self._within, group
        self._depth += 1
        while self._word in QUERY_CLAUSES:
            self._point(group, self._at, 1)
            self._clause()
        self._depth -= 1
        self._within = outer

    def _clause(self) -> None:
        word, clause = self._word, self._group(self._at)
        self._at += 1
        if word in ("with", "without"):
            self._up_to("such that")
            self._point(clause, self._at, 1, alone=True)
            self._at += 1
        elif word == "aggregate":
            self._up_to(":")
            self._at += 1
        elif word == "let":
            self._at += 2
        self._chain()
        while self._word == "," and (word == "sort" or (word == "let" and self._pieces[self._at + 2].word == ":")):
            self._at += 1
            self._point(clause, self._at, 1, stage=1, alone=True)
            self._at += 2 if word == "let" else 0
            self._chain()

    def _up_to(self, word: str) -> None:
        while not self._ends_definition() and self._word not in (word, *_CLOSING):
            if self._word in ("(", "[", "{"):
                self._bracket()
            else:
                self._at += 1

    # --- groups and points ---

    @property
    def _word(self) -> str:
        return self._pieces[self._at].word

    def _group(self, start: int, rank: int = 0, hangs: bool = False, continues: Group | None = None) -> Group:
        group = Group(start, self._depth + rank, hangs, continues, self._within)
        self.outline.groups.append(group)
        return group

    def _point(
        self, group: Group, index: int, steps: int, stage: int = 0, alone: bool = False, also: int | None = None
    ) -> Point | None:
        """A place for a break, in use where the author broke the line there, or before the piece `also`.

        None before a word that would begin a definition if it began a line.
        """
        if self._would_define(index) or index in self.outline.points:
            return None
        point = Point(index, group, steps, stage, alone)
        point.active = self._pieces[index].breaks or (also is not None and self._pieces[also].breaks)
        group.points.append(point)
        self.outline.points[index] = point
        return point
