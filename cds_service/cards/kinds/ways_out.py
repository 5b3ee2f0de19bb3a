"""The other ways that a policy leaves open: documents that it takes instead of a criterion that is not met."""

from __future__ import annotations

from collections.abc import Iterator

from cql_like_rules.criteria import AllOf, AnyOf, Choice, Guarded, Name, Negation, Structure, Test
from cql_like_rules.determination import CriterionResult, Determination, Status


def documents_instead(determination: Determination, criterion: CriterionResult) -> Iterator[CriterionResult]:
    """The documentation criteria that stand beside the criterion in an any-of of the policy and are still open.

    One that was denied is no way out any more.
    """
    for node in determination.criteria:
        known = determination.policy.criteria.get(node.section)
        if known is None or known.structure is None:
            continue
        holding = {child.section for child in node.children if any(below.id == criterion.id for below in child.walk())}
        others = _alternatives(known.structure, holding)
        for child in node.children:
            if child.section in others and child.kind == "documentation" and child.status is Status.MISSING:
                yield child


def _alternatives(structure: Structure, names: set[str]) -> set[str]:
    """The names in the other parts of every any-of that holds one of these names."""
    found: set[str] = set()
    for choice in _any_ofs(structure):
        parts = [set(_names(part)) for part in choice.parts]
        if any(part & names for part in parts):
            found.update(*(part for part in parts if not part & names))
    return found


def _any_ofs(structure: Structure) -> Iterator[AnyOf]:
    if isinstance(structure, AnyOf):
        yield structure
    for part in _parts(structure):
        yield from _any_ofs(part)


def _names(structure: Structure) -> Iterator[str]:
    if isinstance(structure, Name):
        yield structure.name
    for part in _parts(structure):
        yield from _names(part)


def _parts(structure: Structure) -> tuple[Structure, ...]:
    match structure:
        case AllOf(parts) | AnyOf(parts):
            return parts
        case Negation(part) | Test(part, _):
            return (part,)
        case Guarded(condition, part):
            return (condition, part)
        case Choice(branches, otherwise):
            return (*(part for branch in branches for part in branch), otherwise)
    return ()
