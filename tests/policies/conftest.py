"""The policies that come with the service, loaded once."""

from collections.abc import Mapping
from typing import Any

import pytest

from cql_like_rules.cql.values.concept import ValueSet
from cql_like_rules.policy import POLICIES, Policy, load_policies
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology, load_terminology


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology()


@pytest.fixture(scope="session")
def policies(terminology: Terminology) -> Mapping[str, Policy]:
    return {policy.id: policy for policy in load_policies(POLICIES, terminology)}


@pytest.fixture
def retrieved(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What records are asked for during the test: resource types, with the address of the value set or ""."""
    asked: set[tuple[str, str]] = set()
    retrieve = Record.retrieve

    def remembering(record: Record, type_name: str, path: str | None = None, codes: Any = None) -> Any:
        asked.add((type_name, codes.id if isinstance(codes, ValueSet) else ""))
        return retrieve(record, type_name, path, codes)

    monkeypatch.setattr(Record, "retrieve", remembering)
    return asked
