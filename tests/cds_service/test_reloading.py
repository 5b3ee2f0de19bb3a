"""What a reload exchanges, and what stays; the same with real processes is in tests/deploy."""

from __future__ import annotations

import logging
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from werkzeug.test import Client

from cds_service.commands.loading import loaded
from cds_service.reloading import Reloading, reloaded, survive
from cds_service.settings import Settings
from cds_service.workers import WithoutQuotes
from cql_like_rules.policy import POLICIES

POLICY, VERSION = "CP.PHAR.295", "2026.03"


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    shutil.copytree(POLICIES / POLICY, tmp_path / "policies" / POLICY)
    return tmp_path / "policies"


@pytest.fixture
def own(settings: Settings, mounted: Path) -> Settings:
    return settings.model_copy(update={"policies_folder": mounted})


@pytest.fixture
def reloading(own: Settings) -> Iterator[Reloading]:
    reloading = Reloading(own)
    yield reloading
    kept = reloading._app.extensions["oncology-cds"]
    kept["sink"].close()
    kept["database"].close()


def has_version(mounted: Path, version: str) -> None:
    text = (POLICIES / POLICY / "policy.cql").read_text(encoding="utf-8")
    (mounted / POLICY / "policy.cql").write_text(
        text.replace(f"version '{VERSION}'", f"version '{version}'"), encoding="utf-8"
    )


def served(reloading: Reloading) -> Any:
    answer = Client(reloading).get(f"/fhir/PlanDefinition/{POLICY}").get_json()
    return answer["version"]


def test_everything_that_policies_make_is_exchanged(reloading: Reloading, mounted: Path) -> None:
    assert served(reloading) == VERSION
    has_version(mounted, "2027.01")
    assert served(reloading) == VERSION
    assert reloading.reload()
    assert served(reloading) == "2027.01"


def test_database_and_spool_are_the_same_before_and_after(reloading: Reloading) -> None:
    before = dict(reloading._app.extensions["oncology-cds"])
    assert reloading.reload()
    after = reloading._app.extensions["oncology-cds"]
    assert after["database"] is before["database"]
    assert after["sink"] is before["sink"]


def test_what_is_refused_leaves_everything_as_it_was(reloading: Reloading, own: Settings, mounted: Path) -> None:
    app, what = reloading._app, loaded(own)
    (mounted / POLICY / "policy.cql").write_text("library Broken", encoding="utf-8")
    with capture_logs() as lines:
        assert not reloading.reload()
    (line,) = lines
    assert line["log_level"] == "error"
    assert any("policy.cql:" in problem for problem in line["problems"])
    assert reloading._app is app
    assert loaded(own) is what


def test_policies_are_not_exchanged_when_the_clients_are_refused(own: Settings, tmp_path: Path) -> None:
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "x"\niss = "https://x.example.org"\njku = "https://x.example.org/jwks"\n')
    trusting = own.model_copy(update={"trusted_clients_file": clients})
    what = loaded(trusting)
    assert set(what.clients) == {"https://x.example.org"}
    clients.write_text("")
    with capture_logs() as lines:
        assert reloaded(trusting) is None
    assert [line["problems"][0] for line in lines] == ["the trusted clients cannot be loaded"]
    assert loaded(trusting) is what


def test_what_goes_wrong_unexpectedly_is_logged_without_its_words() -> None:
    def fails() -> None:
        raise RuntimeError("find-me")

    with capture_logs() as lines:
        survive(fails)
    (line,) = lines
    assert (line["event"], line["error"]) == ("unexpected error", "RuntimeError")
    assert "find-me" not in str(line)
    assert any("fails" in place for place in line["places"])


def test_a_signal_reloads(reloading: Reloading, mounted: Path) -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        reloading.reload_on_signal()
        for version in ("2027.01", "2027.02"):
            has_version(mounted, version)
            signal.raise_signal(signal.SIGHUP)
            end = time.monotonic() + 30
            while served(reloading) != version:
                assert time.monotonic() < end
                time.sleep(0.05)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert [thread.daemon for thread in threading.enumerate() if thread.name == "reload"] == [True]


@pytest.mark.parametrize(
    ("message", "shown"),
    [("Invalid request from ip=192.0.2.1: find-me", "a request was no HTTP"), ("Booting worker", "Booting worker")],
)
def test_a_request_that_is_no_http_is_not_quoted(message: str, shown: str) -> None:
    record = logging.LogRecord("gunicorn.error", logging.WARNING, "", 0, message, None, None)
    assert WithoutQuotes().filter(record)
    assert record.getMessage() == shown
