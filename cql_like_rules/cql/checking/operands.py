"""Operands: whether they suit their operator. Only what is certainly wrong is reported.

FHIR values are never converted implicitly, so a FHIR element beside a System value is always a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cql_like_rules.cql.checking.algebra import comparable, element_of, fhir_in, goes_for, point_of
from cql_like_rules.cql.checking.findings import Findings
from cql_like_rules.cql.checking.signatures import (
    EQUALITY,
    FUNCTIONS_TAKING_ELEMENTS,
    INCLUSION,
    MEMBERSHIP,
    ORDERING,
    TAKES_ELEMENTS,
)
from cql_like_rules.cql.checking.wanted import FUNCTION_OPERANDS, OPERANDS
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.syntax import Expression, Operation
from cql_like_rules.cql.types import (
    ANY,
    BOOLEAN,
    CODE,
    CODE_SYSTEM,
    CONCEPT,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    STRING,
    TIME,
    VALUE_SET,
    ChoiceOf,
    IntervalOf,
    ListOf,
    Named,
    TupleOf,
    Type,
)

COMPARISON = EQUALITY | ORDERING | {"SameAs"}

_CONVERSIONS = {
    "CodeableConcept": "x.codes() or FHIRHelpers.ToConcept(x)",
    "Coding": "x.coded() or FHIRHelpers.ToCode(x)",
    "Quantity": "x.amount() or FHIRHelpers.ToQuantity(x)",
    "Period": 'Interval[x.start.value, x."end".value]',
}
_WRITTEN = {
    "Equal": "=",
    "NotEqual": "!=",
    "Equivalent": "~",
    "NotEquivalent": "!~",
    "Less": "<",
    "Greater": ">",
    "LessOrEqual": "<=",
    "GreaterOrEqual": ">=",
    "Add": "+",
    "Subtract": "-",
    "Multiply": "*",
    "Divide": "/",
    "TruncatedDivide": "div",
    "Modulo": "mod",
    "Power": "^",
    "Concatenate": "&",
    "Indexer": "[…]",
    "Start": "start of",
    "End": "end of",
    "Width": "width of",
    "IncludedIn": "during",
}


class OperandChecker:
    def __init__(self, findings: Findings, strict: bool) -> None:
        self._findings = findings
        self._strict = strict

    def check(self, operation: Operation, types: Sequence[Type]) -> bool:
        """True when the operands suit the operator; else the first that does not is reported."""
        before = self._findings.count
        self._check(operation, types)
        return self._findings.count == before

    def check_condition(self, condition: Expression, type_: Type) -> None:
        """Report a condition that is no Boolean."""
        if not goes_for(type_, BOOLEAN):
            fhir = fhir_in(type_)
            hint = conversion_hint(fhir, type_) if fhir else ""
            self._findings.report(condition, f"a condition is a Boolean, not {described(type_)}", hint)

    def check_alternatives(self, node: Expression, types: Sequence[Type]) -> None:
        """Report values of which some are FHIR elements and others are not: other engines would convert them."""
        parts = [option for type_ in types for option in _options(_innermost(type_)) if option != ANY]
        fhir = next((found for part in parts if (found := fhir_in(part))), None)
        other = next((part for part in parts if fhir_in(part) is None), None)
        if fhir and other:
            message = f"this is {fhir} in one case and {other} in another"
            self._findings.report(node, message, conversion_hint(fhir))

    def _check(self, operation: Operation, types: Sequence[Type]) -> None:
        operator = operation.operator
        if self._mixes_fhir(operation, types) or self._is_fhir(operation, types):
            return
        if self._is_of_wrong_kind(operation, types):
            return
        if operator in MEMBERSHIP:
            self._check_membership(operation, types)
        elif operator == "Indexer":
            self._check_indexed(operation, types)
        elif operator in INCLUSION:
            self._check_inclusion(operation, types[INCLUSION[operator]])
        elif operator in EQUALITY and _differ_in_elements(types):
            self._report(operation, f"compares {types[0]} with {types[1]}: they have different elements")
        elif operator in COMPARISON and self._strict:
            self._check_comparable(operation, types)
        elif operator in ("Add", "Subtract"):
            self._check_sum(operation, types)

    def check_call(self, name: str, operands: Sequence[Expression], types: Sequence[Type]) -> None:
        """Report operands that do not suit a system function."""
        wanted = FUNCTION_OPERANDS.get(name, ())
        if name == "Coalesce" and operands:
            self.check_alternatives(operands[0], types)
        for index, (operand, type_) in enumerate(zip(operands, types, strict=True)):
            fhir = fhir_in(type_)
            if fhir and name not in FUNCTIONS_TAKING_ELEMENTS:
                message = f"{name} works on CQL values, not on {described(type_)}"
                self._findings.report(operand, message, conversion_hint(fhir, type_))
            elif index < len(wanted) and not goes_for(type_, wanted[index]):
                self._findings.report(operand, f"{name} takes {wanted[index]} here, not {described(type_)}")

    # --- FHIR and System ---

    def _mixes_fhir(self, operation: Operation, types: Sequence[Type]) -> bool:
        """Report a FHIR element compared with a System value."""
        if operation.operator not in EQUALITY | ORDERING | MEMBERSHIP.keys() or ANY in types:
            return False
        elements = [_innermost(type_) for type_ in types]
        found = [fhir_in(element) for element in elements]
        if all(found) or not any(found) or ANY in elements:
            return False
        fhir = next(one for one in found if one)
        whole = next(element for element, one in zip(elements, found, strict=True) if one)
        other = next(element for element, one in zip(elements, found, strict=True) if not one)
        sides = f"{described(whole)} with {other}"
        message = f"'{_written(operation)}' compares {sides}, which are never converted into each other"
        self._findings.report(operation, message, conversion_hint(fhir, whole))
        return True

    def _is_fhir(self, operation: Operation, types: Sequence[Type]) -> bool:
        """Report a FHIR element given to an operator that works on values."""
        if operation.operator in TAKES_ELEMENTS:
            return False
        for type_ in types:
            if fhir := fhir_in(type_):
                message = f"'{_written(operation)}' works on CQL values, not on {described(type_)}"
                self._findings.report(operation, message, conversion_hint(fhir, type_))
                return True
        return False

    # --- what operators want ---

    def _is_of_wrong_kind(self, operation: Operation, types: Sequence[Type]) -> bool:
        """Report the first operand of a kind that the operator does not work on."""
        wanted = OPERANDS.get(operation.operator)
        if wanted is None:
            return False
        for type_ in types:
            if not wanted.suits(type_):
                self._report(operation, f"needs {wanted.phrase}, not {type_}", _kind_hint(operation.operator, type_))
                return True
        return False

    def _check_membership(self, operation: Operation, types: Sequence[Type]) -> None:
        element, holder = (types[index] for index in MEMBERSHIP[operation.operator])
        if holder in (VALUE_SET, CODE_SYSTEM):
            if not any(goes_for(_innermost(element), wanted) for wanted in (CODE, CONCEPT, STRING)):
                self._report(operation, f"looks for a Code or a Concept, not {element}, in {holder}")
        elif holder != ANY and not _may_be(holder, ListOf, IntervalOf):
            self._report(operation, f"needs a list, an interval or a value set, not {holder}")
        elif self._strict and not comparable(element, _innermost(holder)):
            self._report(operation, f"looks for {element} in {holder}: it is never there")

    def _check_indexed(self, operation: Operation, types: Sequence[Type]) -> None:
        source, index = types
        if source not in (ANY, STRING) and not _may_be(source, ListOf):
            self._report(operation, f"needs a list, not {described(source)}", "leave the brackets out")
        elif not goes_for(index, INTEGER):
            self._report(operation, f"needs an Integer, not {described(index)}")

    def _check_inclusion(self, operation: Operation, whole: Type) -> None:
        if whole != ANY and not _may_be(whole, ListOf, IntervalOf):
            self._report(operation, f"needs a list or an interval that includes, not {whole}")

    def _check_comparable(self, operation: Operation, types: Sequence[Type]) -> None:
        for other in types[1:]:
            if not comparable(types[0], other):
                self._report(operation, f"compares {types[0]} with {other}: they are never equal or in order")
                return

    def _check_sum(self, operation: Operation, types: Sequence[Type]) -> None:
        """Texts go with texts, and a date is moved by a quantity."""
        left, right = types
        if ANY not in types and (left == STRING) != (right == STRING) and not _choices(types):
            self._report(operation, f"needs two texts, or none, not {left} and {right}")
        elif self._strict and left in (DATE, DATETIME, TIME) and right in (INTEGER, DECIMAL):
            self._report(operation, f"needs a quantity to move {left} by", "write how much of what: 1 day")

    def _report(self, node: Operation, message: str, hint: str = "") -> None:
        self._findings.report(node, f"'{_written(node)}' {message}", hint)


def conversion_hint(fhir: Named, whole: Type | None = None) -> str:
    """How to get a CQL value out of a FHIR element."""
    if isinstance(whole, ChoiceOf):
        return f"say which type it is: (x as {fhir}), then convert that"
    if FHIR.primitive(fhir.name):
        return "add .value"
    conversion = _CONVERSIONS.get(fhir.name)
    return f"convert it: {conversion}" if conversion else "take the element that is meant, and its .value"


def described(type_: Type) -> str:
    """The type as a message names it: a choice of many is not spelled out."""
    return "a choice of types" if isinstance(type_, ChoiceOf) and len(type_.options) > 3 else str(type_)


def _written(operation: Operation) -> str:
    """The operator as it is written; one that is not in the table has the words of its name."""
    if operation.operator == "DateTimeComponentFrom":
        return f"{operation.precision} from"
    return _WRITTEN.get(operation.operator) or re.sub("(?<!^)([A-Z])", r" \1", operation.operator).lower()


def _choices(types: Sequence[Type]) -> bool:
    return any(isinstance(type_, ChoiceOf) for type_ in types)


def _kind_hint(operator: str, type_: Type) -> str:
    """Also for timing phrases, which move their right operand: `a 3 days before b` needs points in time."""
    if operator == "Exists":
        return "write: x is not null"
    if operator in ("Add", "Subtract") and isinstance(type_, IntervalOf):
        return "say which end: starts …, ends …, start of …, end of …"
    return ""


def _differ_in_elements(types: Sequence[Type]) -> bool:
    names = [{name for name, _ in type_.elements} for type_ in types if isinstance(type_, TupleOf)]
    return len(names) == 2 and names[0] != names[1]


def _innermost(type_: Type) -> Type:
    if isinstance(type_, ListOf):
        return element_of(type_)
    return point_of(type_) if isinstance(type_, IntervalOf) else type_


def _may_be(type_: Type, *classes: type[Type]) -> bool:
    return any(isinstance(option, classes) for option in _options(type_))


def _options(type_: Type) -> tuple[Type, ...]:
    return type_.options if isinstance(type_, ChoiceOf) else (type_,)
