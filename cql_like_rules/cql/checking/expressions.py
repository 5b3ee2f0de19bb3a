"""Expressions: every node is checked and typed, from the leaves up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cql_like_rules.cql.checking.algebra import common, fhir_in, goes_for
from cql_like_rules.cql.checking.calls import CallChecker, library_of, refused
from cql_like_rules.cql.checking.elements import SYSTEM_ELEMENTS
from cql_like_rules.cql.checking.findings import Findings, did_you_mean
from cql_like_rules.cql.checking.literals import check_quantity, check_unit, date_type, literal_type
from cql_like_rules.cql.checking.names import NameChecker
from cql_like_rules.cql.checking.operands import OperandChecker, described
from cql_like_rules.cql.checking.queries import QueryChecker
from cql_like_rules.cql.checking.scopes import Scope
from cql_like_rules.cql.checking.signatures import operator_result
from cql_like_rules.cql.checking.type_names import TypeNames
from cql_like_rules.cql.keywords import PRECISIONS
from cql_like_rules.cql.operators import OPERATORS, REFUSED
from cql_like_rules.cql.syntax import (
    Case,
    CodeSelector,
    ConceptSelector,
    ConvertQuantity,
    DateTimeLiteral,
    Expression,
    FunctionRef,
    IdentifierRef,
    If,
    Index,
    Instance,
    Interval,
    List,
    Literal,
    Malformed,
    Node,
    Null,
    Operation,
    Property,
    QuantityLiteral,
    Query,
    RatioLiteral,
    Retrieve,
    This,
    Total,
    Tuple,
    TypeOperation,
)
from cql_like_rules.cql.types import (
    ANY,
    BOOLEAN,
    CODE,
    CODE_SYSTEM,
    CONCEPT,
    QUANTITY,
    RATIO,
    ChoiceOf,
    IntervalOf,
    ListOf,
    Named,
    TupleOf,
    Type,
)


class ExpressionChecker:
    def __init__(
        self,
        findings: Findings,
        names: NameChecker,
        calls: CallChecker,
        operands: OperandChecker,
        type_names: TypeNames,
        hides: Callable[[Node, str, Scope], None],
        strict: bool,
    ) -> None:
        self._strict = strict
        self._findings = findings
        self._names = names
        self._calls = calls
        self._operands = operands
        self._type_names = type_names
        self._queries = QueryChecker(findings, type_names, self.check, self._condition, hides)
        self._by_class: Mapping[type[Expression], Callable[[Any, Scope], Type]] = {
            Null: lambda node, scope: ANY,
            Malformed: lambda node, scope: ANY,
            Literal: lambda node, scope: literal_type(node, findings),
            DateTimeLiteral: lambda node, scope: date_type(node, findings),
            QuantityLiteral: self._quantity,
            RatioLiteral: self._ratio,
            Interval: self._interval,
            List: self._list,
            Tuple: self._tuple,
            Instance: self._instance,
            CodeSelector: self._code,
            ConceptSelector: self._concept,
            IdentifierRef: names.identifier,
            Property: self._property,
            This: self._this,
            Index: self._iteration,
            Total: self._iteration,
            FunctionRef: self._call,
            Operation: self._operation,
            TypeOperation: self._type_operation,
            ConvertQuantity: self._convert_quantity,
            If: self._if,
            Case: self._case,
            Retrieve: self._queries.retrieve,
            Query: self._queries.query,
        }

    def check(self, node: Expression, scope: Scope) -> Type:
        """The type of an expression in a scope; everything wrong in it is reported."""
        type_ = self._by_class[type(node)](node, scope)
        self._findings.types[id(node)] = type_
        return type_

    # --- literals and selectors ---

    def _quantity(self, node: QuantityLiteral, scope: Scope) -> Type:
        check_quantity(node, self._findings)
        return QUANTITY

    def _ratio(self, node: RatioLiteral, scope: Scope) -> Type:
        self.check(node.numerator, scope)
        self.check(node.denominator, scope)
        return RATIO

    def _interval(self, node: Interval, scope: Scope) -> Type:
        ends = self.check(node.low, scope), self.check(node.high, scope)
        for end, type_ in zip((node.low, node.high), ends, strict=True):
            if fhir := fhir_in(type_):
                self._findings.report(end, f"the end of an interval is a CQL value, not {fhir}", "add .value")
        if any(isinstance(type_, IntervalOf | ListOf) for type_ in ends):
            if self._findings.is_clean(node):
                self._findings.report(node, f"the ends of an interval are points, not {ends[0]} and {ends[1]}")
            return IntervalOf(ANY)
        point = common(ends)
        if isinstance(point, ChoiceOf) and not any(fhir_in(end) for end in ends):
            self._findings.report(node, f"the ends of the interval differ in type: {ends[0]} and {ends[1]}")
        return IntervalOf(point)

    def _list(self, node: List, scope: Scope) -> Type:
        types = [self.check(element, scope) for element in node.elements]
        declared = self._type_names.resolved(node.element_type) if node.element_type is not None else None
        if declared is None:
            return ListOf(self._one_of(node, types))
        for element, type_ in zip(node.elements, types, strict=True):
            if not goes_for(type_, declared):
                self._findings.report(element, f"the list holds {declared}, not {type_}")
        return ListOf(declared)

    def _tuple(self, node: Tuple, scope: Scope) -> Type:
        seen: set[str] = set()
        for element in node.elements:
            if element.name in seen:
                self._findings.report(element, f"the element {element.name} stands twice in the tuple")
            seen.add(element.name)
        return TupleOf(tuple((element.name, self.check(element.value, scope)) for element in node.elements))

    def _instance(self, node: Instance, scope: Scope) -> Type:
        types = [self.check(element.value, scope) for element in node.elements]
        type_ = self._type_names.resolved(node.type)
        if not isinstance(type_, Named) or type_ == ANY:
            return type_
        if type_.model == "FHIR" and not self._findings.is_clean(node.type):
            return type_
        if type_.model == "FHIR":
            hint = f"write System.{type_.name}" if type_.name in SYSTEM_ELEMENTS else "build a System type or a Tuple"
            self._findings.refuse(node, f"building {type_}", hint)
            return type_
        elements = SYSTEM_ELEMENTS.get(type_.name, {})
        for element, found in zip(node.elements, types, strict=True):
            wanted = elements.get(element.name)
            if wanted is None:
                hint = did_you_mean(element.name, elements)
                self._findings.report(element, f"{type_} has no element {element.name}", hint)
            elif not goes_for(found, wanted) and not self._is_promoted(found, wanted):
                self._findings.report(element, f"{element.name} of {type_} is {wanted}, not {found}")
        self._check_unit_of(node)
        return type_

    def _is_promoted(self, found: Type, wanted: Type) -> bool:
        """One value for a list of one (list promotion), which strict authoring leaves off."""
        return not self._strict and isinstance(wanted, ListOf) and goes_for(found, wanted.element)

    def _check_unit_of(self, node: Instance) -> None:
        """A unit given as text, also one of the calendar, which instances write as text."""
        for element in node.elements:
            if element.name == "unit" and isinstance(element.value, Literal) and isinstance(element.value.value, str):
                unit = element.value.value
                if unit.removesuffix("s") not in PRECISIONS:
                    check_unit(unit, element.value, self._findings)

    def _code(self, node: CodeSelector, scope: Scope) -> Type:
        if self.check(node.system, scope) not in (CODE_SYSTEM, ANY):
            self._findings.report(node.system, f'"{node.system.name}" is no code system')
        return CODE

    def _concept(self, node: ConceptSelector, scope: Scope) -> Type:
        for code in node.codes:
            self.check(code, scope)
        return CONCEPT

    # --- names and calls ---

    def _property(self, node: Property, scope: Scope) -> Type:
        if self._names.is_library(node.source, scope) and (member := self._names.member(node)) is not None:
            return member
        if isinstance(node.source, Null):
            self._findings.report(node, "null has no elements")
        return self._names.path(node, self.check(node.source, scope))

    def _this(self, node: This, scope: Scope) -> Type:
        if scope.row is None:
            self._findings.report(node, "$this is known in a sort clause only", "use the alias of the source")
            return ANY
        return scope.row

    def _iteration(self, node: Index | Total, scope: Scope) -> Type:
        self._findings.refuse(node, "$index" if isinstance(node, Index) else "$total", "use an aggregate clause")
        return ANY

    def _call(self, node: FunctionRef, scope: Scope) -> Type:
        types = [self.check(operand, scope) for operand in node.operands]
        if self._names.is_library(node.target, scope):
            return self._calls.qualified(node, library_of(node), types)
        if node.target is not None:
            return self._calls.fluent(node, [self.check(node.target, scope), *types])
        if scope.row is not None and self._means_row(node.name, len(types)):
            return self._calls.fluent(node, [scope.row, *types])
        return self._calls.plain(node, types)

    def _means_row(self, name: str, arity: int) -> bool:
        """True where a call in a sort clause is one on the row: `sort by age()` is `$this.age()`."""
        return not self._calls.is_plain(name, arity) and self._calls.has_fluent(name, arity + 1)

    # --- operators ---

    def _operation(self, node: Operation, scope: Scope) -> Type:
        types = [self.check(operand, scope) for operand in node.operands]
        operator = OPERATORS.get(node.operator)
        if operator is None:
            self._findings.refuse(node, refused(node.operator, REFUSED))
            return ANY
        if node.precision is not None and not operator.precision:
            self._findings.report(node, f"{node.operator} takes no precision, found {node.precision}")
        suits = self._operands.check(node, types)
        result = operator_result(node.operator, types)
        return result if suits or result == BOOLEAN else ANY

    def _type_operation(self, node: TypeOperation, scope: Scope) -> Type:
        type_ = self._type_names.resolved(node.type)
        if node.operand is None:
            return type_
        source = self.check(node.operand, scope)
        if node.operator == "Convert":
            if fhir := fhir_in(source):
                self._findings.report(node, f"convert works on CQL values, not on {fhir}", "add .value first")
        elif self._strict and not goes_for(source, type_) and not goes_for(type_, source):
            self._findings.report(node, f"{described(source)} is never {type_}", _choices_hint(source))
        return BOOLEAN if node.operator == "Is" else type_

    def _convert_quantity(self, node: ConvertQuantity, scope: Scope) -> Type:
        source = self.check(node.operand, scope)
        if not goes_for(source, QUANTITY):
            self._findings.report(node, f"only a Quantity is converted to a unit, not {source}")
        if node.unit not in PRECISIONS:
            check_unit(node.unit, node, self._findings)
        return QUANTITY

    # --- conditions ---

    def _if(self, node: If, scope: Scope) -> Type:
        self._condition(node.condition, scope)
        return self._one_of(node, [self.check(node.then, scope), self.check(node.otherwise, scope)])

    def _case(self, node: Case, scope: Scope) -> Type:
        comparand = self.check(node.comparand, scope) if node.comparand is not None else None
        results = []
        for item in node.items:
            if comparand is None:
                self._condition(item.when, scope)
            else:
                when = self.check(item.when, scope)
                if not goes_for(when, comparand) and not goes_for(comparand, when):
                    self._findings.report(item.when, f"{when} is never equal to {comparand}")
            results.append(self.check(item.then, scope))
        results.append(self.check(node.otherwise, scope))
        return self._one_of(node, results)

    def _one_of(self, node: Expression, types: Sequence[Type]) -> Type:
        """The type of what is one of several values."""
        self._operands.check_alternatives(node, types)
        return common(types)

    def _condition(self, condition: Expression, scope: Scope) -> None:
        self._operands.check_condition(condition, self.check(condition, scope))


def _choices_hint(source: Type) -> str:
    return f"it is one of: {', '.join(map(str, source.options))}" if isinstance(source, ChoiceOf) else ""
