"""`oncology-cds policies test`: the cases of every policy, and what they cover."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds_service.commands.policies.selection import folder_option, loaded, names_argument
from cql_like_rules.review.case_run import CaseRun, cases_beside, run_of
from cql_like_rules.review.coverage import TOLD, Coverage, Outcome
from cql_like_rules.review.outcomes import OUTCOMES


@click.command("test")
@names_argument
@folder_option
def test_policies(names: tuple[str, ...], folder: Path) -> None:
    """Run the cases of the named policies, all when none is named, and print what they cover.

    Exit 1 when a case fails, when no case expects an outcome that a criterion can have, or when one comes about that
    its @only leaves out.
    """
    known = loaded(folder, names)
    console = Console()
    runs: list[tuple[str, CaseRun]] = []
    for policy in known.selected(names):
        run = run_of(policy, cases_beside(policy), known.terminology)
        label = known.label(policy)
        console.print(Text(label, style="bold"))
        console.print(_criteria_table(run))
        console.print(_advisory_table(run))
        runs.append((label, run))
    for label, run in runs:
        for told in (*run.failures, *run.coverage.gaps()):
            for line in str(told).splitlines():
                click.echo(f"{label}: {line}", err=True)
    for label, run in runs:
        click.echo(f"{label}: {run}")
    if not all(run.passed for _, run in runs):
        raise SystemExit(1)


def _criteria_table(run: CaseRun) -> Table:
    table = Table("criterion", "met", "not met", "missing", box=None, header_style="bold")
    for name in run.policy.criteria:
        table.add_row(name, *(_count(run.coverage, Outcome(name, status)) for status in OUTCOMES))
    return _right_aligned(table)


def _advisory_table(run: CaseRun) -> Table:
    table = Table("advisory", "told", box=None, header_style="bold")
    for advisory in run.policy.advisories:
        table.add_row(advisory.name, _count(run.coverage, Outcome(advisory.name, TOLD)))
    return _right_aligned(table)


def _right_aligned(table: Table) -> Table:
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _count(coverage: Coverage, outcome: Outcome) -> Text:
    """How many cases expect the outcome and get it; `–` where it cannot occur, `none` where a case is wanting."""
    if coverage.excludes(outcome):
        return Text("–", style="dim")
    count = coverage.seen[outcome]
    return Text(str(count)) if count else Text("none", style="bold red")
