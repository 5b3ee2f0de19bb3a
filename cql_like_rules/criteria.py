"""The structure of a policy: how its criteria combine, read from the CQL itself.

A criterion that rests on other criteria is a node, and is written with names only: `"I.A.1" and ("I.A.2" or "I.A.3")`,
`if "Condition" then "I.D.5.a" else "I.D.5.b"`, `"Dose is increased" implies "II.A.4"`, `"I.F.7.b" is true`. Here that
expression becomes a small tree on which three questions are answered with the values of the names: what it comes to,
which criteria apply to this order, and which of them stand between the order and an approval.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeAlias

from cql_like_rules.cql import syntax
from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.cql.values import logic

Values: TypeAlias = Callable[[str], bool | None]
"""The value of a define by its name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A define: a criterion, or a condition that chooses between criteria."""

    name: str
    is_criterion: bool


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool | None


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Structure, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Structure, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    part: Structure


@dataclass(frozen=True, slots=True)
class Test:
    """`part is true`, `is false` or `is null`."""

    part: Structure
    expected: bool | None


@dataclass(frozen=True, slots=True)
class Guarded:
    """`condition implies part`: the part applies unless the condition is known to be false."""

    condition: Structure
    part: Structure


@dataclass(frozen=True, slots=True)
class Choice:
    """The part of the first branch whose condition is true, else `otherwise`."""

    branches: tuple[tuple[Structure, Structure], ...]
    otherwise: Structure


Structure: TypeAlias = Name | Constant | AllOf | AnyOf | Negation | Test | Guarded | Choice


def names_criteria(expression: syntax.Expression, criteria: Collection[str]) -> bool:
    """Whether an expression names criteria directly, which makes the criterion it defines a node."""
    return any(isinstance(node, syntax.IdentifierRef) and node.name in criteria for node in expression.walk())


def structure_of(expression: syntax.Expression, criteria: Collection[str]) -> Structure:
    """The structure that an expression over names writes down.

    Raises CqlError where something else than names and logic stands in a node.
    """
    match expression:
        case syntax.IdentifierRef():
            return Name(expression.name, expression.name in criteria)
        case syntax.Null():
            return Constant(None)
        case syntax.Literal(value=bool()):
            return Constant(bool(expression.value))
        case syntax.Operation():
            return _operation(expression, criteria)
        case syntax.If():
            return _if(expression, criteria)
        case syntax.Case(comparand=None):
            return _case(expression, criteria)
    raise _not_a_name(expression)


def _operation(expression: syntax.Operation, criteria: Collection[str]) -> Structure:
    operator = expression.operator
    if operator not in ("And", "Or", "Implies", "Not", "IsTrue", "IsFalse", "IsNull"):
        raise _not_a_name(expression)
    parts = tuple(structure_of(operand, criteria) for operand in expression.operands)
    match operator:
        case "And":
            return AllOf(_flattened(parts, AllOf))
        case "Or":
            return AnyOf(_flattened(parts, AnyOf))
        case "Implies":
            return Guarded(parts[0], parts[1])
        case "Not":
            return Negation(parts[0])
    return Test(parts[0], {"IsTrue": True, "IsFalse": False, "IsNull": None}[operator])


def _flattened(parts: tuple[Structure, ...], kind: type[AllOf] | type[AnyOf]) -> tuple[Structure, ...]:
    flat: list[Structure] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return tuple(flat)


def _if(expression: syntax.If, criteria: Collection[str]) -> Structure:
    condition = structure_of(expression.condition, criteria)
    return Choice(((condition, structure_of(expression.then, criteria)),), structure_of(expression.otherwise, criteria))


def _case(expression: syntax.Case, criteria: Collection[str]) -> Structure:
    branches = tuple(
        (structure_of(item.when, criteria), structure_of(item.then, criteria)) for item in expression.items
    )
    return Choice(branches, structure_of(expression.otherwise, criteria))


def _not_a_name(node: syntax.Node) -> CqlError:
    return CqlError(
        [
            Problem(
                node.position,
                "a criterion that rests on other criteria is written with names only",
                found=type(node).__name__,
                expected="the name of a criterion or condition, and, or, not, implies, if, case, is true/false/null",
                hint="give the condition a define of its own and use its name",
            )
        ]
    )


def names_of(structure: Structure) -> tuple[str, ...]:
    """Every criterion directly below a node, whether it applies to an order or not, in the order of the document."""
    match structure:
        case Name(name, is_criterion):
            return (name,) if is_criterion else ()
        case AllOf(parts) | AnyOf(parts):
            below: tuple[Structure, ...] = parts
        case Negation(part) | Test(part, _) | Guarded(_, part):
            below = (part,)
        case Choice(branches, otherwise):
            below = (*(part for _, part in branches), otherwise)
        case _:
            below = ()
    return tuple(dict.fromkeys(name for part in below for name in names_of(part)))


def value_of(structure: Structure, values: Values) -> bool | None:
    """What the structure comes to, in three-valued logic (CQL 1.5.3, Appendix B, Logical Operators)."""
    match structure:
        case Name(name, _):
            return values(name)
        case Constant(value):
            return value
        case AllOf(parts):
            return logic.all_of(value_of(part, values) for part in parts)
        case AnyOf(parts):
            return logic.any_of(value_of(part, values) for part in parts)
        case Negation(part):
            return logic.not_(value_of(part, values))
        case Test(part, expected):
            return value_of(part, values) is expected
        case Guarded(condition, part):
            return logic.implies(value_of(condition, values), value_of(part, values))
    return value_of(chosen(structure, values), values)


def chosen(choice: Choice, values: Values) -> Structure:
    """The part of a choice that applies: that of the first condition that is true."""
    for condition, part in choice.branches:
        if value_of(condition, values) is True:
            return part
    return choice.otherwise


def applied_criteria(structure: Structure, values: Values) -> tuple[str, ...]:
    """The criteria directly below a node that apply to this order, in the order of the document."""
    names: list[str] = []

    def collect(part: Structure) -> None:
        match part:
            case Name(name, is_criterion):
                if is_criterion and name not in names:
                    names.append(name)
            case AllOf(parts) | AnyOf(parts):
                for each in parts:
                    collect(each)
            case Negation(inner) | Test(inner, _):
                collect(inner)
            case Guarded(condition, inner):
                if value_of(condition, values) is not False:
                    collect(inner)
            case Choice():
                collect(chosen(part, values))

    collect(structure)
    return tuple(names)


def is_ruled_out(structure: Structure, values: Values) -> bool:
    """Whether a node does not concern this order: its choice came to a plain `false`."""
    return isinstance(structure, Choice) and chosen(structure, values) == Constant(False)


def blocking_criteria(structure: Structure, values: Values, offers_way_out: Callable[[str], bool]) -> tuple[str, ...]:
    """The criteria directly below a node that stand between the order and an approval; empty when the node is met.

    Of an all-of, whatever is not met or missing. Of an any-of, the alternatives that are still open and those that the
    prescriber can make good (`offers_way_out`); when there are none of either, every alternative, but for those that
    count only once they are there (`… or "I.A.7.e" is true`): silence about them is not what stands in the way.
    """
    names: list[str] = []

    def collect(part: Structure) -> None:
        if value_of(part, values) is True:
            return
        match part:
            case Name(name, is_criterion):
                if is_criterion and name not in names:
                    names.append(name)
            case AllOf(parts):
                for each in parts:
                    collect(each)
            case AnyOf(parts):
                ways = [each for each in parts if value_of(each, values) is None or _way_out(each)]
                denied = [each for each in parts if not _is_silent(each)]
                for each in ways or denied or parts:
                    collect(each)
            case Negation(inner) | Test(inner, _) | Guarded(_, inner):
                collect(inner)
            case Choice():
                collect(chosen(part, values))

    def _is_silent(part: Structure) -> bool:
        return isinstance(part, Test) and part.expected is True and value_of(part.part, values) is None

    def _way_out(part: Structure) -> bool:
        return isinstance(part, Name) and offers_way_out(part.name)

    collect(structure)
    return tuple(names)
