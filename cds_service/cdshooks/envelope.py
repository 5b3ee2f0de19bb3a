"""The envelope of a hook call (CDS Hooks 2.0, "Calling a CDS Service").

Only the envelope is checked; FHIR resources stay the JSON that they came as. Unknown members are ignored everywhere.
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from .contexts import Context, OptionalText, OrderDispatchContext, OrderSelectContext, OrderSignContext, WireModel

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


def _none_as_absent(value: Any) -> Any:
    return {} if value is None else value


JsonObject = Annotated[dict[str, Any], BeforeValidator(_none_as_absent)]


class FhirAuthorization(BaseModel):
    """The token of the call (CDS Hooks 2.0, "Passing the Access Token to the CDS Service").

    Members that this service does not need may be absent; those present must have the right type.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    access_token: str = Field(repr=False)
    token_type: str = "Bearer"
    expires_in: int | None = None
    scope: str | None = None
    subject: str | None = None
    patient: str | None = None

    @field_validator("access_token")
    @classmethod
    def _usable(cls, value: str) -> str:
        if not _PRINTABLE.fullmatch(value):
            raise ValueError("must be a token without blanks")
        return value

    @field_validator("token_type")
    @classmethod
    def _bearer(cls, value: str) -> str:
        if value.lower() != "bearer":
            raise ValueError("must be Bearer")
        return value


class HookRequest(WireModel):
    """One hook call. `hook_instance` and every FHIR resource are exactly as received."""

    hook: str
    hook_instance: str
    context: Context
    fhir_server: OptionalText = None
    fhir_authorization: FhirAuthorization | None = None
    prefetch: JsonObject = Field(default_factory=dict)
    extension: JsonObject = Field(default_factory=dict)

    @field_validator("hook_instance")
    @classmethod
    def _a_uuid(cls, value: str) -> str:
        if not _UUID.fullmatch(value):
            raise ValueError("must be a UUID")
        return value

    @field_validator("fhir_server")
    @classmethod
    def _a_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not is_web_address(value):
            raise ValueError("must be an http or https URL without user, query or fragment")
        return value.rstrip("/")

    @field_validator("fhir_authorization")
    @classmethod
    def _with_a_server(cls, value: FhirAuthorization | None, info: ValidationInfo) -> FhirAuthorization | None:
        # The server itself is not among the data when it was wrong, which is told already.
        if value is not None and info.data.get("fhir_server", "") is None:
            raise ValueError("needs a fhirServer beside it")
        return value


class OrderSignRequest(HookRequest):
    """A call of `order-sign`."""

    context: OrderSignContext


class OrderSelectRequest(HookRequest):
    """A call of `order-select`."""

    context: OrderSelectContext


class OrderDispatchRequest(HookRequest):
    """A call of `order-dispatch`."""

    context: OrderDispatchContext


def is_web_address(text: str) -> bool:
    """True for an absolute http or https URL that names a host, and no user, query or fragment."""
    if not _PRINTABLE.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https") and bool(host) and not (parts.query or parts.fragment or "@" in parts.netloc)
    )
