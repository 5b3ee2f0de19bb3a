"""CQL files as the commands read them, and what is wrong with them as a reader is told it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import click

from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.cql.library import (
    CompiledLibrary,
    FolderSource,
    SharedLibraries,
    SourceText,
    compile_text,
)
from cql_like_rules.cql.syntax import Position
from cql_like_rules.policy import LIBRARY, policy_of
from cql_like_rules.terminology import load_terminology

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
files_argument = click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE…"
)


def text_of(path: Path) -> SourceText:
    """The text of a file. Raises CqlError when it is not UTF-8."""
    try:
        return SourceText(str(path), path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        problem = Problem(Position(str(path), 1, 1), "this is not UTF-8 text", hint="save the file as UTF-8")
        raise CqlError([problem]) from error


def compiled(text: SourceText, folder: Path, *, strict: bool = True) -> CompiledLibrary:
    """The library of a text. What it includes comes from the folder, else from the shared libraries.

    Raises CqlError with every problem. Without `strict`, the lint of the subset is left out.
    """
    return compile_text(text, FolderSource(folder), load_terminology(), strict=strict, shared=_shared())


def checked(path: Path) -> CompiledLibrary:
    """The library in a file; where it says that it is a policy, it is held to be one. Raises CqlError."""
    library = compiled(text_of(path), path.parent)
    if any(tag.name == "policy" for tag in library.tags):
        policy_of(library)
    return library


def loaded_or_end(path: Path) -> CompiledLibrary:
    """The library in a file. Ends the command with every problem."""
    try:
        return compiled(text_of(path), path.parent)
    except CqlError as error:
        for line in shown(error.problems):
            click.echo(line, err=True)
        raise SystemExit(1) from error


def shown(problems: Iterable[Problem], source: SourceText | None = None) -> Iterator[str]:
    """The problems, each with the line that it is about and a caret below it.

    `source` has the lines of what stands in no file.
    """
    for problem in problems:
        message, _, hint = str(problem).partition("\n")
        yield message
        yield from _pointed_at(problem.position, source)
        if hint:
            yield hint


def _pointed_at(position: Position, source: SourceText | None) -> Iterator[str]:
    lines = _lines(position.file) if source is None or position.file != source.file else source.text.splitlines()
    if position.line > len(lines):
        return
    line = lines[position.line - 1].expandtabs(1)
    text = line.lstrip()
    if text:
        yield f"    {text}"
        yield f"    {' ' * (position.column - 1 - len(line) + len(text))}^"


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


@cache
def _shared() -> SharedLibraries:
    return SharedLibraries(FolderSource(LIBRARY), load_terminology())
