"""Definitions, the tags before them, and the library that holds them."""

from __future__ import annotations

from dataclasses import dataclass, field

from cql_like_rules.cql.syntax.expressions import Expression
from cql_like_rules.cql.syntax.node import Node
from cql_like_rules.cql.syntax.type_specifiers import TypeSpecifier


@dataclass(frozen=True, slots=True)
class Tag:
    """`@name: value` from the comment directly above a definition (CQL 1.5, Author's Guide, Tags)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Definition(Node):
    """A named thing of a library, with the tags of the comment above it and its access level."""

    name: str
    tags: tuple[Tag, ...] = ()
    private: bool = False

    def tag(self, name: str) -> str | None:
        """The value of the first tag of that name; None when there is none."""
        return next((tag.value for tag in self.tags if tag.name == name), None)


@dataclass(frozen=True, slots=True)
class UsingDef(Definition):
    version: str | None = None


@dataclass(frozen=True, slots=True)
class IncludeDef(Definition):
    """`name` is the local alias, `library` what is included."""

    library: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class CodeSystemDef(Definition):
    id: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ValueSetDef(Definition):
    id: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class CodeDef(Definition):
    id: str = ""
    codesystem: str = ""
    display: str | None = None


@dataclass(frozen=True, slots=True)
class ConceptDef(Definition):
    codes: tuple[str, ...] = ()
    display: str | None = None


@dataclass(frozen=True, slots=True)
class ParameterDef(Definition):
    type: TypeSpecifier | None = None
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class ExpressionDef(Definition):
    expression: Expression = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class OperandDef(Node):
    name: str
    type: TypeSpecifier


@dataclass(frozen=True, slots=True)
class FunctionDef(Definition):
    operands: tuple[OperandDef, ...] = ()
    returns: TypeSpecifier | None = None
    fluent: bool = False
    expression: Expression = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Library(Node):
    """One file. `definitions` stand in the order of the file; `source` is its text."""

    name: str
    version: str | None
    definitions: tuple[Definition, ...]
    tags: tuple[Tag, ...] = ()
    context: str | None = None
    source: str = field(default="", repr=False, compare=False)
