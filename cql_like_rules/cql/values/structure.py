"""Tuple: named elements, and the FHIR resources they came from.

Source: CQL 1.5.3, Author's Guide, Structured Values (Tuples).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Tuple(Mapping[str, Any]):
    """An immutable mapping of element name to value; an element that is not there is null.

    `sources` holds the references (`Observation/bsa`) of the resources that the values were taken from, if any. Two
    tuples are equal in Python when names and values are; equality by the rules of CQL is `operators.comparison.equal`.
    """

    __slots__ = ("_elements", "sources")

    def __init__(self, elements: Mapping[str, Any], sources: tuple[str, ...] = ()) -> None:
        self._elements = dict(elements)
        self.sources = sources

    def __getitem__(self, name: str) -> Any:
        return self._elements[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._elements)

    def __len__(self) -> int:
        return len(self._elements)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of the element; `default` when the tuple has no such element."""
        return self._elements.get(name, default)

    def __eq__(self, other: object) -> bool:
        return self._elements == other._elements if isinstance(other, Tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._elements))

    def __repr__(self) -> str:
        return f"Tuple({self._elements!r})"
