"""The numbers that a rule holds: limits, ages, intervals, dates, each with how it is compared and where it is written.

A rule rests on the defines, functions and parameters that it names, so theirs are its numbers too; those of shared
libraries on demand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias, TypeGuard

from cql_like_rules.cql import syntax
from cql_like_rules.cql.compiling.program import CompiledLibrary

Literal: TypeAlias = syntax.Literal | syntax.QuantityLiteral | syntax.DateTimeLiteral
Written: TypeAlias = syntax.ExpressionDef | syntax.FunctionDef | syntax.ParameterDef

RELATIONS = {
    "LessOrEqual": "≤",
    "Less": "<",
    "GreaterOrEqual": "≥",
    "Greater": ">",
    "Equal": "=",
    "NotEqual": "≠",
    "SameOrBefore": "≤",
    "Before": "<",
    "SameOrAfter": "≥",
    "After": ">",
}
_MIRRORED = {"≤": "≥", "<": ">", "≥": "≤", ">": "<", "=": "=", "≠": "≠"}


@dataclass(frozen=True, slots=True)
class RuleNumber:
    """A number of a rule: `text` with its unit, `relation` how something is compared with it ("" when it is not).

    `define` is where it is written, `library` the name of the library that holds that define.
    """

    text: str
    relation: str
    define: str
    library: str


class RuleNumbers:
    """The numbers of a library's defines."""

    def __init__(self, library: CompiledLibrary, *, shared: bool = False) -> None:
        self._library = library
        self._shared = shared
        self._written: dict[str, Mapping[str, Written]] = {}
        self._known: dict[tuple[str, str], tuple[RuleNumber, ...]] = {}

    def of(self, name: str) -> tuple[RuleNumber, ...]:
        """The numbers that the define rests on, each once, in the order in which a reader meets them."""
        return self._of(self._library, name)

    def _of(self, library: CompiledLibrary, name: str) -> tuple[RuleNumber, ...]:
        key = (library.name, name)
        if key not in self._known:
            self._known[key] = ()
            definition = self._definitions(library).get(name)
            expression = None if definition is None else expression_of(definition)
            if expression is not None:
                self._known[key] = tuple(dict.fromkeys(self._in(expression, library, name)))
        return self._known[key]

    def _definitions(self, library: CompiledLibrary) -> Mapping[str, Written]:
        if library.name not in self._written:
            self._written[library.name] = {each.name: each for each in library.syntax.definitions if is_written(each)}
        return self._written[library.name]

    def _in(self, node: syntax.Node, library: CompiledLibrary, define: str) -> Iterator[RuleNumber]:
        if is_number(node):
            yield RuleNumber(text_of(node), "", define, library.name)
            return
        compared = self._compared(node, library, define) if isinstance(node, syntax.Operation) else None
        if compared is not None:
            yield from compared
            return
        yield from self._named(node, library)
        for child in node.children():
            yield from self._in(child, library, define)

    def _compared(self, node: syntax.Operation, library: CompiledLibrary, define: str) -> Iterator[RuleNumber] | None:
        """The numbers of a comparison; None when the operation is another one."""
        relation = RELATIONS.get(node.operator)
        if relation is None:
            return None
        left, right = node.operands
        return self._related(left, _MIRRORED[relation], right, relation, library, define)

    def _related(
        self,
        left: syntax.Expression,
        left_relation: str,
        right: syntax.Expression,
        right_relation: str,
        library: CompiledLibrary,
        define: str,
    ) -> Iterator[RuleNumber]:
        for side, relation in ((left, left_relation), (right, right_relation)):
            found = tuple(dict.fromkeys(self._in(side, library, define)))
            if self._is_plain(side, library):
                found = tuple(replace(number, relation=number.relation or relation) for number in found)
            yield from found

    def _is_plain(self, side: syntax.Expression, library: CompiledLibrary) -> bool:
        """Whether a side of a comparison is a number, or a name that stands for one."""
        if is_number(side):
            return True
        if not isinstance(side, syntax.IdentifierRef):
            return False
        definition = self._definitions(library).get(side.name)
        expression = None if definition is None else expression_of(definition)
        return expression is not None and all(
            isinstance(each, syntax.Null) or self._is_plain(each, library) for each in _results(expression)
        )

    def _named(self, node: syntax.Node, library: CompiledLibrary) -> Iterator[RuleNumber]:
        """The numbers of what a node names, here or in a library that is included."""
        match node:
            case syntax.IdentifierRef(name=name):
                yield from self._of(library, name)
            case syntax.Property(source=syntax.IdentifierRef(name=alias), path=name) if alias in library.includes:
                yield from self._of_shared(library.includes[alias], name)
            case syntax.FunctionRef(name=name, target=syntax.IdentifierRef(name=alias)) if alias in library.includes:
                yield from self._of_shared(library.includes[alias], name)
            case syntax.FunctionRef(name=name):
                if name in self._definitions(library):
                    yield from self._of(library, name)
                elif node.target is not None:
                    for included in library.includes.values():
                        yield from self._of_shared(included, name)

    def _of_shared(self, library: CompiledLibrary, name: str) -> Iterator[RuleNumber]:
        if self._shared:
            yield from self._of(library, name)


def is_written(definition: syntax.Definition) -> TypeGuard[Written]:
    """Whether a definition may hold a number of a rule: a define, a function, a parameter."""
    return isinstance(definition, syntax.ExpressionDef | syntax.FunctionDef | syntax.ParameterDef)


def expression_of(definition: Written) -> syntax.Expression | None:
    """What a define, a function or the default of a parameter says; None for a parameter without a default."""
    return definition.default if isinstance(definition, syntax.ParameterDef) else definition.expression


def is_number(node: syntax.Node) -> bool:
    """Whether a node is a number, a quantity or a date as it is written."""
    if isinstance(node, syntax.Literal):
        return isinstance(node.value, int | Decimal) and not isinstance(node.value, bool)
    return isinstance(node, syntax.QuantityLiteral | syntax.DateTimeLiteral)


def text_of(node: syntax.Node) -> str:
    """A number as a reader sees it: `250 ug/m2/d`, `6 months`, `55`, `2026-01-01`."""
    match node:
        case syntax.QuantityLiteral(value=value, unit=unit, calendar=calendar):
            plural = "s" if calendar and value != 1 else ""
            return f"{value.normalize():f}" if unit == "1" else f"{value.normalize():f} {unit}{plural}"
        case syntax.DateTimeLiteral(text=text):
            return text
        case syntax.Literal(value=int() | Decimal() as value):
            return f"{Decimal(value).normalize():f}"
    raise TypeError(f"{type(node).__name__} is no number")


def _results(expression: syntax.Expression) -> Iterator[syntax.Expression]:
    """What an expression may come to, by its branches."""
    match expression:
        case syntax.If(then=then, otherwise=otherwise):
            yield from (*_results(then), *_results(otherwise))
        case syntax.Case(items=items, otherwise=otherwise):
            for item in items:
                yield from _results(item.then)
            yield from _results(otherwise)
        case _:
            yield expression
