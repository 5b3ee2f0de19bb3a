"""What a define rests on: the defines, functions, parameters and value sets that it names, and theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cql_like_rules.cql import syntax


class Resting:
    """The definitions of one library, by what they rest on."""

    def __init__(self, library: syntax.Library) -> None:
        self.definitions: Mapping[str, syntax.Definition] = {each.name: each for each in library.definitions}
        self._named = {name: tuple(self._names_in(definition)) for name, definition in self.definitions.items()}

    def on(self, name: str) -> tuple[str, ...]:
        """The names of what the definition rests on, its own first, in the order in which a reader meets them."""
        found: dict[str, None] = {}
        waiting = [name] if name in self.definitions else []
        while waiting:
            each = waiting.pop(0)
            if each not in found:
                found[each] = None
                waiting += self._named[each]
        return tuple(found)

    def texts(self, name: str) -> frozenset[str]:
        """The strings that are written in the definition and in what it rests on."""
        return frozenset(
            node.value
            for each in self.on(name)
            for node in self.definitions[each].walk()
            if isinstance(node, syntax.Literal) and isinstance(node.value, str)
        )

    def _names_in(self, definition: syntax.Definition) -> Iterator[str]:
        for node in definition.walk():
            if isinstance(node, syntax.IdentifierRef | syntax.FunctionRef) and node.name in self.definitions:
                yield node.name
