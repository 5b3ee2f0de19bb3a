"""Our engine gives what the reference engine has confirmed, and what was confirmed is of today's policies and cases.

Needs no Node: `make reference` compares the engines and writes down what they agree on.
"""

from pathlib import Path

import pytest

from cql_like_rules.policy import POLICIES
from cql_like_rules.terminology import Terminology, load_terminology
from tests.reference import confirmed
from tests.reference.stories import Story, stories_of_cases, stories_of_examples

FOLDERS = [path.parent for path in sorted(POLICIES.glob("*/policy.cql"))]


@pytest.fixture(scope="module")
def terminology() -> Terminology:
    return load_terminology()


@pytest.fixture(scope="module")
def examples() -> list[Story]:
    return stories_of_examples()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_value_is_the_one_that_the_reference_engine_has_confirmed(
    folder: Path, terminology: Terminology, examples: list[Story]
) -> None:
    before = confirmed.read(folder.name)
    assert before is not None, f"{folder.name} was never held against the reference engine. Run: make reference"
    stories = [*stories_of_cases(folder, terminology), *(story for story in examples if story.policy == folder.name)]
    now = confirmed.confirmed_of(stories, terminology)
    stale = confirmed.stale(before, now)
    assert not stale, f"{folder.name} has changed since it was held against the reference engine. Run: make reference"
    changed = confirmed.changed(before, now)
    assert not changed, f"{folder.name} has other values than the reference engine has confirmed. See: make reference"


def test_nothing_is_confirmed_of_a_policy_that_is_gone() -> None:
    kept = {path.stem for path in confirmed.FOLDER.glob("*.json")}
    assert kept - {folder.name for folder in FOLDERS} == set()


BEFORE = {
    "text": "t1",
    "value sets": "v1",
    "stories": {"a story": "asked1 gave1", "another": "asked2 gave2"},
    "defines": {"Library.I": "d1"},
}


def test_a_new_a_changed_and_a_missing_story_are_stale() -> None:
    now = BEFORE | {"stories": {"a story": "asked9 gave1", "new": "asked3 gave3"}}
    assert confirmed.stale(BEFORE, now) == ["a story", "new", "another"]


def test_a_changed_text_and_changed_codes_are_stale() -> None:
    assert confirmed.stale(BEFORE, BEFORE | {"text": "t2", "value sets": "v2"}) == ["text", "value sets"]


def test_a_changed_value_is_no_staleness_and_is_told_by_define_and_story() -> None:
    now = BEFORE | {"stories": {**BEFORE["stories"], "a story": "asked1 gave9"}, "defines": {"Library.I": "d9"}}
    assert confirmed.stale(BEFORE, now) == []
    assert confirmed.changed(BEFORE, now) == ["Library.I", "a story"]
