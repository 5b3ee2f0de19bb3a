"""`oncology-cds policies show`: the outline of a policy."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from cds_service.commands.policies.selection import folder_option, loaded
from cql_like_rules.criteria import names_of
from cql_like_rules.policy import Criterion, Policy


@click.command()
@click.argument("policy_id")
@folder_option
def show(policy_id: str, folder: Path) -> None:
    """The outline of a policy, to be read beside the document."""
    policy = loaded(folder, [policy_id]).named(policy_id)[-1]
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
