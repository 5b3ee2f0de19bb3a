"""`oncology-cds cql conformance`: how HL7's own tests of CQL come out."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click

from cql_like_rules.cql.conformance import Verdict, read_tests, result_of, summary


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
def conformance(folder: Path) -> None:
    """Run HL7's tests of CQL and print how many come out right, a line for each file.

    DIR holds their XML files, from https://github.com/cqframework/cql-tests. Right is the value that the test expects,
    refused is what this subset of CQL leaves out and says so when it is loaded, wrong is anything else. Exit 0 whatever
    the figures are, 1 when the folder has no tests.
    """
    results = [result_of(test) for test in read_tests(folder)]
    if not results:
        raise click.ClickException(f"no tests in {folder}")
    for file, of_file in groupby(results, key=lambda result: result.test.file):
        click.echo(f"{file}: {summary(of_file)}")
    for result in results:
        if result.verdict is Verdict.WRONG:
            click.echo(f"wrong: {result.test.id}: {' '.join(result.detail.split())}")
    click.echo(summary(results))
