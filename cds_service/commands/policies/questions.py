"""`oncology-cds policies questions`: what a policy asks of clinicians, form by form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from cds_service.commands.policies.rendering import as_text
from cds_service.commands.policies.selection import folder_option, loaded, names_argument
from cql_like_rules.policy import Policy
from cql_like_rules.questions import Form, Question, forms_of
from cql_like_rules.review.outline import Entry
from cql_like_rules.review.page import Page, Tree

_WIDTH = 120


@click.command()
@names_argument
@folder_option
def questions(names: tuple[str, ...], folder: Path) -> None:
    """The questions of the named policies, of all when none is named: one form for each section, as it is derived.

    Each with its link and type; `record` is the define that the record answers it by, where it can. What is told and
    not asked has the type `display`.
    """
    for policy in loaded(folder, names).selected(names):
        for line in as_text(_page(policy), _WIDTH):
            click.echo(line)
        click.echo()


def _page(policy: Policy) -> Page:
    return Page(f"{policy.title}: what is asked", tuple(_tree(form) for form in forms_of(policy)))


def _tree(form: Form) -> Tree:
    return Tree(f"{form.id} {form.policy.criteria[form.section].title}", tuple(map(_entry, form.questions)))


def _entry(question: Question) -> Entry:
    details = [
        ("help", question.help),
        ("answers", "; ".join(_answers(question))),
        ("record", f'"{question.define}"' if question.define else ""),
    ]
    link = question.link.partition("/")[2]
    return Entry(link, question.text, question.type, tuple(detail for detail in details if detail[1]))


def _answers(question: Question) -> Iterator[str]:
    yield from (f"{option.code} ({option.display})" for option in question.options)
    yield from question.units
