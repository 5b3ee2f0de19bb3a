"""What is loaded once for every command that decides, from a folder with one tiny policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cds_service.app import create_app
from cds_service.cli import main
from cds_service.commands import loading
from cds_service.settings import Settings


@pytest.fixture
def load(tiny: Any, criterion_define: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Loads, with a rule of a tiny policy in place of the policies that come with the service."""

    def load(rule: str) -> loading.Loaded:
        folder: Path = tiny.written(criterion_define("I", rule)).parent
        monkeypatch.setattr(loading, "POLICIES", folder)
        monkeypatch.setattr(loading.gc, "freeze", lambda: None)
        return loading.loaded.__wrapped__(settings)

    return load


def test_a_policy_that_retrieves_another_type_is_asked_for_it_in_discovery(
    load: Callable[..., loading.Loaded], settings: Settings, decider: Any
) -> None:
    what = load("exists [FamilyMemberHistory]")
    app = create_app(settings, decider, services=what.services)
    service, *_ = app.test_client().get("/cds-services").get_json()["services"]
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()
    query = service["prefetch"].pop("familyMemberHistories")
    assert query == "FamilyMemberHistory?patient={{context.patientId}}"
    assert list(service["prefetch"]) == [
        "patient",
        "coverage",
        "observations",
        "medicationRequests",
        "questionnaireResponses",
    ]


def test_a_policy_that_retrieves_what_cannot_be_had_keeps_the_service_from_starting(
    load: Callable[..., loading.Loaded],
) -> None:
    with pytest.raises(click.ClickException, match=r"(?s)policies cannot be loaded.*policy.cql:\d+.*no Location can"):
        load("exists [Location]")


@pytest.mark.parametrize("command", [["serve", "--dev", "--port", "0"], ["calls", "list"], ["check", __file__]])
def test_settings_that_cannot_be_used_end_every_command_by_their_names(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_PORT", "find-me")
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY", "find-me")
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "ONCOLOGY_CDS_PORT: Input should be a valid integer" in result.stderr
    assert "ONCOLOGY_CDS_STORE_CLINICAL_KEY: Fernet key must be" in result.stderr
    assert "find-me" not in result.stderr


def test_clinical_content_without_a_key_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL", "true")
    result = CliRunner().invoke(main, ["serve", "--dev", "--port", "0"])
    assert result.exit_code == 1
    assert "store_clinical needs store_clinical_key" in result.stderr
