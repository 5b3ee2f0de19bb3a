"""`oncology-cds check`: decide one request from a file, without any network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text
from rich.tree import Tree

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.filled import filled
from cds_service.cdshooks.wire import write_json
from cds_service.commands.loading import loaded, settings_or_end
from cds_service.commands.requests import read_or_end
from cds_service.decision import Question
from cds_service.fhir.wanted import wanted_for
from cds_service.validation import problems_of
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.determination import Comparison, CriterionResult, Determination, Status
from cql_like_rules.policy import Policy
from cql_like_rules.record import Record
from cql_like_rules.requirements import requirements_of_policies

_COLOURS = {Status.MET: "green", Status.NOT_MET: "red", Status.MISSING: "yellow"}
_SIGNS = {"Less": "<", "LessOrEqual": "≤", "Greater": ">", "GreaterOrEqual": "≥", "Equal": "=", "NotEqual": "≠"}
_INDICATORS = {"critical": "bold red", "warning": "yellow", "info": "blue"}


@click.command()
@click.argument("request_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="REQUEST.json")
@click.option("--json", "as_json", is_flag=True, help="Print determinations and cards as JSON.")
@click.option("--explain", is_flag=True, help="Print every criterion with what its status rests on.")
@click.option("--validate", is_flag=True, help="Also say which resources of the request are not valid FHIR R4.")
def check(request_file: Path, as_json: bool, explain: bool, validate: bool) -> None:
    """Decide the orders of a CDS Hooks request in a file and print the cards.

    Nothing is fetched: what is not in the file is not known. Exit 0 whenever a decision was reached, 2 when the file
    is no request of a hook that is answered.
    """
    settings = settings_or_end()
    what = loaded(settings)
    service, request, gathered = read_or_end(request_file, what.services, settings, what.terminology)
    record = gathered.record
    decision = what.decider.decide(Question(request, gathered.orders, record, gathered.notes, service.kinds))
    if as_json:
        click.echo(
            write_json({"determinations": filled(list(decision.determinations)), "cards": filled(list(decision.cards))})
        )
        return
    console = Console()
    if explain:
        for determination in decision.outcomes:
            console.print(_explained(determination))
        unknown = list(_unknown({each.policy.id: each.policy for each in decision.outcomes}.values(), record))
        if unknown:
            console.print(Text(f"Not in the request, so unknown: {', '.join(unknown)}", style="dim"))
    for card in decision.cards:
        console.print(_shown(card))
    if not decision.cards:
        console.print(Text("No cards.", style="green"))
    if validate:
        for line in _validation(request):
            console.print(Text(line, style="yellow"))


def _unknown(policies: Iterable[Policy], record: Record) -> Iterator[str]:
    """The prefetch keys that these policies need and that the request does not answer."""
    for key, template in wanted_for(requirements_of_policies(policies)).templates.items():
        if not record.delivered.issuperset(template.types):
            yield key


def _explained(determination: Determination) -> Tree:
    title = Text(f"{determination.order.product.name} · {determination.policy.title}", style="bold")
    title.append(f"\n{determination.status.value}, section {determination.section}, {determination.phase}")
    tree = Tree(title)
    if determination.root is not None:
        _grow(tree, determination.root)
    for advisory in determination.advisories:
        tree.add(Text(f"! {advisory.section}  {advisory.title}", style="magenta"))
    for failure in determination.failures:
        tree.add(Text(f"could not be evaluated: {failure}", style="bold red"))
    return tree


def _grow(tree: Tree, result: CriterionResult) -> None:
    line = Text(f"{result.status.value:8}", style=_COLOURS[result.status])
    line.append(f" {result.section}", style="bold")
    line.append(f"  {result.title}", style="default")
    branch = tree.add(line)
    for made in filter(_tells_something, result.comparisons):
        right = f"{made.right_name} ({made.right})" if made.right_name else str(made.right)
        answer = {True: "yes", False: "no", None: "unknown"}[made.result]
        branch.add(Text(f"{made.left_name} ({made.left}) {_SIGNS[made.operator]} {right}: {answer}", style="dim"))
    for reference, paths in _paths_by_reference(result).items():
        branch.add(Text(f"{reference} {', '.join(paths)}".strip(), style="dim"))
    if result.failure:
        branch.add(Text(result.failure, style="bold red"))
    for child in result.children:
        _grow(branch, child)


def _paths_by_reference(result: CriterionResult) -> dict[str, list[str]]:
    """The resources that the status rests on, each with the elements that were read."""
    paths: dict[str, list[str]] = {}
    for evidence in result.evidence:
        read = paths.setdefault(evidence.reference, [])
        if evidence.path:
            read.append(evidence.path)
    return paths


def _tells_something(made: Comparison) -> bool:
    """Whether a comparison is of two plain values, of which the left one has a name: those a reader can follow."""
    plain = (int, str, Decimal, Quantity, Date, DateTime, type(None))
    return (
        bool(made.left_name)
        and made.operator in _SIGNS
        and isinstance(made.left, plain)
        and isinstance(made.right, plain)
    )


def _shown(card: Mapping[str, Any]) -> Panel:
    """The card with its indicator on the border; the summary stands inside, where a narrow terminal wraps it."""
    style = _INDICATORS[card["indicator"]]
    body = card.get("detail", "") + "".join(f"\n\n[{s['label']}]" for s in card.get("suggestions", ()))
    return Panel(
        Group(Text(f"{card['summary']}\n", style=style), Markdown(body)),
        title=Text(card["indicator"], style=style),
        title_align="left",
        border_style=style,
    )


def _validation(request: HookRequest) -> Iterator[str]:
    """What is not valid FHIR R4 in the drafts and the prefetch, a line each."""
    resources = [request.context.drafts, *(value for value in request.prefetch.values() if isinstance(value, dict))]
    for resource in resources:
        yield from problems_of(json.loads(write_json(resource)))
