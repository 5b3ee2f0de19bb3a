"""`oncology-cds policies`: what policies there are, what they say, whether they are well written, whether they work."""

from __future__ import annotations

import click

from cds_service.commands.policies.diff import diff
from cds_service.commands.policies.lint import lint
from cds_service.commands.policies.listing import list_policies
from cds_service.commands.policies.mutate import mutate
from cds_service.commands.policies.questions import questions
from cds_service.commands.policies.requirements import requirements
from cds_service.commands.policies.show import show
from cds_service.commands.policies.testing import test_policies


@click.group()
def policies() -> None:
    """The policies that orders are checked against."""


for _command in (list_policies, show, lint, test_policies, mutate, diff, requirements, questions):
    policies.add_command(_command)
