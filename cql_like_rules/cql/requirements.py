"""Data requirements: which resources a library retrieves, by type and code, and which of their elements it reads.

    requirements_of(library)       # all that evaluating any define of it can retrieve

Read from the checked text, with everything that the defines lead to in included libraries and nothing else of them.
Whatever an evaluation retrieves is among the requirements, whichever way the data of a patient lead it.

Source: FHIR R4, DataRequirement; HL7, Using CQL with FHIR, Data Requirements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from cql_like_rules.cql.compiling.program import CompiledLibrary
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.resolution import Kind, Reference, ResolvedLibrary
from cql_like_rules.cql.syntax import (
    CodeDef,
    CodeSystemDef,
    ConceptDef,
    ExpressionDef,
    FunctionDef,
    FunctionRef,
    IdentifierRef,
    Node,
    ParameterDef,
    Position,
    Property,
    Query,
    Retrieve,
)
from cql_like_rules.cql.types import ChoiceOf, ListOf, Named, Type
from cql_like_rules.cql.values.concept import Code

_PATIENT = "Patient"
_CALLED = frozenset({Kind.DEFINE, Kind.PARAMETER, Kind.FUNCTION})


@dataclass(frozen=True, slots=True)
class DataRequirement:
    """Resources of one type that are needed: all of them, or those with certain codes.

    `code_path` is the element that the codes are looked for in, `value_set` the address of the set that they belong to,
    `codes` are codes written singly; "" and none where all resources of the type are needed. `elements` are the paths
    that are read, in whatever resource of the type. `positions` are the places that retrieve it.
    """

    type: str
    code_path: str = ""
    value_set: str = ""
    codes: tuple[Code, ...] = ()
    elements: tuple[str, ...] = ()
    positions: tuple[Position, ...] = field(default=(), compare=False)

    @property
    def is_filtered(self) -> bool:
        """Whether only resources with certain codes are needed."""
        return bool(self.code_path)


def requirements_of(library: CompiledLibrary, defines: Iterable[str] | None = None) -> tuple[DataRequirement, ...]:
    """What these defines of a library need, all its own when none are named; each requirement once, in order.

    Raises KeyError for an unknown define.
    """
    walk = _Walk()
    names = library.defines if defines is None else defines
    walk.follow((library.resolved, library.defines[name].syntax) for name in names)
    return merged(walk.requirements())


def merged(requirements: Iterable[DataRequirement]) -> tuple[DataRequirement, ...]:
    """Each requirement once, by type and codes; requirements of one type all have the elements of any of them."""
    once: dict[tuple[object, ...], DataRequirement] = {}
    elements: dict[str, set[str]] = {}
    for requirement in requirements:
        elements.setdefault(requirement.type, set()).update(requirement.elements)
        known = once.setdefault(_key(requirement), requirement)
        positions = sorted({*known.positions, *requirement.positions}, key=_place)
        once[_key(requirement)] = replace(known, positions=tuple(positions))
    read = {type_name: tuple(_deepest(paths)) for type_name, paths in elements.items()}
    return tuple(replace(once[key], elements=read[once[key].type]) for key in sorted(once, key=str))


def _key(requirement: DataRequirement) -> tuple[object, ...]:
    codes = tuple((code.system or "", code.code) for code in requirement.codes)
    return requirement.type, requirement.code_path, requirement.value_set, codes


def _place(position: Position) -> tuple[str, int, int]:
    return position.file, position.line, position.column


def _deepest(paths: Iterable[str]) -> Iterator[str]:
    """The paths in alphabetical order, without those that only lead to another one."""
    ordered = sorted(paths)
    for path in ordered:
        if not any(other.startswith(f"{path}.") for other in ordered):
            yield path


class _Walk:
    """Everything that some definitions lead to, each definition once."""

    def __init__(self) -> None:
        self._retrieved: list[DataRequirement] = []
        self._elements: dict[str, set[str]] = {}
        self._waiting: list[tuple[ResolvedLibrary, Node]] = []
        self._seen: set[int] = set()

    def requirements(self) -> Iterator[DataRequirement]:
        for requirement in self._retrieved:
            yield replace(requirement, elements=tuple(self._elements.get(requirement.type, ())))

    def follow(self, definitions: Iterable[tuple[ResolvedLibrary, Node]]) -> None:
        self._waiting.extend(definitions)
        while self._waiting:
            library, definition = self._waiting.pop()
            if id(definition) not in self._seen:
                self._seen.add(id(definition))
                body = _body(definition)
                for node in body.walk() if body else ():
                    self._visit(node, library)

    def _visit(self, node: Node, library: ResolvedLibrary) -> None:
        match node:
            case Retrieve():
                self._retrieve(node, library)
            case IdentifierRef() | FunctionRef():
                reference = library.reference(node)
                if reference is not None:
                    self._refer(node, reference, library)
            case Property(source=source, path=path):
                reference = library.reference(node)
                if reference is not None:
                    self._refer(node, reference, library)
                else:
                    self._read(library.type_of(source), path)
            case Query():
                self._sort_keys(node, library)

    def _refer(self, node: Node, reference: Reference, library: ResolvedLibrary) -> None:
        if reference.kind is Kind.CONTEXT:
            self._retrieved.append(DataRequirement(_PATIENT, positions=(node.position,)))
        elif reference.kind is Kind.SYSTEM_FUNCTION and reference.name.startswith("AgeIn"):
            self._retrieved.append(DataRequirement(_PATIENT, positions=(node.position,)))
            self._read(Named("FHIR", _PATIENT), "birthDate")
        elif reference.kind in _CALLED and reference.declaration is not None:
            self._waiting.append((library.home(reference), reference.declaration))

    def _retrieve(self, node: Retrieve, library: ResolvedLibrary) -> None:
        wanted = DataRequirement(node.type.name, positions=(node.position,))
        if node.codes is not None:
            path = node.code_path or FHIR.primary_code_path(node.type.name) or "code"
            self._read(Named("FHIR", node.type.name), path)
            value_set, codes = _codes_of(node.codes, library)
            # Codes that are computed may be any: then all resources of the type may be needed.
            if value_set or codes:
                wanted = replace(wanted, code_path=path, value_set=value_set, codes=codes)
        self._retrieved.append(wanted)

    def _sort_keys(self, query: Query, library: ResolvedLibrary) -> None:
        """A name in a sort key is an element of the rows."""
        for item in query.sort:
            for node in item.walk():
                reference = library.reference(node) if isinstance(node, IdentifierRef) else None
                if reference is not None and reference.kind is Kind.ELEMENT:
                    self._read(library.type_of(query), reference.name)

    def _read(self, owner: Type, path: str) -> None:
        match owner:
            case Named("FHIR", name) if FHIR.is_resource(name):
                self._elements.setdefault(name, set()).add(path)
            case Named("FHIR", name) if name in _PART_OF:
                resource, above = _PART_OF[name]
                self._elements.setdefault(resource, set()).add(f"{above}.{path}")
            case ListOf(element):
                self._read(element, path)
            case ChoiceOf(options):
                for option in options:
                    self._read(option, path)


def _body(definition: Node) -> Node | None:
    """The expression of a definition; None for a parameter without a default."""
    if isinstance(definition, ExpressionDef | FunctionDef):
        return definition.expression
    return definition.default if isinstance(definition, ParameterDef) else None


def _codes_of(node: Node, library: ResolvedLibrary) -> tuple[str, tuple[Code, ...]]:
    """The address of the value set, or the codes, that a retrieve names; neither when they are computed."""
    reference = library.reference(node)
    if reference is None:
        return "", ()
    home = library.home(reference)
    match reference.declaration:
        case CodeDef() as code:
            return "", (_code(code, home),)
        case ConceptDef(codes=names):
            declared = {each.name: each for each in home.library.definitions if isinstance(each, CodeDef)}
            return "", tuple(_code(declared[name], home) for name in names)
    return (home.value_sets[reference.name].id if reference.kind is Kind.VALUE_SET else ""), ()


def _code(code: CodeDef, library: ResolvedLibrary) -> Code:
    systems = {each.name: each for each in library.library.definitions if isinstance(each, CodeSystemDef)}
    system = systems[code.codesystem]
    return Code(code.id, system.id, system.version, code.display)


def _parts() -> Iterator[tuple[str, tuple[str, str]]]:
    """The types that are parts of a resource (`Observation.Component`), each with the resource and the path to it."""
    for resource in filter(FHIR.is_resource, FHIR.types):
        waiting = [(resource, "")]
        seen: set[str] = set()
        while waiting:
            owner, above = waiting.pop(0)
            for name, element in FHIR.elements(owner).items():
                if element.type.startswith(f"{resource}.") and element.type not in seen:
                    seen.add(element.type)
                    path = f"{above}.{name}" if above else name
                    yield element.type, (resource, path)
                    waiting.append((element.type, path))


_PART_OF = dict(_parts())
