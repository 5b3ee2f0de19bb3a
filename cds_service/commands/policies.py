"""`oncology-cds policies`: what policies there are, what they say, whether they are well written, whether they work."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from cql_like_rules.cases import Case, cases_of, determination_of, differences
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.criteria import names_of
from cql_like_rules.determination import Determination
from cql_like_rules.policy import POLICIES, Criterion, Policy, load_policies
from cql_like_rules.review.lint import problems_of
from cql_like_rules.terminology import Terminology, load_terminology

_folder = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=POLICIES,
    help="Where the policy folders are (default: the ones that come with the service).",
)


@click.group()
def policies() -> None:
    """The policies that orders are checked against."""


def _loaded(folder: Path) -> tuple[tuple[Policy, ...], Terminology]:
    """The policies of a folder. Ends the command with every problem of their CQL when they cannot be loaded."""
    terminology = load_terminology()
    try:
        return load_policies(folder, terminology), terminology
    except CqlError as error:
        raise click.ClickException(f"{len(error.problems)} problems\n{error}") from error


@policies.command("list")
@_folder
def list_policies(folder: Path) -> None:
    """One line a policy: id, version, title, number of criteria."""
    table = Table("policy", "version", "title", "criteria", box=None, header_style="bold")
    for policy in _loaded(folder)[0]:
        table.add_row(policy.id, policy.version, policy.title, str(len(policy.criteria)))
    Console().print(table)


@policies.command()
@click.argument("policy_id")
@_folder
def show(policy_id: str, folder: Path) -> None:
    """The outline of a policy, to be read beside the document."""
    policy = next((each for each in _loaded(folder)[0] if each.id == policy_id), None)
    if policy is None:
        raise click.ClickException(f"no policy {policy_id}")
    console = Console()
    console.print(Text(f"{policy.title} · version {policy.version}", style="bold"))
    for root in _roots(policy):
        console.print(_outline(policy, root))
    console.print(Text("Advisories", style="bold"))
    for advisory in policy.advisories:
        console.print(_line(advisory))


def _roots(policy: Policy) -> list[Criterion]:
    """The criteria that no other criterion rests on: the sections."""
    structures = (criterion.structure for criterion in policy.criteria.values())
    below = {name for structure in structures if structure for name in names_of(structure)}
    return [criterion for criterion in policy.criteria.values() if criterion.name not in below]


def _outline(policy: Policy, criterion: Criterion) -> Tree:
    tree = Tree(_line(criterion))
    _grow(tree, policy, criterion)
    return tree


def _grow(tree: Tree, policy: Policy, criterion: Criterion) -> None:
    for name in names_of(criterion.structure) if criterion.structure else ():
        child = policy.criteria[name]
        _grow(tree.add(_line(child)), policy, child)


def _line(criterion: Criterion) -> Text:
    line = Text()
    line.append(criterion.name, style="bold")
    line.append(f"  {criterion.title}")
    line.append(f"  {criterion.kind}", style="dim")
    if criterion.indicator:
        line.append(f" {criterion.indicator}", style="dim")
    return line


@policies.command()
@_folder
def lint(folder: Path) -> None:
    """Whether every policy is well written: CQL, tags, names. Exit 1 with a list of problems when not."""
    loaded = _loaded(folder)[0]
    problems = [problem for policy in loaded for problem in problems_of(policy)]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise SystemExit(1)
    click.echo(f"policies: {len(loaded)}, no problems")


@policies.command("test")
@_folder
def test_policies(folder: Path) -> None:
    """Run the cases of every policy folder and print what they cover. Exit 1 when one fails."""
    loaded, terminology = _loaded(folder)
    failed = sum(_test(policy, folder, terminology) for policy in loaded)
    if failed:
        raise SystemExit(1)


def _test(policy: Policy, folder: Path, terminology: Terminology) -> int:
    """Runs the cases of one policy; the number of those that fail."""
    cases = list(cases_of(folder / policy.id))
    failed = 0
    seen: Counter[tuple[str, str]] = Counter()
    for case in cases:
        determination = determination_of(case, policy, terminology)
        seen.update((result.section, str(result.status)) for result in determination.criteria)
        failed += _reported(case, determination)
    click.echo(f"{policy.id}: {len(cases)} cases, {failed} failed")
    _print_coverage(policy, seen)
    return failed


def _reported(case: Case, determination: Determination) -> int:
    lines = differences(case, determination)
    for line in lines:
        click.echo(f"{case.file.name}: {case.name}: {line}", err=True)
    return 1 if lines else 0


def _print_coverage(policy: Policy, seen: Counter[tuple[str, str]]) -> None:
    table = Table("criterion", "met", "not met", "missing", box=None, header_style="bold")
    for name in policy.criteria:
        counts = [seen[name, status] for status in ("met", "not-met", "missing")]
        table.add_row(name, *(str(count) if count else "–" for count in counts))
    Console().print(table)
