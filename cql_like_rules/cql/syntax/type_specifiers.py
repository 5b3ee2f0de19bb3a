"""Types as they are written: names, lists, intervals, choices and tuples of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cql_like_rules.cql.syntax.node import Node


@dataclass(frozen=True, slots=True)
class NamedTypeSpecifier(Node):
    """`System.Quantity`, `FHIR.Condition`, `Boolean`; `model` is None where it was not written."""

    name: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ListTypeSpecifier(Node):
    element: TypeSpecifier


@dataclass(frozen=True, slots=True)
class IntervalTypeSpecifier(Node):
    point: TypeSpecifier


@dataclass(frozen=True, slots=True)
class ChoiceTypeSpecifier(Node):
    choices: tuple[TypeSpecifier, ...]


@dataclass(frozen=True, slots=True)
class TupleElementDefinition(Node):
    name: str
    type: TypeSpecifier


@dataclass(frozen=True, slots=True)
class TupleTypeSpecifier(Node):
    elements: tuple[TupleElementDefinition, ...]


TypeSpecifier: TypeAlias = (
    NamedTypeSpecifier | ListTypeSpecifier | IntervalTypeSpecifier | ChoiceTypeSpecifier | TupleTypeSpecifier
)
