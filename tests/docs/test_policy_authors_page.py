"""docs/policy-authors.md names every tag and every define that policies share."""

from __future__ import annotations

import re
from pathlib import Path

from cql_like_rules.questions.words import QUESTION_TAGS
from cql_like_rules.review.lint import CRITERION_TAGS, SHARED_DEFINES

PAGE = (Path(__file__).parents[2] / "docs" / "policy-authors.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> set[str]:
    """The names in the first column of the tables below a heading."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]*)`", row)}


def test_every_tag_of_a_criterion_is_explained() -> None:
    assert first_cells("Criteria") == {f"@{tag}" for tag in CRITERION_TAGS}


def test_every_shared_define_is_explained() -> None:
    assert first_cells("Names that every policy shares") == set(SHARED_DEFINES)


def test_every_tag_of_a_question_is_explained() -> None:
    assert {f"@{tag}" for tag in QUESTION_TAGS} <= first_cells("Questions")
