"""The envelope of a hook call (CDS Hooks 2.0, "Calling a CDS Service"), and what each hook puts in its context.

Only the envelope is checked; FHIR resources stay the JSON that they came as. Unknown members are ignored everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from cql_like_rules import lenient

from .outcome import CallRefused, Issue

ORDER_TYPES = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
"""What may be ordered with `order-sign`: CDS Hooks Library, order-sign 1.0, and Da Vinci CRD 2."""

EVALUATED_TYPE = "MedicationRequest"

_NO_DRAFTS: Mapping[str, Any] = {"resourceType": "Bundle"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
# Somewhat wider than FHIR's id, as some systems use underscores and long ids; never a path (`..`).
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._\-]{1,128}")
_PRACTITIONER = re.compile(
    r"(?:https?://[^\s?#]+/)?((?:Practitioner|PractitionerRole)/(?!\.+\Z)[\w.\-]{1,128})", re.ASCII
)
_PRINTABLE = re.compile(r"[\x21-\x7e]+")


def _none_as_absent(value: Any) -> Any:
    return {} if value is None else value


def _empty_as_absent(value: Any) -> Any:
    return None if value == "" else value


JsonObject = Annotated[dict[str, Any], BeforeValidator(_none_as_absent)]
OptionalText = Annotated[str | None, BeforeValidator(_empty_as_absent)]


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


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


class Context(_Wire):
    """What every hook of this service tells: the patient; and, for most, who is asking in which encounter."""

    patient_id: str
    user_id: OptionalText = None
    encounter_id: OptionalText = None

    @property
    def drafts(self) -> Mapping[str, Any]:
        """The Bundle of what is about to be ordered, as received; an empty one for hooks without."""
        return _NO_DRAFTS

    @property
    def draft_resources(self) -> list[dict[str, Any]]:
        """The resources in that Bundle: orders, and what came with them."""
        return bundled(self.drafts)

    @field_validator("patient_id", "encounter_id")
    @classmethod
    def _an_id(cls, value: str | None) -> str | None:
        if value is not None and not _ID.fullmatch(value):
            raise ValueError("must be a FHIR id: no resource type, no slash, not empty")
        return value

    @field_validator("user_id")
    @classmethod
    def _a_practitioner(cls, value: str | None) -> str | None:
        if value is None:
            return None
        match = _PRACTITIONER.fullmatch(value)
        if match is None:
            raise ValueError("must be Practitioner/<id> or PractitionerRole/<id>")
        return match[1]


class OrderSignContext(Context):
    """The context of `order-sign` (CDS Hooks Library, order-sign 1.0)."""

    user_id: str
    draft_orders: dict[str, Any]

    @property
    def drafts(self) -> Mapping[str, Any]:
        return self.draft_orders

    @field_validator("draft_orders")
    @classmethod
    def _a_bundle_with_orders(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("resourceType") != "Bundle":
            raise ValueError("must be a FHIR Bundle")
        if not any(lenient.text(resource.get("resourceType")) in ORDER_TYPES for resource in bundled(value)):
            raise ValueError("must have an entry with an order: " + ", ".join(sorted(ORDER_TYPES)))
        return value


class HookRequest(_Wire):
    """One hook call. `hook_instance` and every FHIR resource are exactly as received."""

    hook: str
    hook_instance: str
    context: Context
    fhir_server: OptionalText = None
    fhir_authorization: FhirAuthorization | None = None
    prefetch: JsonObject = Field(default_factory=dict)
    extension: JsonObject = Field(default_factory=dict)

    @property
    def orders(self) -> tuple[dict[str, Any], ...]:
        """The draft orders for drugs, as received, in the order of the Bundle; what is there twice is taken once."""
        orders: list[dict[str, Any]] = []
        for resource in self.context.draft_resources:
            if resource.get("resourceType") == EVALUATED_TYPE and resource not in orders:
                orders.append(resource)
        return tuple(orders)

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


def bundled(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources in a Bundle's entries; entries that hold none are passed over."""
    resources = (entry.get("resource") for entry in lenient.objects(bundle.get("entry")))
    return [resource for resource in resources if isinstance(resource, dict)]


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


def check_orders(request: HookRequest) -> None:
    """Raises CallRefused with 422 when an order for a drug has no id of its own, as no card could then name it."""
    issues: list[Issue] = []
    seen: set[str] = set()
    for number, order in enumerate(request.orders):
        identity, place = order.get("id"), f"context.draftOrders.{EVALUATED_TYPE}[{number}].id"
        if not (isinstance(identity, str) and identity):
            issues.append(Issue("required", "An order has no id, so that no card could refer to it.", place))
        elif identity in seen:
            issues.append(Issue("duplicate", "Two different orders have the same id.", place))
        else:
            seen.add(identity)
    if issues:
        raise CallRefused(422, issues)
