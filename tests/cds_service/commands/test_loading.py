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
def load(tiny: Any, criterion_define: Any, settings: Settings) -> Callable[..., Any]:
    """Loads, with a rule of a tiny policy in place of the policies that come with the service."""

    def load(rule: str) -> loading.Loaded:
        folder: Path = tiny.written(criterion_define("I", rule)).parent
        return loading.load(settings.model_copy(update={"policies_folder": folder}))

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


def problems(settings: Settings, **changed: Any) -> str:
    with pytest.raises(click.ClickException) as error:
        loading.load(settings.model_copy(update=changed))
    return error.value.format_message()


def test_a_folder_without_policies_keeps_the_service_from_starting(settings: Settings, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "not-mounted"):
        assert f"{folder}: has no policies" in problems(settings, policies_folder=folder)


def test_a_policy_that_cannot_be_read_is_told_by_its_folder(settings: Settings, tmp_path: Path) -> None:
    policy = tmp_path / "X.1"
    policy.mkdir()
    (policy / "policy.cql").write_bytes(b"\xff\xfe")
    assert problems(settings, policies_folder=tmp_path).endswith(f"{tmp_path}: a file is not UTF-8 text")
    (policy / "policy.cql").unlink()
    (policy / "policy.cql").mkdir()
    assert f"{policy / 'policy.cql'}: Is a directory" in problems(settings, policies_folder=tmp_path)


def test_value_sets_come_from_a_folder_too_and_are_refused_by_the_file(settings: Settings, tmp_path: Path) -> None:
    assert f"{tmp_path}: has no value sets" in problems(settings, terminology_folder=tmp_path)
    assert "nowhere: No such file" in problems(settings, terminology_folder=tmp_path / "nowhere")
    shipped = Path(loading.__file__).parents[2] / "cql_like_rules" / "terminology"
    for file in shipped.glob("*.json"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    what = loading.load(settings.model_copy(update={"terminology_folder": tmp_path}))
    assert len(what.terminology.files) == len(list(shipped.glob("*.json")))
    (tmp_path / "zz.json").write_text("{}", encoding="utf-8")
    assert "zz.json is not a FHIR ValueSet" in problems(settings, terminology_folder=tmp_path)


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
