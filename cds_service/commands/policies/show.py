"""`oncology-cds policies show`: a policy to be read beside its document."""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.policies.rendering import as_markdown, as_text
from cds_service.commands.policies.selection import folder_option, loaded
from cql_like_rules.review.page import page_of

_WIDTH = 100


@click.command()
@click.argument("name", metavar="ID[@VERSION]")
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@click.option(
    "--width", type=click.IntRange(min=60), default=_WIDTH, show_default=True, help="Of the text, in columns."
)
@folder_option
def show(name: str, form: str, width: int, folder: Path) -> None:
    """The outline of a policy (its newest version, when none is named), to be read beside the document.

    Sections and criteria, how they combine, what is asked for and told, the numbers that each rule holds; advisories,
    approval, referral, parameters, value sets.
    """
    known = loaded(folder, [name])
    page = page_of(known.named(name)[-1], known.terminology)
    for line in as_markdown(page) if form == "markdown" else as_text(page, width):
        click.echo(line)
