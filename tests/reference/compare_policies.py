"""Every define of every policy has the same value in our engine and in the reference engine, in every story.

Where it has, that is written down in confirmed/, which `make test` holds our engine to.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cql_like_rules.policy import LIBRARY, POLICIES
from cql_like_rules.terminology import Terminology, load_terminology
from tests.reference import confirmed
from tests.reference.differences import KNOWN_IN_POLICIES, Difference, differences_in
from tests.reference.reference import Reference
from tests.reference.stories import Story, stories_of_cases, stories_of_examples

FOLDERS = [path.parent for path in sorted(POLICIES.glob("*/policy.cql"))]


@pytest.fixture(scope="module")
def terminology() -> Terminology:
    return load_terminology()


@pytest.fixture(scope="module")
def reference(terminology: Terminology) -> Iterator[Reference]:
    with Reference() as reference:
        reference.set_value_sets({url: terminology.resolve(url).codes for url in terminology.urls})
        yield reference


@pytest.fixture(scope="module")
def examples() -> list[Story]:
    return stories_of_examples()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_both_engines_agree_on_every_define_in_every_story(
    folder: Path,
    reference: Reference,
    terminology: Terminology,
    examples: list[Story],
    record_property: Callable[[str, object], None],
) -> None:
    stories = [*stories_of_cases(folder, terminology), *(story for story in examples if story.policy == folder.name)]
    reference.translate((folder / "policy.cql").read_text(encoding="utf-8"), [folder, LIBRARY])
    different = [difference for story in stories for difference in differences_in(story, reference)]
    unknown = [each for each in different if not any(known.covers(each) for known in KNOWN_IN_POLICIES)]
    assert not unknown, _told(unknown)
    names = {story.name for story in stories}
    gone = [
        known
        for known in KNOWN_IN_POLICIES
        if known.is_about(folder.name, names) and not any(known.covers(each) for each in different)
    ]
    assert gone == []
    agreed = confirmed.confirmed_of(stories, terminology)
    confirmed.write(folder.name, agreed)
    values = len(stories) * len(agreed["defines"])
    told = f"{folder.name}: {len(stories)} stories, {values} values, {len(different)} known to differ"
    record_property("compared", told)


def _told(differences: list[Difference]) -> str:
    """The differences, the first of each define: it is found by one story as well as by a hundred."""
    first = {difference.define: difference for difference in reversed(differences)}
    lines = [f"{len(differences)} values differ, of {len(first)} defines. The first of each:"]
    return "\n".join([*lines, *map(str, first.values())])
