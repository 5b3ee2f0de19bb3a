"""Tuple: named values together (CQL 1.5.3, Author's Guide, Structured Values)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Tuple(Mapping[str, Any]):
    """An immutable mapping of element names to values.

    `sources` are references of the FHIR resources that the values came from, for traces.
    """

    __slots__ = ("_values", "sources")

    def __init__(self, values: Mapping[str, Any], sources: tuple[str, ...] = ()) -> None:
        self._values = dict(values)
        self.sources = sources

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values)))

    def __repr__(self) -> str:
        return f"Tuple({self._values!r})"
