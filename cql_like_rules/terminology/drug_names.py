"""Drug names in free text: the last resort when an order or an allergy has no usable code.

Only whole words count, so that a name inside a longer word is never taken for the drug. The names are those of the
value sets: brands and ingredients of RxNorm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cql_like_rules.cql.values.concept import Code
from cql_like_rules.terminology.loading import CodedConcept

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

_NAME_TYPES = frozenset({"BN", "IN", "MIN", "PIN"})
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")

_Words = tuple[str, ...]


class DrugNames:
    """The names of brands and ingredients, each with its RxNorm code."""

    def __init__(self, concepts: Iterable[CodedConcept]) -> None:
        self._codes: dict[_Words, Code] = {}
        self._brands: set[str] = set()
        for concept in concepts:
            if concept.system == RXNORM and _is_name(concept):
                self._codes.setdefault(_words(concept.display), Code(concept.code, RXNORM, None, concept.display))
                if concept.term_type == "BN":
                    self._brands.add(concept.code)
        self._longest = max(map(len, self._codes), default=0)

    def codes_in(self, text: str) -> tuple[Code, ...]:
        """The codes of the drugs that the text names, in the order of the text, each once.

        Where names overlap the longest wins: `pegfilgrastim-jmdb` is not also `pegfilgrastim`.
        """
        words = _words(text)
        found: dict[Code, None] = {}
        start = 0
        while start < len(words):
            length = self._length_of_name(words, start)
            if length:
                found[self._codes[words[start : start + length]]] = None
            start += length or 1
        return tuple(found)

    def brands_in(self, text: str) -> tuple[str, ...]:
        """The brand names among the drugs that the text names."""
        return tuple(code.display or "" for code in self.codes_in(text) if code.code in self._brands)

    def _length_of_name(self, words: _Words, start: int) -> int:
        for length in range(min(self._longest, len(words) - start), 0, -1):
            if words[start : start + length] in self._codes:
                return length
        return 0


def _is_name(concept: CodedConcept) -> bool:
    if concept.term_type:
        return concept.term_type in _NAME_TYPES
    # Without a term type, a display with a strength or a brand in brackets is a product, not a name.
    return bool(concept.display) and not re.search(r"\d|\[| Product$", concept.display)


def _words(text: str) -> _Words:
    return tuple(match.group().casefold() for match in _WORD.finditer(text))
