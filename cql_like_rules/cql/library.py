"""Libraries: from CQL text, and the texts of what it includes, to something that can be evaluated.

    library = compile_library("Plan", FolderSource(folder), valuesets)
    Evaluation(library, record, parameters, as_of).value("State")

Everything that can be wrong with a text is found here, all of it at once, before any patient is looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cql_like_rules.cql.checker import check_library
from cql_like_rules.cql.checking.definitions import ValueSets
from cql_like_rules.cql.compiler import compiled
from cql_like_rules.cql.compiling.program import CompiledDefine, CompiledLibrary, CompiledParameter
from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.cql.resolution import ResolvedLibrary
from cql_like_rules.cql.syntax import IncludeDef, Library, Position

__all__ = [
    "CompiledDefine",
    "CompiledLibrary",
    "CompiledParameter",
    "FolderSource",
    "LibrarySource",
    "SharedLibraries",
    "SourceText",
    "ValueSets",
    "compile_file",
    "compile_library",
    "compile_text",
]


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a library; `file` is what positions in it are told by."""

    file: str
    text: str


class LibrarySource(Protocol):
    """Where the texts of libraries come from."""

    def read(self, name: str, version: str | None) -> SourceText | None:
        """The text of the library; None when there is none of that name and version."""


class FolderSource:
    """Libraries in the files `NAME-VERSION.cql` or `NAME.cql` of one or more folders, the first folder first."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders

    def read(self, name: str, version: str | None) -> SourceText | None:
        """The text of the library; None when no folder has a file for it."""
        names = [f"{name}-{version}.cql"] if version else []
        for folder in self._folders:
            for file_name in [*names, f"{name}.cql"]:
                path = folder / file_name
                if path.is_file():
                    return _text_of(path)
        return None


def compile_library(name: str, source: LibrarySource, valuesets: ValueSets) -> CompiledLibrary:
    """The library of that name, and all it includes, compiled. Raises CqlError with the problems of all files."""
    text = source.read(name, None)
    if text is None:
        raise CqlError([Problem(Position(name, 1, 1), f"there is no library {name}")])
    return compile_text(text, source, valuesets)


def compile_file(
    path: Path, source: LibrarySource, valuesets: ValueSets, shared: SharedLibraries | None = None
) -> CompiledLibrary:
    """The library in one file, whatever its name; what it includes comes from `source`, else from `shared`.

    Raises CqlError.
    """
    return compile_text(_text_of(path), source, valuesets, shared=shared)


def compile_text(
    text: SourceText,
    source: LibrarySource,
    valuesets: ValueSets,
    *,
    strict: bool = True,
    shared: SharedLibraries | None = None,
) -> CompiledLibrary:
    """The library that a text holds. Raises CqlError with every problem of it and of what it includes.

    Without `strict`, the lint of the subset is left out and only what cannot be evaluated rightly is refused.
    """
    loader = _Loader(source, valuesets, strict, shared)
    main = loader.checked(text)
    problems = [*loader.problems, *(shared.problems if shared else ())]
    if problems or main is None:
        raise CqlError(problems)
    return compiled(main)


class SharedLibraries:
    """Libraries that several others include: each is parsed and checked once, however many include it.

    What they include themselves is among them too.
    """

    def __init__(self, source: LibrarySource, valuesets: ValueSets) -> None:
        self._loader = _Loader(source, valuesets, strict=True)

    def included(self, definition: IncludeDef) -> ResolvedLibrary | None:
        """The library that is included; None when there is none."""
        return self._loader.included(definition)

    @property
    def problems(self) -> Sequence[Problem]:
        """The problems of all that was included so far."""
        return self._loader.problems


def _text_of(path: Path) -> SourceText:
    return SourceText(str(path), path.read_text(encoding="utf-8"))


class _Loader:
    """Parses and checks a library and what it includes, each once, and collects the problems of all of them."""

    def __init__(
        self, source: LibrarySource, valuesets: ValueSets, strict: bool, shared: SharedLibraries | None = None
    ) -> None:
        self.problems: list[Problem] = []
        self._source = source
        self._valuesets = valuesets
        self._strict = strict
        self._shared = shared
        self._loaded: dict[tuple[str, str | None], ResolvedLibrary | None] = {}
        self._in_progress: list[tuple[str, str | None]] = []

    def checked(self, text: SourceText) -> ResolvedLibrary | None:
        """The library of a text with all its names settled; None when the text holds none."""
        library, problems = parse_library(text.text, text.file)
        self.problems += problems
        return self._resolved(library) if library is not None else None

    def _resolved(self, library: Library) -> ResolvedLibrary:
        includes = {
            definition.name: included
            for definition in library.definitions
            if isinstance(definition, IncludeDef) and (included := self.included(definition)) is not None
        }
        resolved, problems = check_library(library, includes, self._valuesets, self._strict)
        self.problems += problems
        return resolved

    def included(self, definition: IncludeDef) -> ResolvedLibrary | None:
        """The library that is included, with all its names settled; None when there is none."""
        key = (definition.library, definition.version)
        if key in self._in_progress:
            path = " -> ".join(name for name, _ in [*self._in_progress, key])
            self.problems.append(Problem(definition.position, f"libraries include each other: {path}"))
            return None
        if key not in self._loaded:
            self._in_progress.append(key)
            self._loaded[key] = self._read(definition)
            self._in_progress.pop()
        return self._loaded[key]

    def _read(self, definition: IncludeDef) -> ResolvedLibrary | None:
        text = self._source.read(definition.library, definition.version)
        if text is None:
            return self._shared.included(definition) if self._shared else None
        library, problems = parse_library(text.text, text.file)
        self.problems += problems
        if library is None:
            return None
        if library.name != definition.library:
            message = f"the file {text.file} holds the library {library.name}, not {definition.library}"
            self.problems.append(Problem(definition.position, message))
            return None
        return self._resolved(library)
