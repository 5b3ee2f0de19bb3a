"""Unit text to its terms and back: `mg/m2/d` is mg¹ · m⁻² · d⁻¹.

Annotations (`{cells}`) mean nothing to UCUM and are dropped.

Source: The Unified Code for Units of Measure 2.2, sections 2.1 to 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

Terms: TypeAlias = tuple[tuple[str, int], ...]

TEN = "10*"

LONGEST = 100
"""Characters of a unit. What is longer is none, but brackets or digits without end, which no reader survives."""

_TOKEN = re.compile(
    r"(?P<ten>10[*^])(?P<ten_power>[+-]?\d+)?"
    r"|(?P<number>\d+)"
    r"|(?P<symbol>(?:\[[^\[\]\s]+\]|[^\s\d\[\]{}()./+-])+)(?P<power>[+-]?\d+)?"
    r"|(?P<annotation>\{[^{}]*\})"
    r"|(?P<sign>[./()])"
)


class NotUcum(ValueError):
    """The text does not follow the grammar of UCUM."""


def terms_of(text: str) -> Terms:
    """The symbols of a unit with their exponents, each once, in the order written. Raises NotUcum."""
    if len(text) > LONGEST:
        raise NotUcum(text)
    reader = _Reader(text)
    terms = reader.term()
    if not reader.at_end():
        raise NotUcum(text)
    return combined(terms)


def combined(terms: Iterable[tuple[str, int]]) -> Terms:
    """The terms with the exponents of equal symbols added; symbols that cancel out are gone."""
    exponents: dict[str, int] = {}
    for symbol, exponent in terms:
        exponents[symbol] = exponents.get(symbol, 0) + exponent
    return tuple((symbol, exponent) for symbol, exponent in exponents.items() if exponent)


def text_of(terms: Terms) -> str:
    """The unit as UCUM text, `1` when nothing is left."""
    above = [_power_text(symbol, exponent) for symbol, exponent in terms if exponent > 0 or symbol == TEN]
    below = [_power_text(symbol, -exponent) for symbol, exponent in terms if exponent < 0 and symbol != TEN]
    return "/".join([".".join(above), *below]) or "1"


def _power_text(symbol: str, exponent: int) -> str:
    if symbol.isdigit():
        return str(int(symbol) ** exponent)
    return symbol if exponent == 1 and symbol != TEN else f"{symbol}{exponent}"


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._token: re.Match[str] | None = None
        self._advance()

    def at_end(self) -> bool:
        return self._token is None

    def term(self) -> list[tuple[str, int]]:
        """A product of components: `/` turns the one component after it upside down."""
        inverted = self._take("/")
        terms = _raised(self._component(), -1 if inverted else 1)
        while True:
            if self._take("."):
                terms += self._component()
            elif self._take("/"):
                terms += _raised(self._component(), -1)
            else:
                return terms

    def _component(self) -> list[tuple[str, int]]:
        token = self._token
        if token is None:
            raise NotUcum(self._text)
        if self._take("("):
            terms = self.term()
            if not self._take(")"):
                raise NotUcum(self._text)
            return terms
        if token["sign"]:
            raise NotUcum(self._text)
        self._advance()
        if token["annotation"]:
            return []
        if token["number"]:
            return [] if token["number"] == "1" else [(token["number"], 1)]
        if self._token is not None and self._token["annotation"]:
            self._advance()
        if token["ten"]:
            return [(TEN, int(token["ten_power"] or 1))]
        return [(token["symbol"], int(token["power"] or 1))]

    def _take(self, sign: str) -> bool:
        if self._token is None or self._token["sign"] != sign:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        if self._place == len(self._text):
            self._token = None
            return
        self._token = _TOKEN.match(self._text, self._place)
        if self._token is None:
            raise NotUcum(self._text)
        self._place = self._token.end()


def _raised(terms: list[tuple[str, int]], exponent: int) -> list[tuple[str, int]]:
    return [(symbol, power * exponent) for symbol, power in terms]
