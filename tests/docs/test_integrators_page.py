"""docs/integrators.md: what it says of the FHIR endpoints and of the description is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_service.commands.loading import loaded
from cds_service.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "integrators.md").read_text(encoding="utf-8")
ADDRESSES = re.findall(r"^\| `(GET|POST) (/[^`]+)` \|", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    settings = Settings(dev=True, database_url=f"sqlite:///{tmp_path_factory.mktemp('store')}/cds.sqlite3")
    app = loaded(settings).application()
    yield app.test_client()
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


def test_there_are_addresses_of_both_kinds() -> None:
    assert {method for method, _ in ADDRESSES} == {"GET", "POST"}
    assert any(path.startswith("/fhir") for _, path in ADDRESSES)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_every_address_is_served(client: FlaskClient, method: str, path: str) -> None:
    if method == "GET":
        assert client.get(path).status_code == 200
    else:
        assert client.post(path, json={}).status_code == 400


def test_every_search_of_the_page_finds_one(client: FlaskClient) -> None:
    searches = re.findall(r"http://127\.0\.0\.1:8080(/fhir/[^\s'\"]+\?[^\s'\"]+)", PAGE)
    assert searches
    for path in searches:
        assert client.get(path).get_json(force=True)["total"] == 1
