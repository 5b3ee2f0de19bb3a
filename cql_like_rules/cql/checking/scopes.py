"""What names mean inside an expression: operands, aliases, lets, and the row in a sort clause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cql_like_rules.cql.resolution import Kind
from cql_like_rules.cql.syntax import Node
from cql_like_rules.cql.types import Type


@dataclass(frozen=True, slots=True)
class Local:
    """A name that is known in part of an expression only."""

    kind: Kind
    name: str
    declaration: Node
    type: Type


@dataclass(frozen=True, slots=True)
class Scope:
    """A chain of local names, the innermost first. `row` is the type of `$this`, in a sort clause only."""

    local: Local | None = None
    outer: Scope | None = None
    row: Type | None = None

    def with_local(self, kind: Kind, name: str, declaration: Node, type_: Type) -> Scope:
        """This scope and one more name."""
        return Scope(Local(kind, name, declaration, type_), self, self.row)

    def sorting(self, row: Type) -> Scope:
        """The scope of the sort clause of a query that stands in this one: the elements of its rows are names too."""
        return Scope(self.local, self.outer, row)

    def find(self, name: str) -> Local | None:
        """The innermost local of that name."""
        return next((local for local in self.locals() if local.name == name), None)

    def locals(self) -> Iterator[Local]:
        """All locals, the innermost first."""
        scope: Scope | None = self
        while scope is not None:
            if scope.local is not None:
                yield scope.local
            scope = scope.outer
