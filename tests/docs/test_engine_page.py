"""docs/engine.md tells the figures of the lists and comparisons that it describes."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")


def test_the_kinds_of_known_differences_are_those_of_the_list() -> None:
    listed = tomllib.loads((ROOT / "tests" / "reference" / "differences.toml").read_text(encoding="utf-8"))
    assert re.findall(r"but for (\d+) kinds of differences", PAGE) == [str(len(listed["expression"]))]


def test_the_conformance_figures_are_those_of_the_language_page() -> None:
    language = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    (summary,) = re.findall(r"1069 tests: (\d+) right, (\d+) refused, (\d+) wrong", language)
    assert re.findall(r"(\d+) right, (\d+) refused by name, (\d+) wrong", PAGE) == [summary]


def test_every_command_on_the_page_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make (\w+)`", PAGE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_ratios_of_speed_are_those_of_the_baseline() -> None:
    baseline = json.loads((ROOT / "benchmarks" / "baseline.json").read_text(encoding="utf-8"))
    columns = list(baseline)
    assert f"| policy | times faster than `cql-execution` | {columns[1]} | {columns[2]} |" in PAGE
    for policy in baseline[columns[0]]:
        assert f"| {policy} | {' | '.join(str(baseline[column][policy]) for column in columns)} |" in PAGE
