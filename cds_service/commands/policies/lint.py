"""`oncology-cds policies lint`: whether every policy is well written."""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.policies.selection import folder_option, loaded, names_argument
from cql_like_rules.review.lint import problems_of


@click.command()
@names_argument
@folder_option
def lint(names: tuple[str, ...], folder: Path) -> None:
    """Whether policies are well written: CQL, tags, names, words. Exit 1 with a list of problems when not."""
    policies = loaded(folder, names).selected(names)
    problems = [problem for policy in policies for problem in problems_of(policy)]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo(f"policies: {len(policies)}, no problems")
