"""Whether the service is ready, and which part is not."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from cds_service.app import create_app
from cds_service.observation import readiness
from cds_service.store.spool import SpoolState


def told(response: Any) -> dict[str, bool]:
    return {name: part["ready"] for name, part in response.get_json()["parts"].items()}


def test_a_service_with_policies_and_a_store_is_ready(make: Any, rules: Any) -> None:
    response = make().test_client().get("/readyz")
    assert response.status_code == 200
    body = response.get_json()
    assert body["status"] == "ready"
    assert body["parts"]["policies"] == {"ready": True, "loaded": len(rules.decider.policies)}
    assert body["parts"]["store"] == {"ready": True}
    assert body["parts"]["spool"]["lost"] == 0


def test_a_service_without_policies_is_not_ready(settings: Any, decider: Any, services: Any) -> None:
    response = create_app(settings, decider, services=services).test_client().get("/readyz")
    assert response.status_code == 503
    assert response.get_json()["status"] == "not ready"
    assert told(response) == {"policies": False, "store": True, "spool": True}


def test_a_store_that_cannot_be_reached_is_named_and_may_be_left_out(make: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    options = {"database_url": f"sqlite:///{tmp_path}/file/cds.sqlite3", "spool_folder": tmp_path / "spool"}
    client = make(**options).test_client()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert told(response) == {"policies": True, "store": False, "spool": True}
    assert response.get_json()["parts"]["store"]["reason"]
    without = client.get("/readyz?exclude=store")
    assert without.status_code == 200
    assert told(without) == {"policies": True, "spool": True}
    assert client.get("/healthz").status_code == 200


def test_a_store_that_hangs_holds_up_nobody_for_long(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make()
    asked = []

    @contextmanager
    def hanging() -> Any:
        asked.append(1)
        time.sleep(1)
        yield Mock()

    monkeypatch.setattr(readiness, "STORE_SECONDS", 0.05)
    monkeypatch.setattr(app.extensions["oncology-cds"]["database"], "transaction", hanging)
    started = time.perf_counter()
    for _ in range(3):
        response = app.test_client().get("/readyz")
        assert response.status_code == 503
        assert "no answer" in response.get_json()["parts"]["store"]["reason"]
    assert time.perf_counter() - started < 0.9
    assert len(asked) == 1
    time.sleep(1.1)
    monkeypatch.undo()
    assert app.test_client().get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("state", "ready"),
    [
        (SpoolState(5, 50, 100, 0, True, True), True),
        (SpoolState(5, 50, 100, 3, True, False), True),
        (SpoolState(5, 100, 100, 0, True, True), False),
        (SpoolState(0, 0, 100, 0, False, True), False),
    ],
)
def test_a_spool_that_takes_nothing_is_not_ready(
    make: Any, monkeypatch: pytest.MonkeyPatch, state: SpoolState, ready: bool
) -> None:
    app = make()
    monkeypatch.setattr(app.extensions["oncology-cds"]["sink"], "state", lambda: state)
    response = app.test_client().get("/readyz")
    assert told(response)["spool"] is ready
    assert response.status_code == (200 if ready else 503)
    assert response.get_json()["parts"]["spool"]["lost"] == state.lost
