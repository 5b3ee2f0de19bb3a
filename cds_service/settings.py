"""Settings: what an operator may change, from the environment (`ONCOLOGY_CDS_…`) or from code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """How one service is run. Every field is read from `ONCOLOGY_CDS_<FIELD>`; lists are separated by commas.

    Seconds and days are meant where a name says so. Raises pydantic's ValidationError, which names the field, for a
    value that cannot be used.
    """

    model_config = SettingsConfigDict(env_prefix="ONCOLOGY_CDS_", frozen=True, extra="ignore")

    dev: bool = False
    """Development: plain http is allowed for any FHIR server, and clients are not asked who they are."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    database_url: str = "sqlite:///var/oncology-cds.sqlite3"

    deadline_seconds: PositiveFloat = 5.0
    """The time for one whole call (CRD: 90 % of answers within 5 s)."""

    answer_reserve_seconds: float = Field(default=0.5, ge=0)
    """The part of the deadline that is kept for deciding and answering, so that FHIR requests end before it."""

    fhir_timeout_seconds: PositiveFloat = 3.0
    """The longest time that one FHIR request may take."""

    fhir_connections: PositiveInt = 6
    """How many FHIR requests of one call run at the same time."""

    fhir_pages: PositiveInt = 20
    """How many pages of one search are read."""

    max_fhir_bytes: PositiveInt = 10 * 1024 * 1024
    """The largest answer that is read from a FHIR server."""

    allowed_fhir_hosts: Names = ()
    """Hosts (`ehr.example.org` or `ehr.example.org:8443`) that may be asked; empty: every host, over https."""

    max_body_bytes: PositiveInt = 10 * 1024 * 1024
    """The largest request body that is read."""

    body_size_age_days: PositiveInt = 90
    """How old a weight, height or body surface area may be, on the day of the order."""

    plans_file: Path | None = None
    """The file that tells which health plan each payer is (TOML); without it the one that comes with the service."""

    cors_origins: Names = ("*",)
    """Origins of browser clients that may call."""

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")

    @field_validator("allowed_fhir_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("plans_file", mode="before")
    @classmethod
    def _empty_as_absent(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("allowed_fhir_hosts")
    @classmethod
    def _lower_case(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower() for host in value)
