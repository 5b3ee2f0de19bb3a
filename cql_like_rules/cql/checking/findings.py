"""Where the checker writes down what it finds: problems, what names refer to, and types of expressions."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.resolution import Reference
from cql_like_rules.cql.syntax import Node, Position
from cql_like_rules.cql.types import ANY, Type


class Findings:
    """`references` and `types` are kept by `id(node)`, as in a ResolvedLibrary."""

    def __init__(self) -> None:
        self.references: dict[int, Reference] = {}
        self.types: dict[int, Type] = {}
        self._problems: dict[tuple[Position, str], Problem] = {}

    @property
    def problems(self) -> list[Problem]:
        """Each problem once, in the order of the file."""
        return sorted(self._problems.values(), key=lambda problem: (problem.position.line, problem.position.column))

    @property
    def count(self) -> int:
        """How many problems were found so far."""
        return len(self._problems)

    def report(self, node: Node, message: str, hint: str = "", found: str = "", expected: str = "") -> None:
        """Keep a problem with the node; a node that is in the tree twice is reported once."""
        problem = Problem(node.position, message, found, expected, hint)
        self._problems.setdefault((problem.position, message), problem)

    def refuse(self, node: Node, what: str, hint: str = "") -> None:
        """Report what is CQL but not part of the subset."""
        self.report(node, f"not in the subset: {what}", hint)

    def is_clean(self, node: Node) -> bool:
        """True when nothing was reported where the node stands."""
        return all(problem.position != node.position for problem in self._problems.values())

    def refer(self, node: Node, reference: Reference) -> None:
        self.references[id(node)] = reference

    def type_of(self, node: Node) -> Type:
        """The type found for an expression, `ANY` where none is known."""
        return self.types.get(id(node), ANY)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A hint that names the closest candidate; empty when none is close."""
    known = {candidate.casefold(): candidate for candidate in candidates}
    close = get_close_matches(name.casefold(), known, 1, 0.7)
    return f"did you mean {known[close[0]]}?" if close else ""
