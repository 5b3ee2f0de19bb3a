"""`oncology-cds policies mutate`: whether a case notices when a number of a policy changes."""

from __future__ import annotations

import os
from pathlib import Path

import click

from cds_service.commands.policies.selection import folder_option, loaded, names_argument
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.review.mutation.run import Verdict, tasks_of, verdicts

_SHOWN = 6


@click.command()
@names_argument
@click.option("--define", help="Only the numbers of this define.")
@click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="Processes (default: all cores).")
@folder_option
def mutate(names: tuple[str, ...], define: str | None, jobs: int, folder: Path) -> None:
    """Change every number of the named policies, one at a time, and see that a case fails.

    Without a name: of all policies and of the libraries that they share. Exit 1 when a change goes unnoticed.
    """
    policies = loaded(folder, names).selected(names)
    try:
        tasks = tasks_of([policy.folder for policy in policies], shared=not names, define=define)
    except (CqlError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not tasks and define:
        raise click.ClickException(f'there is no define "{define}" with a number')
    wrong: list[Verdict] = []
    killed = total = 0
    for verdict in verdicts(tasks, jobs):
        click.echo(_line(verdict))
        total += 1
        killed += verdict.killer is not None
        if verdict.is_wrong:
            wrong.append(verdict)
    for verdict in wrong:
        click.echo(_to_do(verdict), err=True)
    click.echo(f"{total} mutants, {killed} killed, {total - killed} survived, {len(wrong)} to mend")
    if wrong:
        raise SystemExit(1)


def _line(verdict: Verdict) -> str:
    if verdict.killer is not None:
        return f"{verdict.mutant}  killed by {verdict.killer}"
    if verdict.mutant.equivalent:
        return f"{verdict.mutant}  equivalent: {verdict.mutant.equivalent}"
    return f"{verdict.mutant}  SURVIVED"


def _to_do(verdict: Verdict) -> str:
    """What a writer of cases does about it."""
    mutant = verdict.mutant
    if verdict.killer is not None:
        return f"{mutant}: @equivalent, and yet {verdict.killer} notices: take the tag away"
    criteria = ", ".join(verdict.resting[:_SHOWN]) + (", …" if len(verdict.resting) > _SHOWN else "")
    return f"{mutant}: no case notices; write one that tells {mutant.before} from {mutant.after}, of {criteria}"
