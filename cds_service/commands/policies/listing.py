"""`oncology-cds policies list`: one line a policy."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cds_service.commands.policies.selection import folder_option, loaded


@click.command("list")
@folder_option
def list_policies(folder: Path) -> None:
    """One line a policy: id, version, the days from and until which it holds, number of criteria, title."""
    table = Table("policy", "version", "from", "until", "criteria", "title", box=None, header_style="bold")
    table.columns[4].justify = "right"
    for policy in loaded(folder).policies:
        dates = (str(day or "–") for day in (policy.effective, policy.until))
        table.add_row(policy.id, policy.version, *dates, str(len(policy.criteria)), policy.title)
    Console().print(table)
