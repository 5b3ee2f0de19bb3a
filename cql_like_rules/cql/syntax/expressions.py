"""Expressions: values that are written down, names, operations, retrieves and queries."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cql_like_rules.cql.syntax.node import Node
from cql_like_rules.cql.syntax.type_specifiers import NamedTypeSpecifier, TypeSpecifier


@dataclass(frozen=True, slots=True)
class Expression(Node):
    """Anything that has a value."""


@dataclass(frozen=True, slots=True)
class Null(Expression):
    """The literal `null`."""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A Boolean, Integer, Decimal or String literal."""

    value: bool | int | Decimal | str


@dataclass(frozen=True, slots=True)
class QuantityLiteral(Expression):
    """`5 'mg'`, `2 years`; `unit` is the UCUM text, or the calendar word in the singular (`year`)."""

    value: Decimal
    unit: str
    calendar: bool


@dataclass(frozen=True, slots=True)
class RatioLiteral(Expression):
    numerator: QuantityLiteral
    denominator: QuantityLiteral


@dataclass(frozen=True, slots=True)
class DateTimeLiteral(Expression):
    """`@2026-01-15`, `@2026-01T`, `@T10:30`; `kind` is `Date`, `DateTime` or `Time`, `text` what follows the `@`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Interval(Expression):
    low: Expression
    high: Expression
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class List(Expression):
    elements: tuple[Expression, ...]
    element_type: TypeSpecifier | None = None


@dataclass(frozen=True, slots=True)
class TupleElement(Node):
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Tuple(Expression):
    elements: tuple[TupleElement, ...]


@dataclass(frozen=True, slots=True)
class Instance(Expression):
    """`System.Quantity { value: 5, unit: 'mg' }`."""

    type: NamedTypeSpecifier
    elements: tuple[TupleElement, ...]


@dataclass(frozen=True, slots=True)
class CodeSelector(Expression):
    """`Code 'x' from "SYSTEM" display 'y'`."""

    code: str
    system: IdentifierRef
    display: str | None = None


@dataclass(frozen=True, slots=True)
class ConceptSelector(Expression):
    codes: tuple[CodeSelector, ...]
    display: str | None = None


@dataclass(frozen=True, slots=True)
class IdentifierRef(Expression):
    """A name as written: a define, parameter, code, value set, alias, operand or element in scope."""

    name: str


@dataclass(frozen=True, slots=True)
class Property(Expression):
    """`source.path`. Also how the parser writes `Library."Define"`: which of the two is settled by the checker."""

    source: Expression
    path: str


@dataclass(frozen=True, slots=True)
class This(Expression):
    """`$this`."""


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """`$index`."""


@dataclass(frozen=True, slots=True)
class Total(Expression):
    """`$total`."""


@dataclass(frozen=True, slots=True)
class FunctionRef(Expression):
    """`Name(arguments)`, `Library.Name(arguments)` or, fluently, `target.name(arguments)`.

    `target` is the expression before the dot, if any; whether that names an included library or is the first argument
    of a fluent function is settled by the checker.
    """

    name: str
    operands: tuple[Expression, ...]
    target: Expression | None = None


@dataclass(frozen=True, slots=True)
class Operation(Expression):
    """An operator applied to its operands; `operator` is the ELM name (`Add`, `LessOrEqual`, `IncludedIn`, …).

    `precision` is the unit of `same day or before`, `difference in months between`, `year from` and the like,
    in the singular (`day`).
    """

    operator: str
    operands: tuple[Expression, ...]
    precision: str | None = None


@dataclass(frozen=True, slots=True)
class TypeOperation(Expression):
    """`x is T` (`Is`), `x as T` (`As`), `cast x as T` (`Cast`), `convert x to T` (`Convert`), `minimum T`, `maximum T`.

    `operand` is None for `MinValue` and `MaxValue`.
    """

    operator: str
    operand: Expression | None
    type: TypeSpecifier


@dataclass(frozen=True, slots=True)
class ConvertQuantity(Expression):
    """`convert x to 'mg'`."""

    operand: Expression
    unit: str


@dataclass(frozen=True, slots=True)
class If(Expression):
    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class CaseItem(Node):
    when: Expression
    then: Expression


@dataclass(frozen=True, slots=True)
class Case(Expression):
    """`case when … then … else … end`; with `comparand`, the selected form (`case x when …`)."""

    comparand: Expression | None
    items: tuple[CaseItem, ...]
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Retrieve(Expression):
    """`[Condition: code in "Value set"]`; `codes` is None for `[Condition]`, `code_path` None for the default path.

    `comparator` is `in` or `~` (`~` also stands for the plain `[Type: x]` until the checker knows what x is).
    """

    type: NamedTypeSpecifier
    code_path: str | None = None
    comparator: str = "~"
    codes: Expression | None = None


@dataclass(frozen=True, slots=True)
class AliasedQuerySource(Node):
    expression: Expression
    alias: str


@dataclass(frozen=True, slots=True)
class LetClause(Node):
    identifier: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class RelationshipClause(Node):
    """`with` (kind `With`) or `without` (kind `Without`) another source `such that` a condition holds."""

    kind: str
    source: AliasedQuerySource
    such_that: Expression


@dataclass(frozen=True, slots=True)
class ReturnClause(Node):
    """`distinct` is True for `return` and `return distinct`; `explicit`: `all` or `distinct` was written."""

    expression: Expression
    distinct: bool
    explicit: bool


@dataclass(frozen=True, slots=True)
class AggregateClause(Node):
    identifier: str
    expression: Expression
    distinct: bool
    starting: Expression | None


@dataclass(frozen=True, slots=True)
class SortByItem(Node):
    """`expression` is None for `sort asc` / `sort desc`, which sorts the values themselves."""

    expression: Expression | None
    descending: bool


@dataclass(frozen=True, slots=True)
class Query(Expression):
    sources: tuple[AliasedQuerySource, ...]
    lets: tuple[LetClause, ...] = ()
    relationships: tuple[RelationshipClause, ...] = ()
    where: Expression | None = None
    returns: ReturnClause | None = None
    aggregate: AggregateClause | None = None
    sort: tuple[SortByItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Malformed(Expression):
    """Stands where an expression could not be parsed, so that the rest of the file can; never reaches the compiler."""
