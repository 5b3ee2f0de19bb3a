"""Our engine against the reference engine (`cql-execution` with `cql-exec-fhir`), as ratios: they hold on any machine.

Both evaluate every define of a policy, with the same parameters, from the resources as JSON on, each in a process of
its own that is warm and times itself, in turns. `baseline.json` holds the ratios of the last run that was kept;
`KEEP_BASELINE=1` keeps those of this one.
Needs Node and what `make reference` installs.
"""

from __future__ import annotations

import gc
import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, pairwise
from pathlib import Path
from statistics import geometric_mean, median
from time import perf_counter
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.policy import LIBRARY, POLICIES
from cql_like_rules.record import Record
from cql_like_rules.terminology import load_terminology
from tests.reference.reference import HERE, Reference
from tests.reference.stories import Story, stories_of_examples

GOAL = 10
"""How many times faster than the reference engine the project wants to be."""

STORIES, WARM_UPS, ROUNDS = 3, 12, 15
SIZES = (20, 200, 2000)

GROWING = {"Observation", "MedicationAdministration", "MedicationRequest", "MedicationStatement", "Procedure"}
"""What a long record has many of. Rules that join two types (payers and coverages) grow with the product of both."""

BASELINE = Path(__file__).parent / "baseline.json"
KEEP = os.environ.get("KEEP_BASELINE") == "1"
FOLDERS = [path.parent for path in sorted(POLICIES.glob("*/policy.cql"))]

pytestmark = pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="make reference installs the other engine")


@dataclass(frozen=True, slots=True)
class Asked:
    """A story as each of the two engines is given it: theirs has codings in one spelling."""

    story: Story
    ours: list[Any]
    theirs: tuple[list[Any], dict[str, Any], str]

    def evaluate(self) -> None:
        story = self.story
        record = Record(self.ours, story.record.delivered)
        evaluation = Evaluation(story.library, record, story.parameters, story.as_of)
        for name in story.library.defines:
            evaluation.outcome(name)


def asked(story: Story) -> Asked:
    ours = [element.json for element in story.record.resources]
    return Asked(story, ours, (story.resources(), story.wire_parameters(), str(story.as_of)))


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    """The examples, each with the policies that are about it."""
    found = [story for story in stories_of_examples() if story.values()[story.library.name, "Applies"] is True]
    # As the service does once it has loaded: the collector need not walk over what stays.
    gc.collect()
    gc.freeze()
    return found


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    terminology = load_terminology()
    with Reference() as reference:
        reference.set_value_sets({url: terminology.resolve(url).codes for url in terminology.urls})
        yield reference


@pytest.fixture(scope="module")
def baseline() -> Iterator[Callable[[str, str, float], float]]:
    """Notes a ratio, and gives the one that was kept."""
    kept: dict[str, dict[str, float]] = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.is_file() else {}
    found = {part: dict(ratios) for part, ratios in kept.items()}

    def noted(part: str, name: str, ratio: float) -> float:
        found.setdefault(part, {})[name] = round(ratio, 2)
        return kept.get(part, {}).get(name, ratio)

    yield noted
    if KEEP:
        BASELINE.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_policy_is_evaluated_faster_than_by_the_reference_engine(
    folder: Path,
    benchmark: BenchmarkFixture,
    reference: Reference,
    stories: list[Story],
    baseline: Callable[[str, str, float], float],
) -> None:
    mine = [story for story in stories if story.policy == folder.name]
    chosen = [asked(story) for story in mine[:: max(1, len(mine) // STORIES)][:STORIES]]
    reference.translate((folder / "policy.cql").read_text(encoding="utf-8"), [folder, LIBRARY])
    ours: list[list[float]] = [[] for _ in chosen]
    theirs: list[list[float]] = [[] for _ in chosen]
    for each in chosen * WARM_UPS:
        reference.milliseconds(*each.theirs)
        each.evaluate()

    def in_turns() -> None:
        for place, each in enumerate(chosen):
            theirs[place] += reference.milliseconds(*each.theirs)
            ours[place].append(_milliseconds(each.evaluate))

    benchmark.pedantic(in_turns, rounds=ROUNDS)
    ratio = geometric_mean(median(others) / median(own) for others, own in zip(theirs, ours, strict=True))
    kept = baseline("times faster than cql-execution", folder.name, ratio)
    benchmark.extra_info |= {"ours ms": [median(own) for own in ours], "theirs ms": [median(each) for each in theirs]}
    print(f"{folder.name}: {ratio:.1f} times faster, was {kept:.1f}, goal {GOAL}")  # noqa: T201


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_larger_records_take_no_more_for_each_resource(
    folder: Path, benchmark: BenchmarkFixture, stories: list[Story], baseline: Callable[[str, str, float], float]
) -> None:
    """A record of an example, its results, drugs and procedures over and over with other ids."""
    story = next(story for story in stories if story.policy == folder.name)
    records = {size: _of_size([element.json for element in story.record.resources], size) for size in SIZES}
    taken: dict[int, list[float]] = {size: [] for size in SIZES}

    def each_size() -> None:
        for size, resources in records.items():
            taken[size].append(_milliseconds(Asked(story, resources, ([], {}, "")).evaluate))

    benchmark.pedantic(each_size, rounds=7, warmup_rounds=1)
    of_each = {size: min(times) for size, times in taken.items()}
    exponents = {
        f"{small} to {large}": math.log(of_each[large] / of_each[small]) / math.log(large / small)
        for small, large in pairwise(SIZES)
    }
    benchmark.extra_info |= {"ms": of_each, **exponents}
    told = ", ".join(f"{size}: {1000 * ms / size:.0f} µs" for size, ms in of_each.items())
    print(f"{folder.name}: of each resource {told}; exponents {exponents}")  # noqa: T201
    for step, exponent in exponents.items():
        baseline(f"growth, {step} resources", folder.name, exponent)


def _of_size(resources: list[Any], size: int) -> list[Any]:
    """As many resources: those given, then those of the growing types over and over, with ids of their own."""
    growing = [each for each in resources if each["resourceType"] in GROWING]
    copies = zip(cycle(growing), range(size - len(resources)), strict=False)
    return [*resources[:size], *({**each, "id": f"{each.get('id')}-{number}"} for each, number in copies)]


def _milliseconds(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return 1000 * (perf_counter() - started)
