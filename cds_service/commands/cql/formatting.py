"""`oncology-cds cql format`: CQL in the one layout that all rules have."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import click

from cds_service.commands.cql.sources import files_argument, shown, text_of
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.formatting import FormattingFailed, formatted


@click.command("format")
@files_argument
@click.option("--check", "how", flag_value="check", help="Write nothing; exit 1 when a file is not formatted.")
@click.option("--diff", "how", flag_value="diff", help="Write nothing; print what would change; exit 1 when something.")
@click.option("--stdout", "how", flag_value="stdout", help="Write nothing; print the formatted text.")
def format_files(files: tuple[Path, ...], how: str | None) -> None:
    """Format CQL files in place: blanks, indentation, lines of at most 120 columns.

    Nothing else is changed. A file that cannot be parsed is left as it is, told with its problems, and exit is 1.
    """
    broken = 0
    changed: list[Path] = []
    for file in files:
        try:
            source = text_of(file)
            result = formatted(source.text, source.file)
        except CqlError as error:
            broken += 1
            for line in shown(error.problems):
                click.echo(line, err=True)
            continue
        except FormattingFailed as error:
            raise click.ClickException(str(error)) from error
        if how == "stdout":
            click.echo(result, nl=False)
        elif result != source.text:
            changed.append(file)
            _tell(file, source.text, result, how)
    if broken or (changed and how in ("check", "diff")):
        raise SystemExit(1)


def _tell(file: Path, before: str, after: str, how: str | None) -> None:
    if how == "diff":
        click.echo("\n".join(_difference(file, before, after)))
    elif how == "check":
        click.echo(f"{file}: not formatted")
    else:
        file.write_text(after, encoding="utf-8", newline="\n")
        click.echo(f"{file}: formatted")


def _difference(file: Path, before: str, after: str) -> Iterator[str]:
    return unified_diff(before.splitlines(), after.splitlines(), str(file), f"{file} (formatted)", lineterm="")
