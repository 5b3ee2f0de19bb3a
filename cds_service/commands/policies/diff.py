"""`oncology-cds policies diff`: what changed from one version of a policy to another."""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.policies.rendering import as_markdown, as_text
from cds_service.commands.policies.selection import folder_option, loaded
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.policy import Policy, load_policy
from cql_like_rules.review.changes import changes_of
from cql_like_rules.terminology import load_terminology

_WIDTH = 120
_SAME, _DIFFERENT = 0, 1


class _Trouble(click.ClickException):
    """One of the two cannot be read; as with diff(1), that is neither "same" nor "different"."""

    exit_code = 2


@click.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", show_default=True)
@folder_option
def diff(old: str, new: str, form: str, folder: Path) -> None:
    """What changed from the policy A to B, each `ID@VERSION` or a folder with a policy.cql.

    Exit 0 when both say the same, 1 when they differ, 2 when one cannot be read.
    """
    page = changes_of(_read(old, folder), _read(new, folder))
    for line in as_markdown(page) if form == "markdown" else as_text(page, _WIDTH):
        click.echo(line)
    if not page.blocks:
        click.echo("no differences")
    raise SystemExit(_DIFFERENT if page.blocks else _SAME)


def _read(name: str, folder: Path) -> Policy:
    """A policy by its name or its folder. Ends the command when there is none, or it cannot be loaded."""
    try:
        if (Path(name) / "policy.cql").is_file():
            return load_policy(Path(name), load_terminology())
        return loaded(folder, [name]).named(name)[-1]
    except CqlError as error:
        raise _Trouble(f"{name}: {len(error.problems)} problems\n{error}") from error
    except click.ClickException as error:
        raise _Trouble(error.message) from error
