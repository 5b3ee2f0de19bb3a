"""The policies that come with the service as artifacts, and a client that asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.artifacts.collection import Artifacts, artifacts_of
from cds_service.cdshooks.outcome import refused
from cds_service.settings import Settings
from cql_like_rules.policy import POLICIES, Policy, load_policies
from cql_like_rules.terminology import Terminology


@pytest.fixture(scope="session")
def policies(shipped_terminology: Terminology) -> tuple[Policy, ...]:
    return load_policies(POLICIES, shipped_terminology)


@pytest.fixture(scope="session")
def artifacts(policies: tuple[Policy, ...], shipped_terminology: Terminology) -> Artifacts:
    return artifacts_of(policies, shipped_terminology)


def echoed(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """An operation that gives back what it was given, and refuses what is no Parameters."""
    if parameters.get("resourceType") != "Parameters":
        raise refused(400, "structure", "Parameters are wanted.", "resourceType")
    return parameters


@pytest.fixture
def app(settings: Settings, decider: Any, services: Any, artifacts: Artifacts) -> Iterator[Flask]:
    app = create_app(settings, decider, services=services, artifacts=artifacts, package=echoed)
    yield app
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.fixture
def fhir(app: Flask) -> FlaskClient:
    return app.test_client()
