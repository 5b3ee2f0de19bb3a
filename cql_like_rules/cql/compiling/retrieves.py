"""Retrieves: the resources of a type, filtered by codes, straight from the record's index.

Source: CQL 1.5.3, Author's Guide, Retrieve.
"""

from __future__ import annotations

from typing import Any

from cql_like_rules.cql.compiling.frame import Closure, ExpressionFailed, Frame
from cql_like_rules.cql.compiling.scope import Maker, Scope
from cql_like_rules.cql.resolution import Kind
from cql_like_rules.cql.syntax import Expression, IdentifierRef, Position, Property, Retrieve
from cql_like_rules.cql.values.concept import Code, Concept, ValueSet

_WRITTEN_DOWN = frozenset({Kind.VALUE_SET, Kind.CODE, Kind.CONCEPT})


def retrieve(node: Retrieve, scope: Scope) -> Closure:
    """The resources of the type, in the order of the record; with codes, those that have one of them."""
    type_name, path = node.type.name, node.code_path
    if node.codes is None:
        return _all_of(type_name)
    codes = scope.closure(node.codes)
    reference = scope.reference(node.codes) if isinstance(node.codes, IdentifierRef | Property) else None
    if reference is not None and reference.kind in _WRITTEN_DOWN:
        return _coded(type_name, path, scope.symbols.constants[id(reference.declaration)])
    return _coded_by_value(type_name, path, codes, node.codes.position)


def _all_of(type_name: str) -> Closure:
    def all_of(frame: Frame) -> list[Any]:
        return frame[0].record.retrieve(type_name)  # type: ignore[no-any-return]

    return all_of


def _coded(type_name: str, path: str | None, codes: ValueSet | Code | Concept) -> Closure:
    def coded(frame: Frame) -> list[Any]:
        return frame[0].record.retrieve(type_name, path, codes)  # type: ignore[no-any-return]

    return coded


def _coded_by_value(type_name: str, path: str | None, codes: Closure, position: Position) -> Closure:
    def coded(frame: Frame) -> list[Any]:
        wanted = codes(frame)
        if wanted is None:
            return []
        if isinstance(wanted, list):
            wanted = Concept(tuple(code for code in wanted if isinstance(code, Code)))
        if not isinstance(wanted, ValueSet | Code | Concept):
            raise ExpressionFailed(position, f"a retrieve filters by codes, not by {wanted!r}")
        return frame[0].record.retrieve(type_name, path, wanted)  # type: ignore[no-any-return]

    return coded


CLOSURES: dict[type[Expression], Maker] = {Retrieve: retrieve}
