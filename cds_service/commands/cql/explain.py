"""`oncology-cds cql explain`: why a define has its value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from cds_service.commands.cql.asked import Asked, asked_or_end, request_options
from cds_service.commands.cql.naming import define_or_end
from cds_service.commands.cql.sources import file_argument, loaded_or_end
from cds_service.commands.policies.rendering import as_text
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.review.explanation import DEPTH, explanation_of
from cql_like_rules.review.page import Page, Tree

_WIDTH = 120
_SECTION = "Section"
"""The define by which a policy tells what an order is held against."""


@click.command()
@file_argument
@click.option("--define", "names", multiple=True, metavar="NAME", help="Only this define; may be given several times.")
@request_options
@click.option(
    "--depth", type=click.IntRange(min=1), default=DEPTH, show_default=True, help="Levels of defines shown in full."
)
@click.option("--width", type=click.IntRange(min=60), default=_WIDTH, show_default=True, help="Columns of the text.")
def explain(
    file: Path, names: tuple[str, ...], request_file: Path | None, order: str | None, depth: int, width: int
) -> None:
    """Why defines have their values: the defines they rest on, what was compared, and what was read of the record.

    Where none is named: of a policy, the criterion that the order is held against; of another library, every define.
    """
    library = loaded_or_end(file)
    chosen = [define_or_end(name, library) for name in names]
    asked = asked_or_end(request_file, order)
    for number, name in enumerate(chosen or _of_interest(library, asked)):
        if number:
            click.echo()
        for line in explained(name, library, asked, depth, width):
            click.echo(line)


def _of_interest(library: CompiledLibrary, asked: Asked) -> Sequence[str]:
    """The define that "Section" names; every define where there is none."""
    section = asked.evaluation(library).outcome(_SECTION).value if _SECTION in library.defines else None
    return [section] if isinstance(section, str) and section in library.defines else list(library.defines)


def explained(
    name: str, library: CompiledLibrary, asked: Asked, depth: int = DEPTH, width: int = _WIDTH, title: str = ""
) -> Iterator[str]:
    """The lines that explain a define of the library, below where it stands or another title."""
    trace = asked.evaluation(library).trace(name)
    place = library.defines[name].position
    where = f'"{name}" of {library.name}, {Path(place.file).name}:{place.line}'
    yield from as_text(Page(title or where, (Tree("", (explanation_of(trace, library, depth),)),)), width)
