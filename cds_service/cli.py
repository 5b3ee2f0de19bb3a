"""The command `oncology-cds`: serve, check one request, look at the policies and their language, and at past calls."""

from __future__ import annotations

import click

from cds_service.commands.calls import calls
from cds_service.commands.check import check
from cds_service.commands.cql import cql
from cds_service.commands.policies import policies
from cds_service.commands.serve import serve
from cds_service.commands.store import store


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oncology-cds")
def main() -> None:
    """Tells a prescriber, at signing, what stands between an oncology drug order and the patient."""


main.add_command(serve)
main.add_command(check)
main.add_command(policies)
main.add_command(cql)
main.add_command(calls)
main.add_command(store)
