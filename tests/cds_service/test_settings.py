from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from cds_service.settings import Settings


def test_settings_come_from_the_environment_and_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCOLOGY_CDS_DEADLINE_SECONDS", "2.5")
    monkeypatch.setenv("ONCOLOGY_CDS_ALLOWED_FHIR_HOSTS", "EHR.example.org, other.example.org:8443,")
    monkeypatch.setenv("ONCOLOGY_CDS_DEV", "true")
    settings = Settings()
    assert settings.deadline_seconds == 2.5
    assert settings.allowed_fhir_hosts == ("ehr.example.org", "other.example.org:8443")
    assert settings.dev


def test_without_an_environment_the_service_is_not_in_development() -> None:
    settings = Settings()
    assert not settings.dev
    assert settings.deadline_seconds == 5.0
    assert settings.body_size_age_days == 90
    assert settings.database_url.startswith("sqlite:///var/")


@pytest.mark.parametrize(
    "wrong", [{"deadline_seconds": 0}, {"port": 70_000}, {"max_body_bytes": -1}, {"log_level": "LOUD"}]
)
def test_a_value_that_cannot_be_used_is_refused_by_the_name_of_its_field(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Settings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["cds.example.org", "ftp://cds.example.org", "https://x.example?y", "https://["])
def test_a_public_address_must_be_one(address: str) -> None:
    with pytest.raises(ValidationError, match="public_url"):
        Settings(public_url=address)


def test_a_public_address_ends_without_a_slash_and_empty_is_absent() -> None:
    assert Settings(public_url="https://cds.example.org/here/").public_url == "https://cds.example.org/here"
    assert Settings(public_url="").public_url is None
    assert Settings.model_validate({"trusted_clients_file": ""}).trusted_clients_file is None


@pytest.mark.rules("S-12")
def test_clinical_content_is_not_stored_without_a_key() -> None:
    with pytest.raises(ValidationError, match="store_clinical needs store_clinical_key"):
        Settings(store_clinical=True)


def test_keys_are_read_with_commas_and_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY", f"{one}, {two}")
    settings = Settings(store_clinical=True)
    assert [key.get_secret_value() for key in settings.store_clinical_key] == [one, two]
    assert one not in repr(settings)
    monkeypatch.setenv("ONCOLOGY_CDS_STORE_CLINICAL_KEY", f"{one},find-me")
    with pytest.raises(ValidationError, match="store_clinical_key") as caught:
        Settings(port="x")  # type: ignore[arg-type]
    assert "find-me" not in str(caught.value)
    assert one not in str(caught.value)
