"""The names that a library declares, and those that its includes show it.

Source: CQL 1.5.3, Author's Guide, Libraries: access modifiers, identifier resolution.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cql_like_rules.cql.checking.findings import Findings
from cql_like_rules.cql.resolution import Kind, Reference, ResolvedLibrary
from cql_like_rules.cql.syntax import (
    CodeDef,
    CodeSystemDef,
    ConceptDef,
    Definition,
    ExpressionDef,
    FunctionDef,
    IncludeDef,
    Library,
    ParameterDef,
    UsingDef,
    ValueSetDef,
)

KINDS: dict[type[Definition], Kind] = {
    ExpressionDef: Kind.DEFINE,
    ParameterDef: Kind.PARAMETER,
    CodeDef: Kind.CODE,
    ConceptDef: Kind.CONCEPT,
    ValueSetDef: Kind.VALUE_SET,
    CodeSystemDef: Kind.CODE_SYSTEM,
}
"""Definitions that a name alone refers to, and what their references are called."""


class Namespace:
    def __init__(self, library: Library, includes: Mapping[str, ResolvedLibrary], findings: Findings) -> None:
        self._library = library
        self._includes = includes
        self._findings = findings
        self._named: dict[str, Definition] = {}
        self._functions: dict[tuple[str, int], FunctionDef] = {}
        self._includes_declared: dict[str, IncludeDef] = {}
        for definition in library.definitions:
            self._declare(definition)
        self._fluent = self._fluent_functions()

    def _declare(self, definition: Definition) -> None:
        if isinstance(definition, FunctionDef):
            key = (definition.name, len(definition.operands))
            if key in self._functions:
                what = f"two functions {definition.name} with {key[1]} operands"
                self._findings.refuse(definition, what, "give one of them another name")
            self._functions.setdefault(key, definition)
            return
        if isinstance(definition, UsingDef):
            return
        known = self._named.get(definition.name) or self._includes_declared.get(definition.name)
        if known is not None:
            self._findings.report(
                definition,
                f'the name "{definition.name}" is declared twice',
                f"it is also declared in line {known.position.line}",
            )
        elif isinstance(definition, IncludeDef):
            self._includes_declared[definition.name] = definition
        else:
            self._named[definition.name] = definition

    # --- names ---

    def reference(self, name: str) -> Reference | None:
        """What a name without qualifier refers to in this library; None when it declares no such name."""
        definition = self._named.get(name)
        return Reference(KINDS[type(definition)], name, definition) if definition else None

    def definition(self, name: str) -> Definition | None:
        return self._named.get(name)

    def is_include(self, name: str) -> bool:
        """True when the name is the local name of an included library."""
        return name in self._includes_declared

    def included(self, name: str) -> ResolvedLibrary | None:
        """The library included under that name; None also when it could not be loaded."""
        return self._includes.get(name)

    def member(self, library: str, name: str) -> Reference | None:
        """What `library."name"` refers to; None when the included library has no such name."""
        for definition in self._includes[library].library.definitions:
            if definition.name == name and type(definition) in KINDS:
                return Reference(KINDS[type(definition)], name, definition, library)
        return None

    def names(self) -> Iterator[str]:
        """All names without qualifier."""
        yield from self._named
        yield from self._includes_declared

    def members(self, library: str) -> Iterator[str]:
        """The public names of an included library."""
        for definition in self._includes[library].library.definitions:
            if type(definition) in KINDS and not definition.private:
                yield definition.name

    # --- functions ---

    def function(self, name: str, arity: int) -> FunctionDef | None:
        """A function of this library."""
        return self._functions.get((name, arity))

    def function_of(self, library: str, name: str, arity: int) -> FunctionDef | None:
        """A function of an included library."""
        for definition in _functions(self._includes[library].library):
            if definition.name == name and len(definition.operands) == arity:
                return definition
        return None

    def fluent(self, name: str, arity: int) -> list[tuple[str, FunctionDef]]:
        """The fluent functions of that name and number of operands (the target counts), with where they are from.

        One of this library goes before those of included ones.
        """
        found = self._fluent.get((name, arity), [])
        return [own for own in found if not own[0]] or found

    def function_names(self, library: str = "") -> Iterator[str]:
        """Names of the functions of a library, of this one when none is given."""
        source = self._includes[library].library if library else self._library
        yield from (definition.name for definition in _functions(source))

    def fluent_names(self) -> Iterator[str]:
        yield from (name for name, _ in self._fluent)

    def fluent_arities(self, name: str) -> list[int]:
        """With how many operands, the target counted, there are fluent functions of that name."""
        return sorted(arity for known, arity in self._fluent if known == name)

    def arities(self, name: str, library: str = "") -> list[int]:
        """With how many operands a library has functions of that name."""
        source = self._includes[library].library if library else self._library
        return sorted(len(one.operands) for one in _functions(source) if one.name == name)

    def _fluent_functions(self) -> dict[tuple[str, int], list[tuple[str, FunctionDef]]]:
        found: dict[tuple[str, int], list[tuple[str, FunctionDef]]] = defaultdict(list)
        sources = [("", self._library), *((name, included.library) for name, included in self._includes.items())]
        for local_name, library in sources:
            for definition in _functions(library):
                if definition.fluent and not (local_name and definition.private):
                    found[definition.name, len(definition.operands)].append((local_name, definition))
        return found


def _functions(library: Library) -> Iterator[FunctionDef]:
    return (definition for definition in library.definitions if isinstance(definition, FunctionDef))
