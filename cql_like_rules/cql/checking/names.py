"""Names and paths: what an identifier, `Library."Name"` or `x.path` refers to, and of what type it is."""

from __future__ import annotations

from collections.abc import Callable

from cql_like_rules.cql.checking.elements import element_names, element_type, hint_for
from cql_like_rules.cql.checking.findings import Findings, did_you_mean
from cql_like_rules.cql.checking.namespace import Namespace
from cql_like_rules.cql.checking.scopes import Scope
from cql_like_rules.cql.resolution import Kind, Reference
from cql_like_rules.cql.syntax import Definition, Expression, IdentifierRef, Property
from cql_like_rules.cql.types import ANY, CODE, CODE_SYSTEM, CONCEPT, VALUE_SET, ChoiceOf, Type, fhir

PATIENT = "Patient"

_FIXED_TYPES = {
    Kind.CODE: CODE,
    Kind.CONCEPT: CONCEPT,
    Kind.VALUE_SET: VALUE_SET,
    Kind.CODE_SYSTEM: CODE_SYSTEM,
    Kind.CONTEXT: fhir(PATIENT),
}


class NameChecker:
    """`type_of_definition` gives the type of a define or parameter of this library, which may not be checked yet."""

    def __init__(
        self,
        namespace: Namespace,
        findings: Findings,
        has_patient: bool,
        type_of_definition: Callable[[Definition], Type],
    ) -> None:
        self._namespace = namespace
        self._findings = findings
        self._has_patient = has_patient
        self._type_of_definition = type_of_definition

    def identifier(self, node: IdentifierRef, scope: Scope) -> Type:
        """The type of a name; what it refers to is kept, or reported when there is no such name."""
        row = scope.row
        if row is not None and row != ANY and (found := element_type(row, node.name)) is not None:
            self._findings.refer(node, Reference(Kind.ELEMENT, node.name))
            return found
        if local := scope.find(node.name):
            self._findings.refer(node, Reference(local.kind, local.name, local.declaration))
            return local.type
        reference = self._namespace.reference(node.name)
        if reference is None and node.name == PATIENT and self._has_patient:
            reference = Reference(Kind.CONTEXT, PATIENT)
        if reference is not None:
            self._findings.refer(node, reference)
            return self._type_of(reference)
        if row == ANY:
            self._findings.refer(node, Reference(Kind.ELEMENT, node.name))
            return ANY
        self._report_unknown(node, scope)
        return ANY

    def member(self, node: Property) -> Type | None:
        """The type of `Library."Name"`; None when the source is not the name of an included library."""
        source = node.source
        if not isinstance(source, IdentifierRef) or not self._namespace.is_include(source.name):
            return None
        if self._namespace.included(source.name) is None:
            return ANY
        reference = self._namespace.member(source.name, node.path)
        if reference is None:
            self._report_unknown_member(source.name, node)
            return ANY
        if reference.declaration and getattr(reference.declaration, "private", False):
            self._findings.report(node, f'{source.name}."{node.path}" is private')
        self._findings.refer(node, reference)
        return self._type_of(reference)

    def path(self, node: Property, source: Type) -> Type:
        """The type of an element of a value."""
        found = element_type(source, node.path)
        if found is not None:
            return found
        lacking = "none of these types has the" if isinstance(source, ChoiceOf) else f"{source} has no"
        self._findings.report(node, f"{lacking} element {node.path}", hint_for(source, node.path))
        return ANY

    def is_library(self, node: Expression | None, scope: Scope) -> bool:
        """True when the expression is the name of an included library, not hidden by a local name."""
        return isinstance(node, IdentifierRef) and self._namespace.is_include(node.name) and not scope.find(node.name)

    def _type_of(self, reference: Reference) -> Type:
        if fixed := _FIXED_TYPES.get(reference.kind):
            return fixed
        definition = reference.declaration
        if not isinstance(definition, Definition):
            return ANY
        if not reference.library:
            return self._type_of_definition(definition)
        included = self._namespace.included(reference.library)
        return included.types.get(id(definition), ANY) if included else ANY

    def _report_unknown(self, node: IdentifierRef, scope: Scope) -> None:
        if self._namespace.is_include(node.name):
            self._findings.report(node, f"{node.name} is a library", f'name what is meant in it: {node.name}."…"')
            return
        known = [local.name for local in scope.locals()]
        known += self._namespace.names()
        known += element_names(scope.row) if scope.row else ()
        hint = did_you_mean(node.name, known)
        if not hint and node.name in set(self._namespace.function_names()):
            hint = f"it is a function: {node.name}(…)"
        self._findings.report(node, f'there is no "{node.name}" here', hint)

    def _report_unknown_member(self, library: str, node: Property) -> None:
        hint = did_you_mean(node.path, self._namespace.members(library))
        self._findings.report(node, f'the library {library} has no "{node.path}"', hint)
