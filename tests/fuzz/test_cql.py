"""Whatever a text holds, reading it as CQL ends with a library or with problems that name their places.

`make fuzz` reads 10,000 texts that are made up here, and then such as its coverage suggests
(tests/fuzz/cql_with_coverage.py).
"""

from __future__ import annotations

import os
import time

import pytest

from tests.fuzz.cql import mutated, read

TEXTS = int(os.environ.get("FUZZ_TEXTS", "500"))
FIRST = int(os.environ.get("FUZZ_FIRST", "0"))
PARTS = 10
SECONDS = 10.0


@pytest.mark.parametrize("part", range(PARTS))
def test_a_broken_text_is_read_or_its_problems_are_named(part: int) -> None:
    for number in range(FIRST + part, FIRST + TEXTS, PARTS):
        text = mutated(number)
        started = time.perf_counter()
        try:
            read(text)
        except Exception as error:
            error.add_note(f"text {number}")
            raise
        assert time.perf_counter() - started < SECONDS, f"text {number}"


@pytest.mark.parametrize(
    "opening",
    [
        "(",
        "[",
        "{",
        "not ",
        "- ",
        "if ",
        "case when ",
        "Interval[",
        "exists ",
        "define x: ",
        "x.f(",
        "x.is(",
        "(x) ",
        "'",
        '"',
        "/*",
        "List<",
    ],
)
@pytest.mark.parametrize("depth", [100, 100_000])
def test_what_is_nested_without_end_is_a_problem_and_no_fault(opening: str, depth: int) -> None:
    read(opening * depth)
    read("define a: " + opening * depth)
