"""Which attestations a define rests on: the links that it asks the answers of, read from the checked CQL.

    Attested(policy).by("I.B.1")       # what the define reads itself, and through defines and functions

The shared library `Attestations` reads answers by their link, a String. Here the links are worked out without a
patient: literals, `+` and `&`, operands of functions, defines, `if`, `case`, lists of literals and what a query runs
over. Where a value may be one of several, all of them count. A link that cannot be worked out is told with its place.

Source: CQL 1.5.3, Author's Guide, Functions; FHIR R4, QuestionnaireResponse.item.linkId.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TypeAlias

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.resolution import Kind, Reference, ResolvedLibrary
from cql_like_rules.cql.syntax import (
    AliasedQuerySource,
    Case,
    Expression,
    ExpressionDef,
    FunctionDef,
    FunctionRef,
    IdentifierRef,
    If,
    LetClause,
    List,
    Literal,
    Node,
    Null,
    Operation,
    ParameterDef,
    Property,
    Retrieve,
    TypeOperation,
)
from cql_like_rules.policy import Policy

LIBRARY = "Attestations"
READERS = ("YesNo", "YesNoSince", "ChosenCode", "WholeNumber", "WholeNumberSince", "Day", "Answered", "AnsweredSince")
"""The functions of the library whose first operand is a link.

`Answered` and `AnsweredSince` give the item, of whatever type its answer is.
"""

ORDER = "Order"

Strings: TypeAlias = frozenset[str] | None
"""The strings that an expression may come to, none where it is null; None where that cannot be told."""

_Operands: TypeAlias = Mapping[int, Strings]
"""What the operands of the function at hand may be, by the identity of their declarations."""

_MOST_STRINGS = 200
_NOTHING: Strings = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """One call of a reader: the link whose answer it gives, and the name of the function."""

    link: str
    reader: str


@dataclass(frozen=True, slots=True)
class Footing:
    """What a define rests on.

    `readings` are the attestations, in the order in which a reader meets them; `order_elements` the elements of the
    parameter "Order"; `parameters` those parameters that have no default. `problems` are the links that could not be
    worked out.
    """

    readings: tuple[Reading, ...] = ()
    order_elements: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def of_all(cls, parts: Iterable[Footing]) -> Footing:
        """What several rest on together."""
        listed = list(parts)
        return cls(
            tuple(dict.fromkeys(reading for part in listed for reading in part.readings)),
            frozenset().union(*(part.order_elements for part in listed)),
            frozenset().union(*(part.parameters for part in listed)),
            tuple(dict.fromkeys(problem for part in listed for problem in part.problems)),
        )


class Attested:
    """The attestations that the defines of a policy rest on. Each definition is read once.

    `up_to_criteria`: what a criterion reads through other criteria is theirs, and left out.
    """

    def __init__(self, policy: Policy, *, up_to_criteria: bool = True) -> None:
        self._library = policy.library.resolved
        self._defines = policy.library.defines
        ends = policy.criteria if up_to_criteria else ()
        self._walk = _Walk({id(self._defines[name].syntax) for name in ends})

    def by(self, define: str) -> Footing:
        """What this define rests on. Raises KeyError for an unknown one."""
        return self._walk.read(self._defines[define].expression, self._library)

    def reads(self, call: FunctionRef) -> bool:
        """Whether a call, in the policy itself, gives the answer to a link."""
        reference = self._library.reference(call)
        return reference is not None and _is_reader(reference, self._library.home(reference))


@dataclass(slots=True)
class _Walk:
    """Reads definitions, each once for all that its operands may be."""

    ends: Collection[int]
    known: dict[tuple[int, tuple[Strings, ...]], Footing] = field(default_factory=dict)

    def read(self, body: Expression, library: ResolvedLibrary) -> Footing:
        return Footing.of_all(self._met(body, library, {}))

    def _met(self, node: Node, library: ResolvedLibrary, operands: _Operands) -> Iterator[Footing]:
        """What the node and everything below it rests on, part by part."""
        reference = library.reference(node) if isinstance(node, IdentifierRef | FunctionRef | Property) else None
        if reference is not None:
            yield from self._referred(node, reference, library, operands)
        elif isinstance(node, Property) and _is_order(library.reference(node.source)):
            yield Footing(order_elements=frozenset({node.path}))
        if _passes_by(node, reference, library):
            yield _untold(node, "an answer is read past the functions that take a link")
        for child in node.children():
            yield from self._met(child, library, operands)

    def _referred(
        self, node: Node, reference: Reference, library: ResolvedLibrary, operands: _Operands
    ) -> Iterator[Footing]:
        home = library.home(reference)
        match reference.declaration:
            case ExpressionDef() as define if id(define) not in self.ends:
                yield self._definition(define, define.expression, home, {})
            case ParameterDef(name=name, default=None):
                yield Footing(parameters=frozenset({name}))
            case ParameterDef(default=Expression() as default) as parameter:
                yield self._definition(parameter, default, home, {})
            case FunctionDef() as function if isinstance(node, FunctionRef):
                given = _given(node, function, library, operands)
                if _is_reader(reference, home):
                    yield _reading(node, function.name, next(iter(given.values())))
                else:
                    yield self._definition(function, function.expression, home, given)

    def _definition(self, definition: Node, body: Expression, home: ResolvedLibrary, operands: _Operands) -> Footing:
        key = (id(definition), tuple(operands.values()))
        if key not in self.known:
            self.known[key] = Footing()
            self.known[key] = Footing.of_all(self._met(body, home, operands))
        return self.known[key]


def _reading(call: FunctionRef, reader: str, links: Strings) -> Footing:
    if links is None:
        return _untold(call, "which attestation this reads cannot be told", reader)
    return Footing(tuple(Reading(link, reader) for link in sorted(links)))


def _untold(node: Node, message: str, found: str = "") -> Footing:
    return Footing(problems=(Problem(node.position, message, found=found),))


def _passes_by(node: Node, reference: Reference | None, library: ResolvedLibrary) -> bool:
    """Whether it takes answers as they stand, outside the library: nobody could tell which are asked for."""
    if library.library.name == LIBRARY:
        return False
    if isinstance(node, Retrieve):
        return node.type.name == "QuestionnaireResponse"
    return bool(reference and reference.kind is Kind.DEFINE and library.home(reference).library.name == LIBRARY)


def _is_reader(reference: Reference, home: ResolvedLibrary) -> bool:
    return reference.kind is Kind.FUNCTION and home.library.name == LIBRARY and reference.name in READERS


def _is_order(reference: Reference | None) -> bool:
    return reference is not None and reference.kind is Kind.PARAMETER and reference.name == ORDER


def folded(node: Expression, library: ResolvedLibrary, operands: _Operands) -> Strings:
    """The strings that an expression may come to; None where that cannot be told without a patient.

    A list stands for any of its elements. `operands` are those of the function that the expression stands in.
    """
    match node:
        case Literal(value=str() as text):
            return frozenset({text})
        case Null():
            return _NOTHING
        case Operation(operator="Add" | "Concatenate", operands=parts):
            return _joined([folded(part, library, operands) for part in parts])
        case If(then=then, otherwise=otherwise):
            return _any_of((then, otherwise), library, operands)
        case Case(items=items, otherwise=otherwise):
            return _any_of((*(item.then for item in items), otherwise), library, operands)
        case List(elements=elements):
            return _any_of(elements, library, operands)
        case TypeOperation(operator="As" | "Cast", operand=Expression() as operand):
            return folded(operand, library, operands)
        case IdentifierRef() | Property() | FunctionRef():
            return _named(node, library, operands)
    return None


def _named(node: IdentifierRef | Property | FunctionRef, library: ResolvedLibrary, operands: _Operands) -> Strings:
    reference = library.reference(node)
    if reference is None:
        return None
    home = library.home(reference)
    match reference.declaration:
        case ExpressionDef(expression=expression):
            return folded(expression, home, {})
        case AliasedQuerySource(expression=expression) | LetClause(expression=expression):
            return folded(expression, library, operands)
        case FunctionDef() as function if isinstance(node, FunctionRef):
            return folded(function.expression, home, _given(node, function, library, operands))
    if reference.kind is Kind.OPERAND and reference.declaration is not None:
        return operands.get(id(reference.declaration))
    if reference.kind is Kind.SYSTEM_FUNCTION and reference.name == "Coalesce" and isinstance(node, FunctionRef):
        return _any_of(node.operands, library, operands)
    return None


def _given(call: FunctionRef, function: FunctionDef, library: ResolvedLibrary, operands: _Operands) -> _Operands:
    """What the operands of a function may be in a call. In a sort clause the row, the first one, is not written."""
    written = [folded(operand, library, operands) for operand in library.operands(call)]
    unwritten: list[Strings] = [None] * (len(function.operands) - len(written))
    return dict(zip(map(id, function.operands), [*unwritten, *written], strict=True))


def _any_of(parts: Iterable[Expression], library: ResolvedLibrary, operands: _Operands) -> Strings:
    together: set[str] = set()
    for part in parts:
        strings = folded(part, library, operands)
        if strings is None:
            return None
        together |= strings
    return frozenset(together)


def _joined(parts: Sequence[Strings]) -> Strings:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or prod(map(len, known)) > _MOST_STRINGS:
        return None
    return frozenset("".join(pieces) for pieces in product(*known))
