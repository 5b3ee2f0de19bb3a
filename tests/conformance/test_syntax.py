"""HL7's tests, read only: the whole language is parsed, also what the subset then refuses by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cql_like_rules.cql.conformance import read_tests
from cql_like_rules.cql.parser import parse_expression

BESIDE = Path(__file__).parents[3] / "shared" / "hl7-cql-tests"
FOLDER = Path(os.environ.get("HL7_CQL_TESTS", BESIDE))

if not FOLDER.is_dir():
    pytest.skip(f"HL7's CQL tests are not in {FOLDER}", allow_module_level=True)


def test_every_expression_is_read_or_refused_by_name() -> None:
    broken = {}
    for test in read_tests(FOLDER):
        _, problems = parse_expression(test.expression, test.id)
        if not test.must_fail and any("not in the subset" not in problem.message for problem in problems):
            broken[test.id] = str(problems[0])
    assert broken == {}
