"""The examples in fhir_examples/, one test each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "fhir_examples"
# Deliberately not valid FHIR: it shows what is accepted all the same.
SLOPPY = frozenset({"leukine-sloppy-client"})


@dataclass(frozen=True, slots=True)
class Example:
    """A request with what its line in the index promises."""

    name: str
    request: dict[str, Any]
    promise: dict[str, Any]

    @property
    def resources(self) -> Iterator[dict[str, Any]]:
        """Every resource and Bundle that stands by itself in the request; those inside a Bundle come with it."""
        yield self.request["context"]["draftOrders"]
        yield from self.request["prefetch"].values()

    @property
    def drafts(self) -> list[dict[str, Any]]:
        return [entry["resource"] for entry in self.request["context"]["draftOrders"]["entry"]]


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, itself included."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from objects_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from objects_in(member)


def read_examples() -> list[Example]:
    index = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return [
        Example(Path(row["file"]).stem, json.loads((FOLDER / row["file"]).read_text(encoding="utf-8")), row)
        for row in index
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    examples = read_examples()
    well_formed = [example for example in examples if example.name not in SLOPPY]
    for fixture, values in (("example", examples), ("well_formed", well_formed)):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, values, ids=[value.name for value in values])


@pytest.fixture
def examples() -> list[Example]:
    return read_examples()


@pytest.fixture
def folder() -> Path:
    return FOLDER


@pytest.fixture
def all_objects() -> Callable[[Any], Iterator[dict[str, Any]]]:
    return objects_in
