"""`oncology-cds cql explain`: why a define has its value."""

from __future__ import annotations

from collections.abc import Iterator
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


@click.command()
@file_argument
@click.option("--define", "name", required=True, metavar="NAME", help="The define to explain.")
@request_options
@click.option(
    "--depth", type=click.IntRange(min=1), default=DEPTH, show_default=True, help="Levels of defines shown in full."
)
@click.option("--width", type=click.IntRange(min=60), default=_WIDTH, show_default=True, help="Columns of the text.")
def explain(file: Path, name: str, request_file: Path | None, order: str | None, depth: int, width: int) -> None:
    """Why a define has its value: the defines it rests on, what was compared, and what was read of the record."""
    library = loaded_or_end(file)
    chosen = define_or_end(name, library)
    for line in explained(chosen, library, asked_or_end(request_file, order), depth, width):
        click.echo(line)


def explained(
    name: str, library: CompiledLibrary, asked: Asked, depth: int = DEPTH, width: int = _WIDTH, title: str = ""
) -> Iterator[str]:
    """The lines that explain a define of the library, below where it stands or another title."""
    trace = asked.evaluation(library).trace(name)
    place = library.defines[name].position
    where = f'"{name}" of {library.name}, {Path(place.file).name}:{place.line}'
    yield from as_text(Page(title or where, (Tree("", (explanation_of(trace, library, depth),)),)), width)
