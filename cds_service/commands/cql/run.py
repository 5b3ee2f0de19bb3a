"""`oncology-cds cql run`: the values of defines."""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.cql.asked import asked_or_end, parameters_or_end, request_options
from cds_service.commands.cql.naming import define_or_end
from cds_service.commands.cql.sources import file_argument, loaded_or_end
from cql_like_rules.cql.notation import in_cql


@click.command()
@file_argument
@click.option("--define", "names", multiple=True, metavar="NAME", help="Only this define; may be given several times.")
@request_options
@click.option("--parameters", metavar="JSON", help='Parameters by name, before those of the request: {"Days": 30}.')
def run(
    file: Path, names: tuple[str, ...], request_file: Path | None, order: str | None, parameters: str | None
) -> None:
    """Evaluate the defines of a library, and print their values as CQL writes them.

    Without a request nothing is known of a patient. The time of the evaluation is the date of the order. A define that
    fails is told with its cause, and exit is 1.
    """
    library = loaded_or_end(file)
    chosen = [define_or_end(name, library) for name in names] or list(library.defines)
    asked = asked_or_end(request_file, order)
    if parameters is not None:
        asked = asked.with_parameters(parameters_or_end(parameters, library))
    evaluation = asked.evaluation(library)
    failed = False
    for name in chosen:
        outcome = evaluation.outcome(name)
        failed = failed or outcome.failure is not None
        click.echo(f'"{name}": {in_cql(outcome.value)}' if outcome.failure is None else f"failed: {outcome.failure}")
    if failed:
        raise SystemExit(1)
