"""`oncology-cds cql repl`: expressions asked and answered, one after another, over the record of a request."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from cds_service.commands.cql.asked import Asked, asked_or_end, request_options
from cds_service.commands.cql.explain import explained
from cds_service.commands.cql.naming import NoSuchDefine, define_named
from cds_service.commands.cql.sources import compiled, loaded_or_end, shown, text_of
from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.cql.library import CompiledLibrary, SourceText
from cql_like_rules.cql.notation import in_cql
from cql_like_rules.cql.syntax import Position
from cql_like_rules.policy import LIBRARY
from cql_like_rules.supplied import TYPES

_PROMPT = "cql> "
_IT = "(what was asked)"
"""The define that holds the expression; no author would name one so."""

_LINE = "line"
"""What a line that was typed is called where its problems are told."""

_HELP = """\
EXPRESSION            its value; over the defines of the library by their names: "Phase"
define NAME: …        a define of your own, for this session
:why NAME             why a define has its value; without NAME, why the last expression has its
:defines [TEXT]       the defines, or those with TEXT in their names
:help                 this
:quit                 the end"""

_ALONE = "\n".join(
    [
        "library Session version '1'",
        "using FHIR version '4.0.1'",
        "include FHIRHelpers version '4.0.1' called FHIRHelpers",
        "include Conversions version '1.0.0' called Conversions",
        *(f'parameter "{name}" {cql_type}' for name, cql_type in TYPES.items()),
        "context Patient",
    ]
)
"""What expressions stand in where no library is loaded."""


@click.command()
@click.option(
    "--library",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The library whose defines can be used (default: FHIR, the conversions and the parameters alone).",
)
@request_options
def repl(file: Path | None, request_file: Path | None, order: str | None) -> None:
    """Ask for the values of CQL expressions, one a line, over the record of a request.

    `:help` tells what else can be asked. What is typed is held to the rules of the language, not to those of how
    policies are written.
    """
    if file is not None:
        loaded_or_end(file)
    source, folder = (SourceText("session", _ALONE), LIBRARY) if file is None else (text_of(file), file.parent)
    with suppress(ImportError):  # Where Python has it, `input` edits lines and recalls earlier ones.
        importlib.import_module("readline")
    session = Session(source, folder, asked_or_end(request_file, order))
    click.echo(f"{session.library.name}: {len(session.library.defines)} defines. :help for help, :quit to end.")
    while (line := _next_line()) is not None and line.strip() not in (":quit", ":q"):
        for told in session.answer(line.strip()):
            click.echo(told)


def _next_line() -> str | None:
    """The next line; an empty one where its user has thought better of it (Ctrl-C), None at the end of the input."""
    try:
        return input(_PROMPT)
    except KeyboardInterrupt:
        click.echo()
        return ""
    except EOFError:
        click.echo()
        return None


class Session:
    """A library that grows by the defines of its user, and what it is evaluated over."""

    def __init__(self, source: SourceText, folder: Path, asked: Asked) -> None:
        self._source = source
        self._folder = folder
        self._asked = asked
        self.library = compiled(source, folder, strict=False)
        self._last: CompiledLibrary | None = None
        self._commands: dict[str, Callable[[str], Iterator[str]]] = {
            ":why": self._why,
            ":defines": self._defines,
            ":help": lambda _: iter(_HELP.splitlines()),
        }

    def answer(self, line: str) -> Iterator[str]:
        """The lines that answer a line; none for an empty one."""
        word, _, rest = line.partition(" ")
        if not line:
            return
        if word in self._commands:
            yield from self._commands[word](rest.strip())
        elif line.startswith(":"):
            yield f"no such command: {word}; :help tells what there is"
        elif word == "define":
            yield from self._define(line)
        else:
            yield from self._value(line)

    def _value(self, expression: str) -> Iterator[str]:
        before = f'{self._source.text}\n\ndefine "{_IT}":\n'
        try:
            library = self._grown(before, expression)
        except CqlError as error:
            yield from self._told(error, before, expression)
            return
        self._last = library
        outcome = self._asked.evaluation(library).outcome(_IT)
        yield in_cql(outcome.value) if outcome.failure is None else f"failed: {outcome.failure.cause}"

    def _define(self, definition: str) -> Iterator[str]:
        before = f"{self._source.text}\n\n"
        try:
            self.library = self._grown(before, definition)
        except CqlError as error:
            yield from self._told(error, before, definition)
            return
        self._source = replace(self._source, text=before + definition)
        yield f"{len(self.library.defines)} defines"

    def _grown(self, before: str, text: str) -> CompiledLibrary:
        return compiled(replace(self._source, text=f"{before}{text}\n"), self._folder, strict=False)

    def _why(self, name: str) -> Iterator[str]:
        if not name and self._last is None:
            yield "nothing was asked yet; :why NAME explains a define"
            return
        library = self.library if name or self._last is None else self._last
        try:
            chosen = define_named(name or _IT, library)
            yield from explained(chosen, library, self._asked, title=f'"{chosen}"' if name else "The last expression")
        except NoSuchDefine as error:
            yield str(error)

    def _defines(self, text: str) -> Iterator[str]:
        return (name for name in self.library.defines if text.casefold() in name.casefold())

    def _told(self, error: CqlError, before: str, text: str) -> Iterator[str]:
        """The problems, those of the line that was typed told by their place in it."""
        line = SourceText(_LINE, text)
        lines_before = before.count("\n")
        problems = [
            _moved(problem, lines_before, line) if problem.position.file == self._source.file else problem
            for problem in error.problems
        ]
        return shown(problems, line)


def _moved(problem: Problem, lines: int, line: SourceText) -> Problem:
    """The problem at its place in the line; behind its end, where what is missing was looked for further down."""
    place = problem.position
    column = place.column if place.line <= lines + 1 else len(line.text) + 1
    return replace(problem, position=Position(line.file, 1, column))
