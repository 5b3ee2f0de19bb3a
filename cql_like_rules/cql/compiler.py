"""The compiler: checked libraries -> Python closures, once, when the rules are loaded.

Each expression becomes a closure over the closures of its parts; which function makes it is looked up by the class of
the node. Nothing is resolved, parsed or looked up by name any more when a patient waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cql_like_rules.cql.compiling import (
    constants,
    instances,
    logic,
    operations,
    queries,
    references,
    retrieves,
    type_operations,
)
from cql_like_rules.cql.compiling.program import CompiledDefine, CompiledLibrary, CompiledParameter, Program
from cql_like_rules.cql.compiling.scope import FunctionBody, Maker, Scope, Symbols
from cql_like_rules.cql.resolution import ResolvedLibrary
from cql_like_rules.cql.syntax import (
    CodeDef,
    CodeSystemDef,
    ConceptDef,
    Expression,
    ExpressionDef,
    FunctionDef,
    Library,
    ParameterDef,
    ValueSetDef,
)
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept

MAKERS: Mapping[type[Expression], Maker] = {
    **constants.CLOSURES,
    **instances.CLOSURES,
    **logic.CLOSURES,
    **operations.CLOSURES,
    **queries.CLOSURES,
    **references.CLOSURES,
    **retrieves.CLOSURES,
    **type_operations.CLOSURES,
}


def compiled(main: ResolvedLibrary) -> CompiledLibrary:
    """A checked library and all it includes, ready to be evaluated. `main` must have no problems."""
    libraries = list(_included_first(main, set()))
    symbols = Symbols()
    for library in libraries:
        _declare(library, symbols)
    for library in libraries:
        _compile_functions(library, symbols)
    defines = [define for library in libraries for define in _defines(library, symbols)]
    parameters = [parameter for library in libraries for parameter in _parameters(library, symbols)]
    return _library(main, symbols, Program(tuple(defines), tuple(parameters)))


def _included_first(library: ResolvedLibrary, seen: set[int]) -> Iterator[ResolvedLibrary]:
    if id(library) in seen:
        return
    seen.add(id(library))
    for included in library.includes.values():
        yield from _included_first(included, seen)
    yield library


# --- what names stand for ---


def _declare(library: ResolvedLibrary, symbols: Symbols) -> None:
    """Number the defines and parameters of a library, and make its codes, concepts and value sets."""
    systems: dict[str, CodeSystem] = {}
    codes: dict[str, Code] = {}
    for definition in _in_dependency_order(library.library):
        key = id(definition)
        match definition:
            case ExpressionDef():
                symbols.defines[key] = len(symbols.defines)
            case ParameterDef():
                symbols.parameters[key] = len(symbols.parameters)
            case FunctionDef():
                symbols.functions[key] = FunctionBody(definition.name)
            case CodeSystemDef(name=name):
                systems[name] = symbols.constants[key] = CodeSystem(definition.id, name, definition.version)
            case CodeDef(name=name):
                system = systems[definition.codesystem]
                code = Code(definition.id, system.id, system.version, definition.display)
                codes[name] = symbols.constants[key] = code
            case ConceptDef():
                members = tuple(codes[name] for name in definition.codes)
                symbols.constants[key] = Concept(members, definition.display)
            case ValueSetDef(name=name):
                symbols.constants[key] = library.value_sets[name]


def _in_dependency_order(library: Library) -> Iterator[object]:
    """The definitions of a library, code systems before codes and codes before concepts."""
    for first in (CodeSystemDef, CodeDef):
        yield from (definition for definition in library.definitions if isinstance(definition, first))
    for definition in library.definitions:
        if not isinstance(definition, CodeSystemDef | CodeDef):
            yield definition


# --- what is evaluated ---


def _compile_functions(library: ResolvedLibrary, symbols: Symbols) -> None:
    for definition in library.library.definitions:
        if isinstance(definition, FunctionDef):
            scope = Scope(library, symbols, MAKERS)
            for operand in definition.operands:
                scope.new_slot(operand)
            body = symbols.functions[id(definition)]
            body.closure = scope.closure(definition.expression)
            body.locals = (None,) * (scope.size - 1 - len(definition.operands))


def _defines(library: ResolvedLibrary, symbols: Symbols) -> Iterator[CompiledDefine]:
    for definition in library.library.definitions:
        if isinstance(definition, ExpressionDef):
            scope = Scope(library, symbols, MAKERS)
            closure = scope.closure(definition.expression)
            index = symbols.defines[id(definition)]
            slots = (None,) * (scope.size - 1)
            value_type = library.type_of(definition)
            yield CompiledDefine(library.library.name, definition, index, closure, slots, value_type)


def _parameters(library: ResolvedLibrary, symbols: Symbols) -> Iterator[CompiledParameter]:
    for definition in library.library.definitions:
        if isinstance(definition, ParameterDef):
            scope = Scope(library, symbols, MAKERS)
            default = scope.closure(definition.default) if definition.default is not None else None
            index = symbols.parameters[id(definition)]
            yield CompiledParameter(library.library.name, definition, index, default, (None,) * (scope.size - 1))


def _library(resolved: ResolvedLibrary, symbols: Symbols, program: Program) -> CompiledLibrary:
    syntax = resolved.library
    defines = [program.defines[symbols.defines[id(d)]] for d in syntax.definitions if isinstance(d, ExpressionDef)]
    parameters = [
        program.parameters[symbols.parameters[id(d)]] for d in syntax.definitions if isinstance(d, ParameterDef)
    ]
    return CompiledLibrary(
        name=syntax.name,
        version=syntax.version,
        tags=syntax.tags,
        defines={define.name: define for define in defines},
        parameters={parameter.name: parameter for parameter in parameters},
        includes={name: _library(library, symbols, program) for name, library in resolved.includes.items()},
        syntax=syntax,
        resolved=resolved,
        program=program,
    )
