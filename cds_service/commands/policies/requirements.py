"""`oncology-cds policies requirements`: what policies need of a record, and how it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click

from cds_service.commands.policies.rendering import as_text
from cds_service.commands.policies.selection import folder_option, loaded, names_argument
from cds_service.fhir.wanted import Wanted, wanted_for
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.requirements import DataRequirement
from cql_like_rules.requirements import data_requirements_library, requirements_of_policies
from cql_like_rules.review.outline import Entry
from cql_like_rules.review.page import Page, Tree

_WIDTH = 120


@click.command()
@names_argument
@click.option("--fhir", is_flag=True, help="Print a FHIR R4 Library with data requirements.")
@folder_option
def requirements(names: tuple[str, ...], fhir: bool, folder: Path) -> None:
    """What the named policies need of a record, all when none is named: resource types, codes, elements, queries.

    Read from their CQL and from what is read of every order. Exit 1 when a policy retrieves what cannot be had.
    """
    policies = loaded(folder, names).selected(names)
    required = requirements_of_policies(policies)
    try:
        wanted = wanted_for(required)
    except CqlError as error:
        raise click.ClickException(str(error)) from error
    if fhir:
        click.echo(json.dumps(data_requirements_library(policies), indent=2, ensure_ascii=False))
        return
    title = policies[0].title if len(policies) == 1 else f"{len(policies)} policies"
    page = Page(f"{title}: what is needed of a record", (Tree("", tuple(_entries(required, wanted))),))
    for line in as_text(page, _WIDTH):
        click.echo(line)


def _entries(required: Sequence[DataRequirement], wanted: Wanted) -> Iterator[Entry]:
    """An entry for each type."""
    for type_name, grouped in groupby(required, key=lambda requirement: requirement.type):
        of_type = list(grouped)
        key, query = _asked(type_name, wanted)
        details = [
            ("codes", "; ".join(_codes(of_type))),
            ("read", ", ".join(of_type[0].elements)),
        ]
        yield Entry(type_name, query, key, tuple(detail for detail in details if detail[1]))


def _asked(type_name: str, wanted: Wanted) -> tuple[str, str]:
    """The prefetch key and the query that bring a type."""
    for template in wanted.templates.values():
        if type_name in template.types:
            return template.key, template.query
    return "", "where it is referred to"


def _codes(of_type: Sequence[DataRequirement]) -> Iterator[str]:
    """`any`, and by the path they are looked for in, the value sets and codes that rules name."""
    by_path: dict[str, list[str]] = {}
    for requirement in of_type:
        names = [requirement.value_set.rpartition("/")[2]] if requirement.value_set else _single(requirement)
        by_path.setdefault(requirement.code_path, []).extend(names)
    for path, names in sorted(by_path.items()):
        yield f"{path} in {', '.join(names)}" if path else "any"


def _single(requirement: DataRequirement) -> list[str]:
    return [code.code for code in requirement.codes]
