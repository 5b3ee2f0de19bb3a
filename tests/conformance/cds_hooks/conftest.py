"""The real application with its own policies, once for all tests here, and what EHRs order from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses
from flask import Flask
from flask.testing import FlaskClient

from cds_service.settings import Settings
from tests.conformance.cds_hooks.clients import InProcess
from tests.conformance.cds_hooks.examples import application, closed
from tests.conformance.cds_hooks.vectors import Caller


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(dev=True, database_url=f"sqlite:///{tmp_path_factory.mktemp('store')}/cds.sqlite3")


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    app = application(settings)
    yield app
    closed(app)


@pytest.fixture(scope="session")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def http(client: FlaskClient) -> InProcess:
    return InProcess(client)


@pytest.fixture(scope="session")
def discovery(client: FlaskClient) -> dict[str, Any]:
    return dict(client.get("/cds-services").get_json())


@pytest.fixture(scope="session")
def crd_services(discovery: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in discovery["services"] if "davinci-crd.version" in each.get("extension", {})]


@pytest.fixture
def call(client: FlaskClient) -> Caller:
    """Posts a request, and gives the answer with its status."""
    return Caller(client)


@pytest.fixture(autouse=True)
def ehr_server() -> Iterator[responses.RequestsMock]:
    """The network, with nothing in it until an Ehr serves: no test reaches a real one."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture(scope="session")
def another(settings: Settings) -> Iterator[Callable[..., FlaskClient]]:
    """A client of the application with other settings, one for the same ones."""
    made: dict[tuple[Any, ...], Flask] = {}

    def another(**changed: Any) -> FlaskClient:
        key = tuple(changed.items())
        if key not in made:
            made[key] = application(settings, **changed)
        return made[key].test_client()

    yield another
    for app in made.values():
        closed(app)
