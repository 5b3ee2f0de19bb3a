"""The policies that come with the service, loaded once."""

from collections.abc import Mapping

import pytest

from cql_like_rules.policy import POLICIES, Policy, load_policies
from cql_like_rules.terminology import Terminology, load_terminology


@pytest.fixture(scope="session")
def terminology() -> Terminology:
    return load_terminology()


@pytest.fixture(scope="session")
def policies(terminology: Terminology) -> Mapping[str, Policy]:
    return {policy.id: policy for policy in load_policies(POLICIES, terminology)}
