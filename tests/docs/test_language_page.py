"""docs/language.md names everything that is refused, and its conformance figures are those of this code."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from cql_like_rules.cql.conformance import Verdict, read_tests, result_of, summary
from cql_like_rules.cql.operators import REFUSED

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
BESIDE = Path(__file__).parents[3] / "shared" / "hl7-cql-tests"
FOLDER = Path(os.environ.get("HL7_CQL_TESTS", BESIDE))
ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)


def test_everything_that_is_refused_is_named() -> None:
    named = {name.casefold() for name in re.findall(r"`(\w+)`", PAGE)}
    assert [name for name in REFUSED if name.casefold() not in named] == []


@pytest.mark.skipif(not FOLDER.is_dir(), reason="HL7's CQL tests are not here")
def test_the_conformance_figures_are_those_of_this_code() -> None:
    results = [result_of(test) for test in read_tests(FOLDER)]
    assert f"\n{summary(results)}\n" in PAGE
    counts = Counter((result.test.file, result.verdict) for result in results)
    told = {
        (row[1], verdict): int(figure)
        for row in ROW.finditer(PAGE)
        for verdict, figure in zip((Verdict.RIGHT, Verdict.REFUSED, Verdict.WRONG), row.groups()[2:], strict=True)
    }
    assert {key: count for key, count in told.items() if count} == dict(counts)
