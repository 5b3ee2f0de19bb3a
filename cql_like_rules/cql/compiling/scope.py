"""What is known while one define or function is turned into closures: what names refer to, and where values are kept.

A closure maker takes a node and this scope and returns the closure. Makers are found by the class of the node, in a
table that `cql.compiler` puts together from the modules of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cql_like_rules.cql.compiling.frame import Closure, Frame
from cql_like_rules.cql.resolution import Reference, ResolvedLibrary
from cql_like_rules.cql.syntax import Expression, FunctionRef, Node
from cql_like_rules.cql.types import Type

Maker: TypeAlias = Callable[[Any, "Scope"], Closure]


def _not_compiled(frame: Frame) -> Any:
    raise AssertionError("a function is called before its library is compiled")


@dataclass(slots=True)
class FunctionBody:
    """A function: what its name refers to before its body is compiled, so that functions can call each other.

    `locals` fills the slots of a frame that come after the operands.
    """

    name: str
    closure: Closure = _not_compiled
    locals: tuple[None, ...] = ()


@dataclass(frozen=True, slots=True)
class Symbols:
    """What the declarations of all libraries of a program have become, by the identity of the declaration."""

    defines: dict[int, int] = field(default_factory=dict)
    parameters: dict[int, int] = field(default_factory=dict)
    functions: dict[int, FunctionBody] = field(default_factory=dict)
    constants: dict[int, Any] = field(default_factory=dict)


class Scope:
    """One define, parameter default or function of a library."""

    def __init__(self, library: ResolvedLibrary, symbols: Symbols, makers: Mapping[type[Expression], Maker]) -> None:
        self.symbols = symbols
        self.row: int | None = None
        """The slot of the row being sorted, inside a sort key."""
        self._library = library
        self._makers = makers
        self._slots: dict[int, int] = {}
        self._size = 1

    @property
    def size(self) -> int:
        """How long a frame has to be: the run and all slots."""
        return self._size

    def closure(self, node: Expression) -> Closure:
        """The closure that gives the value of an expression."""
        return self._makers[type(node)](node, self)

    def new_slot(self, declaration: Node | None = None) -> int:
        """A slot of its own, for what the node declares (an alias, a `let`, an operand)."""
        slot = self._size
        self._size += 1
        if declaration is not None:
            self._slots[id(declaration)] = slot
        return slot

    def slot_of(self, declaration: Node | None) -> int:
        """The slot of what the node declares."""
        return self._slots[id(declaration)]

    def reference(self, node: Node) -> Reference | None:
        """What a name refers to; None for a Property that is a path."""
        return self._library.reference(node)

    def operands(self, call: FunctionRef) -> tuple[Expression, ...]:
        """The operands of a call, the target of a fluent one first."""
        return self._library.operands(call)

    def type_of(self, node: Node) -> Type:
        """The static type of an expression, `ANY` where it is not known."""
        return self._library.type_of(node)
