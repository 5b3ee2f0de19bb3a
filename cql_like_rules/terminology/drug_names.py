"""Drug names in free text: the last resort when an order or an allergy has no usable code.

Only whole words count, so that a name inside a longer word is never taken for the drug. The names are those of the
value sets: brands and ingredients of RxNorm, told apart from products by RxNorm's term type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cql_like_rules.cql.values.concept import Code
from cql_like_rules.terminology.loading import CodedConcept

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"

_NAME_TYPES = frozenset({"BN", "IN", "MIN", "PIN"})
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
# A name of two words does not go on after these.
_STOP = re.compile(r"[,;:()\[\]]")

_Words = tuple[str, ...]


class DrugNames:
    """The names of brands and ingredients, each with its RxNorm code."""

    def __init__(self, concepts: Iterable[CodedConcept]) -> None:
        self._codes: dict[_Words, Code] = {}
        self._brands: set[str] = set()
        for concept in concepts:
            if concept.system == RXNORM and concept.term_type in _NAME_TYPES:
                self._codes.setdefault(_words(concept.display), Code(concept.code, RXNORM, None, concept.display))
                if concept.term_type == "BN":
                    self._brands.add(concept.code)
        self._longest = max(map(len, self._codes), default=0)

    def codes_in(self, text: str) -> tuple[Code, ...]:
        """The codes of the drugs that the text names, in the order of the text, each once.

        Where names overlap the longest wins: a biosimilar, named with its suffix, is not also its originator.
        """
        phrases = (_words(phrase) for phrase in _STOP.split(text))
        return tuple(dict.fromkeys(code for words in phrases for code in self._codes_among(words)))

    def brands_in(self, text: str) -> tuple[str, ...]:
        """The brand names among the drugs that the text names."""
        return tuple(code.display or "" for code in self.codes_in(text) if code.code in self._brands)

    def _codes_among(self, words: _Words) -> Iterator[Code]:
        start = 0
        while start < len(words):
            length = self._length_of_name(words, start)
            if length:
                yield self._codes[words[start : start + length]]
            start += length or 1

    def _length_of_name(self, words: _Words, start: int) -> int:
        for length in range(min(self._longest, len(words) - start), 0, -1):
            if words[start : start + length] in self._codes:
                return length
        return 0


def _words(text: str) -> _Words:
    return tuple(match.group().casefold() for match in _WORD.finditer(text))
