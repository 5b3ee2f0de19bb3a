"""What the checker hands the compiler: for every name in a library, what it refers to, and the static types known.

The syntax tree stays as it was parsed. References and types are kept beside it, by the identity of the node
(`id(node)`); the library holds the nodes, so an identity stays valid as long as the `ResolvedLibrary` lives.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from cql_like_rules.cql.syntax import Expression, FunctionRef, Library, Node
from cql_like_rules.cql.types import ANY, Type
from cql_like_rules.cql.values.concept import ValueSet


class Kind(Enum):
    """What a name refers to; in brackets the class of `Reference.declaration`."""

    DEFINE = "define"  # (ExpressionDef)
    PARAMETER = "parameter"  # (ParameterDef)
    CODE = "code"  # (CodeDef)
    CONCEPT = "concept"  # (ConceptDef)
    VALUE_SET = "value set"  # (ValueSetDef)
    CODE_SYSTEM = "code system"  # (CodeSystemDef)
    CONTEXT = "context"  # `Patient`: the patient of the record (None)
    ALIAS = "alias"  # of a query source (AliasedQuerySource)
    LET = "let"  # (LetClause)
    ACCUMULATOR = "accumulator"  # of an aggregate clause (AggregateClause)
    OPERAND = "operand"  # of the function the name stands in (OperandDef)
    ELEMENT = "element"  # in `sort by`: the element of that name of the row, `$this.name` (None)
    FUNCTION = "function"  # of a library, called plainly, qualified or fluently (FunctionDef)
    SYSTEM_FUNCTION = "system function"  # `name` is the key in operators.FUNCTIONS (None)


@dataclass(frozen=True, slots=True)
class Reference:
    """What an IdentifierRef, a FunctionRef or a Property of the form `Library."Name"` refers to.

    `library` is the local name of the included library that the declaration stands in, "" for the library itself.
    `fluent` is True where the `target` of a FunctionRef is the function's first operand. In a sort clause such a call
    may have no target: then the row that is sorted is the first operand (`sort by age()` is `$this.age()`).
    """

    kind: Kind
    name: str
    declaration: Node | None = None
    library: str = ""
    fluent: bool = False


@dataclass(frozen=True, slots=True)
class ResolvedLibrary:
    """A checked library.

    `references` has an entry for every IdentifierRef and FunctionRef, and for those Property nodes that name a member
    of an included library; a Property without an entry is a path. The name of an included library itself (the source
    of such a Property, the target of a qualified call) has no entry and is not to be compiled.
    `types` holds the static type of expressions by `id(node)`, `ANY` or no entry where it is not known; also of
    definitions (the value of a define or parameter, what a function returns, the operands of functions) and of type
    specifiers (`x is T`, `as`, `convert`).
    `value_sets` holds what the value set definitions of this library resolved to, by their name.
    """

    library: Library
    includes: Mapping[str, ResolvedLibrary]
    references: Mapping[int, Reference]
    types: Mapping[int, Type] = field(default_factory=dict)
    value_sets: Mapping[str, ValueSet] = field(default_factory=dict)

    def reference(self, node: Node) -> Reference | None:
        """What the node refers to; None for a Property that is a path and for the name of an included library."""
        return self.references.get(id(node))

    def type_of(self, node: Node) -> Type:
        """The static type of an expression, `ANY` where it is not known."""
        return self.types.get(id(node), ANY)

    def home(self, reference: Reference) -> ResolvedLibrary:
        """The library that the declaration of a reference of this one stands in."""
        return self.includes[reference.library] if reference.library else self

    def operands(self, call: FunctionRef) -> tuple[Expression, ...]:
        """The operands of a call: the target comes first where the function is called fluently."""
        reference = self.references[id(call)]
        return (call.target, *call.operands) if reference.fluent and call.target else call.operands
