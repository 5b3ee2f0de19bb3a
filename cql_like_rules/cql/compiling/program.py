"""What compilation gives: libraries whose defines are closures, numbered through the whole program.

A program is one library with everything that it includes. Defines and parameters of all its libraries are numbered in
one sequence, so that an evaluation keeps their values in plain lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cql_like_rules.cql.compiling.frame import Closure
from cql_like_rules.cql.resolution import ResolvedLibrary
from cql_like_rules.cql.syntax import Expression, ExpressionDef, Library, ParameterDef, Position, Tag
from cql_like_rules.cql.types import Type


@dataclass(frozen=True, slots=True)
class CompiledDefine:
    """A define. `index` is its number in the program, `locals` fills the slots of its frame.

    `type` is the static type of its value, `ANY` where that is not known.
    """

    library: str
    syntax: ExpressionDef
    index: int
    closure: Closure
    locals: tuple[None, ...]
    type: Type

    @property
    def name(self) -> str:
        return self.syntax.name

    @property
    def expression(self) -> Expression:
        return self.syntax.expression

    @property
    def position(self) -> Position:
        return self.syntax.position

    @property
    def tags(self) -> tuple[Tag, ...]:
        return self.syntax.tags

    @property
    def private(self) -> bool:
        return self.syntax.private

    def tag(self, name: str) -> str | None:
        """The value of the first tag of that name; None when there is none."""
        return self.syntax.tag(name)


@dataclass(frozen=True, slots=True)
class CompiledParameter:
    """A parameter. Where `default` is None the library gives none, and the parameter is null unless it is supplied."""

    library: str
    syntax: ParameterDef
    index: int
    default: Closure | None
    locals: tuple[None, ...]

    @property
    def name(self) -> str:
        return self.syntax.name


@dataclass(frozen=True, slots=True)
class Program:
    """Every define and parameter of a library and its includes, each at its number."""

    defines: tuple[CompiledDefine, ...]
    parameters: tuple[CompiledParameter, ...]


@dataclass(frozen=True, slots=True)
class CompiledLibrary:
    """A library that can be evaluated. `defines` and `parameters` are its own, in the order of the file.

    `includes` holds the included libraries by the name they go by in this one. `resolved` is what was
    compiled, for those who read the text itself.
    """

    name: str
    version: str | None
    tags: tuple[Tag, ...]
    defines: Mapping[str, CompiledDefine]
    parameters: Mapping[str, CompiledParameter]
    includes: Mapping[str, CompiledLibrary]
    syntax: Library
    resolved: ResolvedLibrary = field(repr=False)
    program: Program = field(repr=False)
