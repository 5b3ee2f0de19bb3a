"""Timing phrases as written: `starts 3 days or less before start`, `included in day of`, `same month or after`.

Source: CQL 1.5.3, Appendix G (intervalOperatorPhrase).
"""

from __future__ import annotations

from dataclasses import replace

from cql_like_rules.cql.keywords import PRECISIONS, SINGULAR
from cql_like_rules.cql.lexer import TokenKind
from cql_like_rules.cql.parsing.selectors import SelectorParser
from cql_like_rules.cql.parsing.stream import TokenStream
from cql_like_rules.cql.parsing.timing import Phrase
from cql_like_rules.cql.syntax import QuantityLiteral

_LEFT = {"starts": "Start", "ends": "End", "occurs": ""}
_RIGHT = {"start": "Start", "end": "End"}
_SAME = {"as": "same as", "or before": "same or before", "or after": "same or after"}
_LIMITS_BEHIND = ("or more", "or less")
_LIMITS_AHEAD = ("more than", "less than")
_WITH_BOUNDARY = frozenset(
    {"same", "properly", "during", "included in", "before", "after", "on or", "within", *_LIMITS_AHEAD}
)
_OPENING = _WITH_BOUNDARY | _LEFT.keys() | {"includes", "meets", "overlaps"}

_OPERAND_KINDS = frozenset(TokenKind) - {TokenKind.KEYWORD, TokenKind.SYMBOL, TokenKind.END}
_OPERANDS = """
    ( [ { $this null true false not exists cast if case convert distinct flatten collapse singleton point minimum
    maximum duration difference Interval List Tuple Code Concept date time start end
"""
_OPERAND_WORDS = frozenset(_OPERANDS.split())


class TimingParser:
    def __init__(self, tokens: TokenStream, selectors: SelectorParser) -> None:
        self._tokens = tokens
        self._selectors = selectors

    def phrase(self) -> Phrase | None:
        """The phrase that stands here, up to its right operand; None, with nothing taken, when there is none."""
        tokens = self._tokens
        if tokens.word not in _OPENING and not self._offset_follows(tokens.index):
            return None
        phrase = Phrase(tokens.position(), tokens.word)
        if tokens.word not in _LEFT:
            return self._relation(phrase)
        if tokens.word_at(tokens.index + 1) in _WITH_BOUNDARY or self._offset_follows(tokens.index + 1):
            return self._relation(replace(phrase, left=_LEFT[tokens.advance().text]))
        if tokens.advance().text == "occurs":
            raise tokens.failure("'before', 'after', 'during', 'within' or 'same'")
        return replace(phrase, precision=self._tokens.precision_of())

    def _relation(self, phrase: Phrase) -> Phrase:
        tokens = self._tokens
        properly = tokens.take("properly")
        match tokens.word:
            case "same" if not properly:
                return self._same(phrase)
            case "within":
                return self._within(replace(phrase, properly=properly))
            case "during" | "included in":
                tokens.advance()
                return replace(phrase, relation="during", properly=properly, precision=self._tokens.precision_of())
            case "includes" if not phrase.left:
                tokens.advance()
                precision = self._tokens.precision_of()
                right = self._right_boundary()
                return replace(phrase, relation="includes", properly=properly, precision=precision, right=right)
            case "meets" | "overlaps" as relation if not properly:
                tokens.advance()
                if tokens.word in ("before", "after"):
                    relation = f"{relation} {tokens.advance().text}"
                return replace(phrase, relation=relation, precision=self._tokens.precision_of())
            case _ if not properly:
                return self._before_or_after(phrase)
        raise tokens.failure("'during', 'included in', 'includes', 'within' or 'between'")

    def _same(self, phrase: Phrase) -> Phrase:
        tokens = self._tokens
        tokens.advance()
        precision = tokens.advance().text if tokens.word in PRECISIONS else None
        if tokens.word not in _SAME:
            raise tokens.failure("'as', 'or before' or 'or after'")
        relation = _SAME[tokens.advance().text]
        return replace(phrase, relation=relation, precision=precision, right=self._right_boundary())

    def _within(self, phrase: Phrase) -> Phrase:
        self._tokens.advance()
        offset = self._selectors.quantity()
        self._tokens.expect("of", "'of'")
        return replace(phrase, relation="within", offset=offset, right=self._right_boundary())

    def _before_or_after(self, phrase: Phrase) -> Phrase:
        tokens = self._tokens
        offset, limit = self._offset()
        inclusive = tokens.take("on or")
        if tokens.word not in ("before", "after"):
            raise tokens.failure("'before' or 'after'")
        relation = tokens.advance().text
        inclusive = (not inclusive and tokens.take("or on")) or inclusive
        precision = self._tokens.precision_of()
        return replace(
            phrase,
            relation=relation,
            inclusive=inclusive,
            offset=offset,
            limit=limit,
            precision=precision,
            right=self._right_boundary(),
        )

    def _offset(self) -> tuple[QuantityLiteral | None, str]:
        """`3 days or less`, `more than 3 days`; None where the relation has no offset."""
        tokens = self._tokens
        if tokens.word in _LIMITS_AHEAD:
            limit = tokens.advance().text
            return self._selectors.quantity(), limit
        if not tokens.at_number:
            return None, ""
        offset = self._selectors.quantity()
        return offset, tokens.advance().text if tokens.word in _LIMITS_BEHIND else ""

    def _offset_follows(self, index: int) -> bool:
        """True where a number, perhaps with a unit, is the offset of `before` or `after`."""
        tokens = self._tokens
        if tokens.token_at(index).kind is not TokenKind.NUMBER:
            return False
        index += 1
        if tokens.token_at(index).kind is TokenKind.STRING or tokens.word_at(index) in SINGULAR:
            index += 1
        if tokens.word_at(index) in _LIMITS_BEHIND:
            index += 1
        return tokens.word_at(index) in ("before", "after", "on or")

    def _right_boundary(self) -> str:
        """`start` or `end` before the right operand, unless it is the beginning of `start of x` or a name itself."""
        tokens = self._tokens
        following = tokens.token_at(tokens.index + 1)
        opens_operand = following.kind in _OPERAND_KINDS or tokens.word_at(tokens.index + 1) in _OPERAND_WORDS
        return _RIGHT[tokens.advance().text] if tokens.word in _RIGHT and opens_operand else ""
