"""Calls: which function a call means, and whether its operands suit it.

Functions are found by name and number of operands; overloads by type are not in the subset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from cql_like_rules.cql.checking.algebra import goes_for
from cql_like_rules.cql.checking.findings import Findings, did_you_mean
from cql_like_rules.cql.checking.namespace import Namespace
from cql_like_rules.cql.checking.operands import OperandChecker
from cql_like_rules.cql.checking.signatures import function_result
from cql_like_rules.cql.checking.type_names import TypeNames
from cql_like_rules.cql.operators import FUNCTIONS, OPERATORS, REFUSED
from cql_like_rules.cql.resolution import Kind, Reference
from cql_like_rules.cql.syntax import Expression, FunctionDef, FunctionRef, IdentifierRef
from cql_like_rules.cql.types import ANY, Type

CALLABLE = {**OPERATORS, **FUNCTIONS}
"""What can be called without a library: the system functions, and operators by their ELM name (`Exists(x)`)."""


class CallChecker:
    """`type_of_function` gives the type of what a function of this library returns."""

    def __init__(
        self,
        namespace: Namespace,
        findings: Findings,
        operands: OperandChecker,
        type_names: TypeNames,
        type_of_function: Callable[[FunctionDef], Type],
    ) -> None:
        self._namespace = namespace
        self._findings = findings
        self._operands = operands
        self._type_names = type_names
        self._type_of_function = type_of_function

    def plain(self, call: FunctionRef, types: Sequence[Type]) -> Type:
        """`Name(…)`: a function of this library, else one of the language."""
        if definition := self._namespace.function(call.name, len(types)):
            return self._user_function(call, definition, "", call.operands, types)
        if call.name in CALLABLE:
            return self._system_function(call, types)
        self._report_unknown(call, len(types), "")
        return ANY

    def qualified(self, call: FunctionRef, library: str, types: Sequence[Type]) -> Type:
        """`Library.Name(…)`: a function of an included library."""
        if self._namespace.included(library) is None:
            return ANY
        definition = self._namespace.function_of(library, call.name, len(types))
        if definition is None:
            self._report_unknown(call, len(types), library)
            return ANY
        if definition.private:
            self._findings.report(call, f"{library}.{call.name} is private")
        return self._user_function(call, definition, library, call.operands, types)

    def fluent(self, call: FunctionRef, types: Sequence[Type]) -> Type:
        """`x.name(…)`: a fluent function of this library or an included one; `types` begin with that of x."""
        found = self._namespace.fluent(call.name, len(types))
        if not found:
            self._report_no_fluent(call, len(types))
            return ANY
        if len(found) > 1:
            where = " and ".join(library for library, _ in found)
            self._findings.refuse(call, f"a fluent function {call.name} of two libraries", f"it is in {where}")
        library, definition = found[0]
        operands = (call.target, *call.operands) if call.target else (call, *call.operands)
        return self._user_function(call, definition, library, operands, types, fluent=True)

    def has_fluent(self, name: str, arity: int) -> bool:
        return bool(self._namespace.fluent(name, arity))

    def is_plain(self, name: str, arity: int) -> bool:
        return self._namespace.function(name, arity) is not None or name in CALLABLE

    def _user_function(
        self,
        call: FunctionRef,
        definition: FunctionDef,
        library: str,
        operands: Iterable[Expression],
        types: Sequence[Type],
        fluent: bool = False,
    ) -> Type:
        reference = Reference(Kind.FUNCTION, definition.name, definition, library, fluent)
        self._findings.refer(call, reference)
        included = self._namespace.included(library) if library else None
        for operand, type_, declared in zip(operands, types, definition.operands, strict=True):
            wanted = included.type_of(declared) if included else self._type_names.resolved(declared.type)
            if not goes_for(type_, wanted):
                message = f"{call.name} takes {wanted} as {declared.name}, not {type_}"
                self._findings.report(operand, message)
        return included.type_of(definition) if included else self._type_of_function(definition)

    def _system_function(self, call: FunctionRef, types: Sequence[Type]) -> Type:
        function = CALLABLE[call.name]
        self._findings.refer(call, Reference(Kind.SYSTEM_FUNCTION, call.name))
        if function.arities and len(types) not in function.arities:
            self._findings.report(call, _wrong_count(call.name, sorted(function.arities), len(types)))
            return ANY
        self._operands.check_call(call.name, call.operands, types)
        return function_result(call.name, types)

    def _report_unknown(self, call: FunctionRef, arity: int, library: str) -> None:
        name = f"{library}.{call.name}" if library else call.name
        if not library and call.name in REFUSED:
            self._findings.refuse(call, refused(call.name, REFUSED))
        elif arities := self._namespace.arities(call.name, library):
            self._findings.report(call, _wrong_count(name, arities, arity))
        else:
            known = {*self._namespace.function_names(library), *(() if library else FUNCTIONS)}
            self._findings.report(call, f"there is no function {name}", did_you_mean(call.name, known))

    def _report_no_fluent(self, call: FunctionRef, arity: int) -> None:
        if counts := self._namespace.fluent_arities(call.name):
            message = _wrong_count(call.name, [count - 1 for count in counts], arity - 1)
            self._findings.report(call, message, "what it is called on does not count")
            return
        plain = _cased(call.name, FUNCTIONS)
        if left_out := _cased(call.name, REFUSED):
            self._findings.refuse(call, refused(left_out, REFUSED))
            return
        if self._namespace.function(call.name, arity):
            hint = f"{call.name} is not declared as fluent: write define fluent function, or call {call.name}(x)"
        elif plain:
            hint = f"write {plain}(x)"
        else:
            hint = did_you_mean(call.name, self._namespace.fluent_names())
        self._findings.report(call, f"there is no fluent function {call.name}", hint)


def library_of(call: FunctionRef) -> str:
    """The name before the dot of a call of the form `Name.function(…)`."""
    return call.target.name if isinstance(call.target, IdentifierRef) else ""


def _cased(name: str, known: Iterable[str]) -> str | None:
    """The name as the language writes it: FHIRPath begins the same functions with a small letter."""
    return next((one for one in known if one.casefold() == name.casefold()), None)


def refused(name: str, reasons: Mapping[str, str]) -> str:
    """The name of an operator or function that the subset leaves out, with what it is about."""
    return f"{name} ({reasons[name]})" if name in reasons else name


def _wrong_count(name: str, counts: Sequence[int], found: int) -> str:
    wanted = f"{counts[0]} to {counts[-1]}" if len(counts) > 2 else " or ".join(map(str, counts))
    return f"{name} takes {wanted} operand{'' if wanted == '1' else 's'}, not {found}"
