from __future__ import annotations

import pytest
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
