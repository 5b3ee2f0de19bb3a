"""Queries and retrieves: the names they bring and the type of what they give.

Source: CQL 1.5.3, Author's Guide, Queries; Developer's Guide, Query semantics.
"""

from __future__ import annotations

from collections.abc import Callable

from cql_like_rules.cql.checking.algebra import common, fhir_in, goes_for
from cql_like_rules.cql.checking.elements import element_names, element_type
from cql_like_rules.cql.checking.findings import Findings, did_you_mean
from cql_like_rules.cql.checking.operands import conversion_hint, described
from cql_like_rules.cql.checking.scopes import Scope
from cql_like_rules.cql.checking.type_names import TypeNames
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.resolution import Kind
from cql_like_rules.cql.syntax import AliasedQuerySource, Expression, Node, Query, Retrieve
from cql_like_rules.cql.types import (
    ANY,
    CODE,
    CONCEPT,
    VALUE_SET,
    ChoiceOf,
    ListOf,
    Named,
    TupleOf,
    Type,
)

CODED = frozenset({"CodeableConcept", "Coding", "code"})
"""FHIR types of elements that a retrieve can filter by."""


class QueryChecker:
    """`check` checks an expression in a scope and gives its type, `check_condition` also wants a Boolean; `hides`
    reports a local name that hides another.
    """

    def __init__(
        self,
        findings: Findings,
        type_names: TypeNames,
        check: Callable[[Expression, Scope], Type],
        check_condition: Callable[[Expression, Scope], None],
        hides: Callable[[Node, str, Scope], None],
    ) -> None:
        self._findings = findings
        self._type_names = type_names
        self._check = check
        self._check_condition = check_condition
        self._hides = hides

    def query(self, query: Query, outer: Scope) -> Type:
        """The type of a query: a list unless every source is a single value."""
        scope, lists = outer, []
        rows: list[tuple[str, Type]] = []
        for source in query.sources:
            type_ = self._check(source.expression, outer)
            lists.append(None if type_ == ANY else isinstance(type_, ListOf))
            row = type_.element if isinstance(type_, ListOf) else type_
            rows.append((source.alias, row))
            scope = self._with_alias(source, row, scope)
        for let in query.lets:
            type_ = self._check(let.expression, scope)
            self._hides(let, let.identifier, scope)
            scope = scope.with_local(Kind.LET, let.identifier, let, type_)
        for relationship in query.relationships:
            type_ = self._check(relationship.source.expression, scope)
            row = type_.element if isinstance(type_, ListOf) else type_
            self._check_condition(relationship.such_that, self._with_alias(relationship.source, row, scope))
        if query.where is not None:
            self._check_condition(query.where, scope)
        if query.aggregate is not None:
            return self._aggregate(query, scope)
        row = rows[0][1] if len(rows) == 1 else TupleOf(tuple(rows))
        if query.returns is not None:
            row = self._check(query.returns.expression, scope)
        self._sort(query, outer.sorting(row))
        if True in lists:
            return ListOf(row)
        return row if None not in lists else ANY

    def _with_alias(self, source: AliasedQuerySource, row: Type, scope: Scope) -> Scope:
        self._hides(source, source.alias, scope)
        return scope.with_local(Kind.ALIAS, source.alias, source, row)

    def _aggregate(self, query: Query, scope: Scope) -> Type:
        clause = query.aggregate
        assert clause is not None
        starting = self._check(clause.starting, scope) if clause.starting is not None else ANY
        self._hides(clause, clause.identifier, scope)
        inner = scope.with_local(Kind.ACCUMULATOR, clause.identifier, clause, starting)
        return common((starting, self._check(clause.expression, inner)))

    def _sort(self, query: Query, scope: Scope) -> None:
        for item in query.sort:
            key = scope.row if item.expression is None else self._check(item.expression, scope)
            fhir = fhir_in(key) if key else None
            if fhir:
                self._findings.report(item, f"{described(fhir)} has no order", conversion_hint(fhir, key))

    # --- retrieve ---

    def retrieve(self, retrieve: Retrieve, scope: Scope) -> Type:
        """The type of a retrieve: a list of the resource type."""
        codes = self._check(retrieve.codes, scope) if retrieve.codes is not None else None
        type_ = self._type_names.resolved(retrieve.type)
        if not isinstance(type_, Named) or type_ == ANY:
            return ListOf(ANY)
        if type_.model != "FHIR" or not FHIR.is_resource(type_.name):
            resources = [name for name in FHIR.types if FHIR.is_resource(name)]
            hint = did_you_mean(type_.name, resources)
            self._findings.report(retrieve.type, f"{type_} is no resource that can be retrieved", hint)
        elif codes is not None:
            self._check_codes(retrieve, type_, codes)
        return ListOf(type_)

    def _check_codes(self, retrieve: Retrieve, type_: Named, codes: Type) -> None:
        path = retrieve.code_path or FHIR.primary_code_path(type_.name)
        if path is None:
            message = f"{type_} has no code path of its own"
            self._findings.report(retrieve, message, f"write it: [{type_.name}: path in …]")
            return
        if "." in path:
            self._findings.refuse(retrieve, f"the code path {path}", "filter with where")
            return
        found = element_type(type_, path)
        if found is None:
            hint = did_you_mean(path, element_names(type_))
            self._findings.report(retrieve, f"{type_} has no element {path}", hint)
        elif not _is_coded(found):
            self._findings.report(retrieve, f"{path} of {type_} holds no codes, but {found}")
        if not any(goes_for(codes, wanted) for wanted in (VALUE_SET, CODE, CONCEPT, ListOf(CODE))):
            self._findings.report(retrieve, f"a retrieve filters by a value set, a code or a concept, not by {codes}")
        elif retrieve.comparator == "in" and codes in (CODE, CONCEPT):
            self._findings.report(retrieve, f"'in' wants a value set, not {codes}", "write '~'")
        elif retrieve.comparator == "~" and retrieve.code_path and codes == VALUE_SET:
            self._findings.report(retrieve, "'~' wants a code or a concept, not a value set", "write 'in'")


def _is_coded(type_: Type) -> bool:
    inner = type_.element if isinstance(type_, ListOf) else type_
    options = inner.options if isinstance(inner, ChoiceOf) else (inner,)
    return any(isinstance(option, Named) and option.name in CODED for option in options)
