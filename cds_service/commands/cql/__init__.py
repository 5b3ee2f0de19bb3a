"""`oncology-cds cql`: the language that the policies are written in, and the tools of those who write in it."""

from __future__ import annotations

import click

from cds_service.commands.cql.check import check
from cds_service.commands.cql.conformance import conformance
from cds_service.commands.cql.explain import explain
from cds_service.commands.cql.formatting import format_files
from cds_service.commands.cql.repl import repl
from cds_service.commands.cql.run import run


@click.group()
def cql() -> None:
    """The language that the policies are written in, and tools to write in it."""


for _command in (check, format_files, run, explain, repl, conformance):
    cql.add_command(_command)
