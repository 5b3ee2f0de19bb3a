"""HL7's own tests of CQL, all of them: no wrong value, and the core without a gap.

The XML files are not part of the project (https://github.com/cqframework/cql-tests, Apache-2.0). They are looked for in
the folder that HL7_CQL_TESTS names, else beside the checkout; without them there is nothing to run here.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from cql_like_rules.cql.conformance import ConformanceTest, Result, Verdict, read_tests, result_of, summary

HERE = Path(__file__).parent
BESIDE = HERE.parents[2] / "shared" / "hl7-cql-tests"
FOLDER = Path(os.environ.get("HL7_CQL_TESTS", BESIDE))

if not FOLDER.is_dir():
    pytest.skip(f"HL7's CQL tests are not in {FOLDER}", allow_module_level=True)

REASONS: dict[str, str] = {
    f"{entry['file']}/{entry['test']}": entry["reason"]
    for entry in tomllib.loads((HERE / "exclusions.toml").read_text(encoding="utf-8")).get("excluded", [])
}
TIERS: dict[str, dict[str, list[str]]] = tomllib.loads((HERE / "tiers.toml").read_text(encoding="utf-8"))
LONG = re.compile(r"\d+L\b|Long")
TESTS = read_tests(FOLDER)
FILES = sorted({test.file for test in TESTS})


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return [result_of(test) for test in TESTS]


def tier_of(test: ConformanceTest) -> str:
    """The tier of a test's group; the 64-bit integers that run through all groups are in none."""
    if LONG.search(f"{test.expression} {test.output}"):
        return "rest"
    return next((name for name, files in TIERS.items() if test.group in files.get(test.file, ())), "rest")


def told(results: list[Result]) -> str:
    return "\n".join(f"{one.test.id}: {one.test.expression}: {one.detail}" for one in results)


@pytest.mark.parametrize("file", FILES)
def test_nothing_has_a_wrong_value(file: str, results: list[Result]) -> None:
    wrong = [
        result
        for result in results
        if result.test.file == file and result.verdict is Verdict.WRONG and result.test.id not in REASONS
    ]
    assert not wrong, told(wrong)


def test_the_core_is_right_and_nothing_of_it_is_refused(results: list[Result]) -> None:
    missing = [
        result
        for result in results
        if tier_of(result.test) == "core" and result.verdict is not Verdict.RIGHT and result.test.id not in REASONS
    ]
    assert not missing, told(missing)


def test_an_excluded_test_that_passes_is_taken_out_of_the_list(results: list[Result]) -> None:
    passing = [result.test.id for result in results if result.test.id in REASONS and result.verdict is Verdict.RIGHT]
    assert passing == []


def test_every_exclusion_names_a_test_and_gives_a_reason() -> None:
    ids = {test.id for test in TESTS}
    assert [excluded for excluded in REASONS if excluded not in ids] == []
    assert all(len(reason) > 20 for reason in REASONS.values())


def test_a_group_is_in_one_tier_only() -> None:
    named = [(file, group) for files in TIERS.values() for file, groups in files.items() for group in groups]
    assert len(named) == len(set(named))


def test_the_totals_are_told_in_one_line(results: list[Result]) -> None:
    assert summary(results).startswith(f"{len(TESTS)} tests: ")
