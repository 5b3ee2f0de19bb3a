"""`oncology-cds cql check`: whether CQL is right, and where it is not."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cds_service.commands.cql.sources import checked, files_argument, shown
from cql_like_rules.cql.errors import CqlError, Problem


@click.command()
@files_argument
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON, for editors.")
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Whether the CQL in files is right: policies, or libraries that they include.

    Every problem is told at once, with its line, what was found and expected, and what to do about it. What a file
    includes is looked for beside it, then among the shared libraries. Exit 1 when there is a problem.
    """
    problems = list(dict.fromkeys(problem for file in files for problem in _problems_of(file)))
    if as_json:
        click.echo(json.dumps([_as_json(problem) for problem in problems], indent=2, ensure_ascii=False))
    else:
        for line in shown(problems):
            click.echo(line, err=True)
        if not problems:
            click.echo(f"files: {len(files)}, no problems")
    if problems:
        raise SystemExit(1)


def _problems_of(file: Path) -> tuple[Problem, ...]:
    try:
        checked(file)
    except CqlError as error:
        return error.problems
    return ()


def _as_json(problem: Problem) -> dict[str, object]:
    """Line and column count from 1; what a problem does not say is left out."""
    said = {"message": problem.message, "found": problem.found, "expected": problem.expected, "hint": problem.hint}
    place = problem.position
    return {"file": place.file, "line": place.line, "column": place.column} | {k: v for k, v in said.items() if v}
