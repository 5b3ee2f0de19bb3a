"""Names, paths and calls: defines, parameters, codes, aliases, elements of values, functions.

Source: CQL 1.5.3, Author's Guide, Libraries and Functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cql_like_rules.cql.compiling.constants import constant
from cql_like_rules.cql.compiling.frame import Closure, ExpressionFailed, Frame
from cql_like_rules.cql.compiling.operations import system_function
from cql_like_rules.cql.compiling.scope import FunctionBody, Maker, Scope
from cql_like_rules.cql.resolution import Kind, Reference
from cql_like_rules.cql.syntax import Expression, FunctionRef, IdentifierRef, Position, Property, This
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.element import Element

_IN_SLOTS = frozenset({Kind.ALIAS, Kind.LET, Kind.ACCUMULATOR, Kind.OPERAND})
"""What a slot of the frame holds."""


def identifier(node: IdentifierRef, scope: Scope) -> Closure:
    """The value of what a name refers to."""
    reference = scope.reference(node)
    assert reference is not None, f"{node.position}: {node.name} was not resolved"
    if reference.kind is Kind.ELEMENT:
        return _element_of_slot(_row_slot(scope), reference.name, node.position)
    return _referenced(reference, scope)


def _referenced(reference: Reference, scope: Scope) -> Closure:
    symbols, declaration = scope.symbols, id(reference.declaration)
    match reference.kind:
        case Kind.DEFINE:
            return _define(symbols.defines[declaration])
        case Kind.PARAMETER:
            return _parameter(symbols.parameters[declaration])
        case Kind.CONTEXT:
            return _patient
    if reference.kind in _IN_SLOTS:
        return in_slot(scope.slot_of(reference.declaration))
    return constant(symbols.constants[declaration])


def in_slot(slot: int) -> Closure:
    """The closure that gives what a slot of the frame holds."""

    def local(frame: Frame) -> Any:
        return frame[slot]

    return local


def _define(index: int) -> Closure:
    def define(frame: Frame) -> Any:
        return frame[0].value_of(index)

    return define


def _parameter(index: int) -> Closure:
    def parameter(frame: Frame) -> Any:
        return frame[0].parameter(index)

    return parameter


def _patient(frame: Frame) -> Element | None:
    patient: Element | None = frame[0].record.patient
    return patient


def _row(scope: Scope) -> Closure:
    return in_slot(_row_slot(scope))


def _row_slot(scope: Scope) -> int:
    assert scope.row is not None, "a name of a sort key stands outside of one"
    return scope.row


def _this(node: This, scope: Scope) -> Closure:
    return _row(scope)


# --- paths ---


def path(node: Property, scope: Scope) -> Closure:
    """An element of a value; or, of the form `Library."Name"`, what that refers to."""
    reference = scope.reference(node)
    if reference is not None:
        return _referenced(reference, scope)
    source = scope.reference(node.source) if isinstance(node.source, IdentifierRef) else None
    if source is not None and source.kind in _IN_SLOTS:
        return _element_of_slot(scope.slot_of(source.declaration), node.path, node.position)
    return _element(scope.closure(node.source), node.path, node.position)


def _element(source: Closure, name: str, position: Position) -> Closure:
    def element(frame: Frame) -> Any:
        owner = source(frame)
        return None if owner is None else _read(frame, owner, name, position)

    return element


def _element_of_slot(slot: int, name: str, position: Position) -> Closure:
    """An element of an alias or an operand: the path that policies are full of."""

    def element_of_slot(frame: Frame) -> Any:
        owner = frame[slot]
        return None if owner is None else _read(frame, owner, name, position)

    return element_of_slot


def _read(frame: Frame, owner: Any, name: str, position: Position) -> Any:
    owner_class = owner.__class__
    if owner_class is Element:
        known = owner.known
        value = known[name] if name in known else owner.get(name)
    elif owner_class is Tuple:
        value = owner.get(name)
    else:
        value = _element_of_system_value(owner, name, position)
    recorder = frame[0].recorder
    if recorder is not None:
        recorder.read(owner, value)
    return value


_ELEMENTS: dict[type, dict[str, Callable[[Any], Any]]] = {
    Quantity: {"value": lambda owner: owner.value, "unit": lambda owner: owner.unit},
    Ratio: {"numerator": lambda owner: owner.numerator, "denominator": lambda owner: owner.denominator},
    Interval: {
        "low": lambda owner: owner.low,
        "high": lambda owner: owner.high,
        "lowClosed": lambda owner: owner.low_closed,
        "highClosed": lambda owner: owner.high_closed,
    },
    Code: {
        "code": lambda owner: owner.code,
        "system": lambda owner: owner.system,
        "version": lambda owner: owner.version,
        "display": lambda owner: owner.display,
    },
    Concept: {"codes": lambda owner: list(owner.codes), "display": lambda owner: owner.display},
    ValueSet: {"id": lambda owner: owner.id, "name": lambda owner: owner.name, "version": lambda _: None},
    CodeSystem: {
        "id": lambda owner: owner.id,
        "name": lambda owner: owner.name,
        "version": lambda owner: owner.version,
    },
}


def _element_of_system_value(owner: Any, name: str, position: Position) -> Any:
    read = _ELEMENTS.get(owner.__class__, {}).get(name)
    if read is None:
        raise ExpressionFailed(position, f"a {type(owner).__name__} has no element {name}")
    return read(owner)


# --- calls ---


def call(node: FunctionRef, scope: Scope) -> Closure:
    """A function applied to the values of its operands."""
    reference = scope.reference(node)
    assert reference is not None, f"{node.position}: {node.name} was not resolved"
    operands = scope.operands(node)
    if reference.kind is Kind.SYSTEM_FUNCTION:
        return system_function(node, scope, operands)
    closures = [scope.closure(operand) for operand in operands]
    if reference.fluent and node.target is None:
        closures.insert(0, _row(scope))
    return _called(scope.symbols.functions[id(reference.declaration)], tuple(closures))


def _called(body: FunctionBody, operands: tuple[Closure, ...]) -> Closure:
    if len(operands) == 1:
        return _called_with_one(body, operands[0])

    def called(frame: Frame) -> Any:
        inner = [frame[0], *[operand(frame) for operand in operands], *body.locals]
        return body.closure(inner)

    return called


def _called_with_one(body: FunctionBody, operand: Closure) -> Closure:
    def called(frame: Frame) -> Any:
        return body.closure([frame[0], operand(frame), *body.locals])

    return called


CLOSURES: dict[type[Expression], Maker] = {
    IdentifierRef: identifier,
    Property: path,
    This: _this,
    FunctionRef: call,
}
