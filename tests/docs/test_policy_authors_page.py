"""docs/policy-authors.md names every tag and every define that policies share."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cds_service.commands.cql import cql
from cql_like_rules.questions.words import QUESTION_TAGS
from cql_like_rules.review.lint import CRITERION_TAGS, SHARED_DEFINES

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "policy-authors.md").read_text(encoding="utf-8")


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


def test_every_tool_of_the_language_is_explained() -> None:
    section = PAGE.partition("## Tools for the language\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^oncology-cds cql (\w+)", section, re.MULTILINE))
    assert named | {"conformance"} == set(cql.commands)
    options = {option for command in cql.commands.values() for each in command.params for option in each.opts}
    known = set(re.findall(r"--[a-z]+", section))
    assert known <= options
    assert {option for option in options if option.startswith("--")} - known == {"--width"}


def test_the_package_for_editors_names_the_grammar() -> None:
    section = PAGE.partition("**In an editor.**")[2].partition("\n## ")[0]
    package = json.loads(section.partition("```json\n")[2].partition("```")[0])
    (grammar,) = package["contributes"]["grammars"]
    content = json.loads((DOCS / grammar["path"]).read_text(encoding="utf-8"))
    assert content["scopeName"] == grammar["scopeName"]
    assert package["contributes"]["languages"][0]["extensions"] == [f".{ending}" for ending in content["fileTypes"]]
