"""Definitions: each is checked once, those it rests on before it; a define that rests on itself is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from cql_like_rules.cql.checking.algebra import goes_for
from cql_like_rules.cql.checking.calls import CallChecker
from cql_like_rules.cql.checking.expressions import ExpressionChecker
from cql_like_rules.cql.checking.findings import Findings, did_you_mean
from cql_like_rules.cql.checking.names import NameChecker
from cql_like_rules.cql.checking.namespace import Namespace
from cql_like_rules.cql.checking.operands import OperandChecker
from cql_like_rules.cql.checking.scopes import Scope
from cql_like_rules.cql.checking.type_names import TypeNames
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.resolution import Kind, ResolvedLibrary
from cql_like_rules.cql.syntax import (
    CodeDef,
    CodeSystemDef,
    ConceptDef,
    Definition,
    ExpressionDef,
    FunctionDef,
    FunctionRef,
    IdentifierRef,
    IncludeDef,
    Library,
    Node,
    ParameterDef,
    UsingDef,
    ValueSetDef,
)
from cql_like_rules.cql.types import ANY, Type
from cql_like_rules.cql.values.concept import ValueSet


class ValueSets(Protocol):
    """Where value sets come from."""

    def resolve(self, url: str) -> ValueSet | None: ...


class DefinitionChecker:
    def __init__(
        self,
        library: Library,
        includes: Mapping[str, ResolvedLibrary],
        valuesets: ValueSets,
        findings: Findings,
        strict: bool,
    ) -> None:
        self._library = library
        self._includes = includes
        self._valuesets = valuesets
        self._findings = findings
        self._strict = strict
        self._in_progress: dict[int, Definition] = {}
        self._namespace = Namespace(library, includes, findings)
        uses_fhir = any(isinstance(part, UsingDef) and part.name == "FHIR" for part in library.definitions)
        self._type_names = TypeNames(findings, uses_fhir, strict)
        operands = OperandChecker(findings, strict)
        self._expressions = ExpressionChecker(
            findings,
            NameChecker(self._namespace, findings, uses_fhir and library.context == "Patient", self.type_of),
            CallChecker(self._namespace, findings, operands, self._type_names, self.type_of),
            operands,
            self._type_names,
            self._report_hidden,
            strict,
        )
        self.value_sets: dict[str, ValueSet] = {}

    def check_all(self) -> None:
        """Check every definition, in an order in which few have to wait for others."""
        for definition in self._library.definitions:
            self._check_terms(definition)
        for definition in _dependencies_first(self._library):
            self.type_of(definition)

    def type_of(self, definition: Definition) -> Type:
        """The type of a define or parameter, or of what a function returns; checks it when that was not done yet."""
        known = self._findings.types.get(id(definition))
        if known is not None:
            return known
        if id(definition) in self._in_progress:
            self._report_recursion(definition)
            return ANY
        self._in_progress[id(definition)] = definition
        type_ = self._checked(definition)
        del self._in_progress[id(definition)]
        self._findings.types[id(definition)] = type_
        return type_

    def _checked(self, definition: Definition) -> Type:
        match definition:
            case ExpressionDef():
                return self._expressions.check(definition.expression, Scope())
            case FunctionDef():
                return self._function(definition)
            case ParameterDef():
                return self._parameter(definition)
            case _:
                return ANY

    def _function(self, definition: FunctionDef) -> Type:
        scope = Scope()
        for operand in definition.operands:
            type_ = self._type_names.resolved(operand.type)
            self._findings.types[id(operand)] = type_
            self._report_hidden(operand, operand.name, scope)
            scope = scope.with_local(Kind.OPERAND, operand.name, operand, type_)
        if definition.fluent and not definition.operands:
            self._findings.report(definition, f"the fluent function {definition.name} has no operand to be called on")
        found = self._expressions.check(definition.expression, scope)
        if definition.returns is None:
            return found
        declared = self._type_names.resolved(definition.returns)
        if not goes_for(found, declared):
            self._findings.report(definition, f"{definition.name} returns {found}, not {declared} as declared")
        return declared

    def _parameter(self, definition: ParameterDef) -> Type:
        default = self._expressions.check(definition.default, Scope()) if definition.default is not None else ANY
        if definition.type is None:
            self._findings.refuse(
                definition,
                f'the parameter "{definition.name}" without a type',
                f'write: parameter "{definition.name}" {default if default != ANY else "Integer"}',
            )
            return default
        declared = self._type_names.resolved(definition.type)
        if not goes_for(default, declared):
            self._findings.report(definition, f"the default is {default}, the parameter {declared}")
        return declared

    # --- includes and terminology ---

    def _check_terms(self, definition: Definition) -> None:
        match definition:
            case UsingDef():
                self._using(definition)
            case IncludeDef():
                self._include(definition)
            case ValueSetDef():
                self._value_set(definition)
            case CodeDef():
                self._declared(definition, definition.codesystem, CodeSystemDef, "code system")
            case ConceptDef():
                for code in definition.codes:
                    self._declared(definition, code, CodeDef, "code")

    def _using(self, definition: UsingDef) -> None:
        if definition.name not in ("FHIR", "System"):
            self._findings.refuse(definition, f"the model {definition.name}", f"using FHIR version '{FHIR.version}'")
        elif definition.name == "FHIR" and definition.version not in (None, FHIR.version):
            what = f"FHIR version '{definition.version}'"
            self._findings.refuse(definition, what, f"using FHIR version '{FHIR.version}'")

    def _include(self, definition: IncludeDef) -> None:
        included = self._includes.get(definition.name)
        if included is None:
            self._findings.report(definition, f"the library {definition.library} could not be loaded")
        elif definition.version not in (None, included.library.version):
            found = included.library.version
            message = f"{definition.library} has the version {found}, not {definition.version}"
            self._findings.report(definition, message)

    def _value_set(self, definition: ValueSetDef) -> None:
        if definition.version is not None:
            self._findings.refuse(
                definition, "the version of a value set", "leave it out: the sets are part of the rules"
            )
        value_set = self._valuesets.resolve(definition.id)
        if value_set is None:
            self._findings.report(definition, f"there is no value set {definition.id}", "an unknown set is never empty")
        else:
            self.value_sets[definition.name] = value_set

    def _declared(self, user: Definition, name: str, wanted: type[Definition], what: str) -> None:
        if not isinstance(self._namespace.definition(name), wanted):
            known = [part.name for part in self._library.definitions if isinstance(part, wanted)]
            self._findings.report(user, f'there is no {what} "{name}" here', did_you_mean(name, known))

    # --- what must not be ---

    def _report_hidden(self, node: Node, name: str, scope: Scope) -> None:
        """Report a local name that hides another: the reader would take one for the other."""
        hidden = scope.find(name) is not None or self._namespace.definition(name) or self._namespace.is_include(name)
        if self._strict and hidden:
            self._findings.report(node, f'the name "{name}" hides another of the same name', "choose another name")

    def _report_recursion(self, definition: Definition) -> None:
        start = list(self._in_progress).index(id(definition))
        names = [f'"{part.name}"' for part in [*list(self._in_progress.values())[start:], definition]]
        self._findings.report(definition, f"{names[0]} rests on itself: {' -> '.join(names)}")


def _dependencies_first(library: Library) -> Iterator[Definition]:
    """Every definition, behind those that it names; found without nesting calls as deeply as definitions may."""
    by_name: dict[str, list[Definition]] = {}
    for definition in library.definitions:
        by_name.setdefault(definition.name, []).append(definition)

    def named_in(definition: Definition) -> Iterator[Definition]:
        for node in definition.walk():
            if isinstance(node, IdentifierRef | FunctionRef):
                yield from by_name.get(node.name, ())

    seen: set[int] = set()
    for definition in library.definitions:
        # The first step only leads to the definition itself, so that it is left like all others.
        path = [(definition, iter((definition,)))]
        while path:
            current, named = path[-1]
            following = next((part for part in named if id(part) not in seen), None)
            if following is not None:
                seen.add(id(following))
                path.append((following, named_in(following)))
            else:
                path.pop()
                if path:
                    yield current
