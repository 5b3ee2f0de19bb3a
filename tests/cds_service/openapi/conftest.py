"""The whole service, as it is run, and the description that it gives of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from cds_service.commands.loading import loaded
from cds_service.settings import Settings


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("store")
    # Calls that are made up name FHIR servers too: none of them is asked.
    settings = Settings(
        allow_anonymous_clients=True,
        allowed_fhir_hosts=("ehr.invalid",),
        database_url=f"sqlite:///{folder}/cds.sqlite3",
    )
    app = loaded(settings).application()
    yield app
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


@pytest.fixture(scope="session")
def document(whole: Flask) -> dict[str, Any]:
    described: dict[str, Any] = whole.test_client().get("/openapi.json").get_json()
    return described
