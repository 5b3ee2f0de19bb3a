"""Settings: what an operator may change, from the environment (`ONCOLOGY_CDS_…`) or from code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import limits
from cryptography.fernet import Fernet
from pydantic import Field, PositiveFloat, PositiveInt, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Names = Annotated[tuple[str, ...], NoDecode]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode]

_MAY_BE_EMPTY = (
    "policies_folder",
    "terminology_folder",
    "plans_file",
    "trusted_clients_file",
    "public_url",
    "spool_folder",
)


class Settings(BaseSettings):
    """How one service is run. Every field is read from `ONCOLOGY_CDS_<FIELD>`; lists are separated by commas.

    Seconds and days are meant where a name says so. Raises pydantic's ValidationError, which names the field, for a
    value that cannot be used.
    """

    # What was given stays out of error messages: among it are keys, and the password of the database.
    model_config = SettingsConfigDict(
        env_prefix="ONCOLOGY_CDS_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    dev: bool = False
    """Development: plain http is allowed for any FHIR server, and for the keys of trusted clients."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)

    database_url: str = "sqlite:///var/oncology-cds.sqlite3"

    spool_folder: Path | None = None
    """Where calls and feedback wait on disk for the database; unset: beside an SQLite database, else `var/spool`."""

    spool_max_bytes: PositiveInt = 256 * 1024 * 1024
    """How much of it each worker process may fill."""

    retention_days: PositiveInt = 730
    """How old calls and their feedback are when `oncology-cds store purge` deletes them."""

    retention_clinical_days: PositiveInt = 90
    """How old calls are when their contents are deleted by it."""

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
    """Hosts (`ehr.example.org` or `ehr.example.org:8443`) that may be asked, wherever they are.

    Empty: every host that is on no private network, over https.
    """

    max_body_bytes: PositiveInt = 10 * 1024 * 1024
    """The largest request body that is read."""

    max_resources: PositiveInt = 10_000
    """How many resources one request may bring, and how many more are read from a FHIR server for it."""

    max_orders: PositiveInt = 100
    """How many orders one call may be about."""

    max_fhir_call_bytes: PositiveInt = 50 * 1024 * 1024
    """How much is read from a FHIR server for one call, all answers together."""

    fhir_requests: PositiveInt = 200
    """How many reads and searches one call may cause."""

    decide_seconds: PositiveFloat = 5.0
    """The time for deciding: no further order is begun after it."""

    rate_limit: str = ""
    """How often one client, or one address where clients are not known, may ask (`6000/minute`); empty: no limit."""

    rate_limit_storage: str = "memory://"
    """Where requests are counted: in each process, or in a store that all share (`redis://…`)."""

    trusted_proxies: int = Field(default=0, ge=0)
    """How many proxies stand before the service, whose `X-Forwarded-…` headers are believed."""

    body_size_age_days: PositiveInt = 90
    """How old a weight, height or body surface area may be, on the day of the order."""

    policies_folder: Path | None = None
    """The folder of the policies, a folder each; without it those that come with the service."""

    terminology_folder: Path | None = None
    """The folder of the value sets; without it those that come with the service."""

    plans_file: Path | None = None
    """The file that tells which health plan each payer is (TOML); without it the one that comes with the service."""

    crd_version: Literal["2.0", "2.2"] = "2.0"
    """What coverage-information may hold when a call asks for no version: `2.0` is what CRD 2.0.1 and 2.2.1 share."""

    offered: Literal["all", "plain", "crd"] = "all"
    """Which services there are: the plain ones of CDS Hooks, those of Da Vinci CRD, or both."""

    unsolicited_determinations: bool = False
    """Whether an order that meets its coverage policy is answered with an authorization (CRD: `satisfied`)."""

    served_payers: Names = ()
    """Identifiers (`system|value`) of the payers that the CRD services answer for; empty: every payer."""

    public_url: str | None = None
    """The address of this service as clients know it (`https://cds.example.org`), which their tokens must name."""

    trusted_clients_file: Path | None = None
    """The file that tells which clients may call (TOML)."""

    allow_anonymous_clients: bool = False
    """Whether everyone may call where no clients are told: for networks that see to that otherwise."""

    store_clinical: bool = False
    """Whether requests and responses are kept, encrypted; otherwise only what has no clinical content is."""

    store_clinical_key: Secrets = ()
    """The keys for that (Fernet): the first encrypts, all of them decrypt, so that keys can be changed."""

    metrics: Literal["off", "loopback", "everyone"] = "loopback"
    """Who may read `/metrics`: nobody, this machine, or everyone who reaches the service."""

    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """A port of its own for metrics, which are then not served beside the rest."""

    cors_origins: Names = ("*",)
    """Origins of browser clients that may call."""

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR|CRITICAL)$")

    @field_validator("allowed_fhir_hosts", "cors_origins", "served_payers", "store_clinical_key", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator(*_MAY_BE_EMPTY, mode="before")
    @classmethod
    def _empty_as_absent(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("allowed_fhir_hosts")
    @classmethod
    def _lower_case(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower() for host in value)

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http or https URL without query and fragment")
        return value.rstrip("/")

    @field_validator("rate_limit")
    @classmethod
    def _a_rate(cls, value: str) -> str:
        if value:
            limits.parse(value)
        return value

    @field_validator("store_clinical_key")
    @classmethod
    def _keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            Fernet(key.get_secret_value())
        return value

    @model_validator(mode="after")
    def _a_key_for_clinical_content(self) -> Settings:
        if self.store_clinical and not self.store_clinical_key:
            raise ValueError("store_clinical needs store_clinical_key: clinical content is kept encrypted only")
        return self
