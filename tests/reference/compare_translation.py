"""Every CQL file translates in the reference translator, which has no word to say about it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cql_like_rules.policy import LIBRARY, POLICIES
from tests.reference.reference import Reference

FILES = [*sorted(LIBRARY.glob("*.cql")), *sorted(POLICIES.glob("*/policy.cql"))]


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with Reference() as reference:
        yield reference


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_it_translates_without_a_message(path: Path, reference: Reference) -> None:
    messages = reference.translate(path.read_text(encoding="utf-8"), [path.parent, LIBRARY])
    assert [str(message) for message in messages] == []
