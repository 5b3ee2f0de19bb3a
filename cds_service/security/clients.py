"""The clients that an operator trusts, from a file (CDS Hooks 2.0, "Trusting CDS Clients")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from cds_service.operator_files import FileRefused, read_operator_file

from .keys import RECOMMENDED, Algorithm, KeyRefused, SigningKey, by_kid

_HOST = re.compile(r"[a-z0-9]([a-z0-9.\-]*[a-z0-9])?(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?")


class ClientsRefused(FileRefused):
    """A file of trusted clients cannot be used; the text names the file, and every field that is wrong."""


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _a_host(value: str) -> str:
    host = value.lower()
    if not _HOST.fullmatch(host):
        raise ValueError("must be a host, or a host and a port: ehr.example.org:8443")
    return host


def _a_signing_key(value: Any) -> SigningKey:
    if not isinstance(value, Mapping):
        raise ValueError("must be a JSON Web Key")
    try:
        return SigningKey.read(value)
    except KeyRefused as error:
        raise ValueError(str(error)) from error


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_one_or_more)]
Host = Annotated[Text, AfterValidator(_a_host)]
Key = Annotated[SigningKey, BeforeValidator(_a_signing_key)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)


class JwkSet(_Strict):
    """A JWK Set that was agreed on beside the protocol."""

    keys: Annotated[tuple[Key, ...], Field(min_length=1)]


class TrustedClient(_Strict):
    """A `[[client]]` of the file.

    `name` is what logs and the store call it, `iss` is the issuer of its tokens, `jku` are the addresses of its keys,
    `tenants` those that its tokens may name (empty: any, or none), `fhir_hosts` the FHIR servers that its calls may
    name (empty: those of the settings).
    """

    name: Text
    iss: Text
    jwks: JwkSet | None = None
    jku: Texts = ()
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)] = RECOMMENDED
    tenants: Texts = ()
    fhir_hosts: Annotated[tuple[Host, ...], BeforeValidator(_one_or_more)] = ()

    @property
    def keys(self) -> Mapping[str, SigningKey]:
        """The keys that stand in the file, by `kid`."""
        return by_kid(self.jwks.keys) if self.jwks else {}

    @field_validator("jku")
    @classmethod
    def _secure_addresses(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        schemes = ("https", "http") if info.context and info.context["dev"] else ("https",)
        if not all(_is_address(address, schemes) for address in value):
            raise ValueError("must be https URLs without user and fragment")
        return value

    @model_validator(mode="after")
    def _with_keys(self) -> TrustedClient:
        if self.jwks is None and not self.jku:
            raise ValueError("needs its keys: jwks, or jku")
        return self


class _Clients(_Strict):
    client: Annotated[tuple[TrustedClient, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _told_apart(self) -> _Clients:
        for mark in ("name", "iss"):
            seen: dict[str, int] = {}
            for number, client in enumerate(self.client, start=1):
                if seen.setdefault(getattr(client, mark), number) != number:
                    raise ValueError(f"client[{seen[getattr(client, mark)]}] and client[{number}] have the same {mark}")
        return self


def load_trusted_clients(file: Path, *, dev: bool = False) -> Mapping[str, TrustedClient]:
    """The clients of a file by their `iss`. In development keys may come over plain http. Raises ClientsRefused."""
    clients = read_operator_file(_Clients, file, ClientsRefused, {"dev": dev})
    return {client.iss: client for client in clients.client}


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(host) and "@" not in parts.netloc and not parts.fragment
