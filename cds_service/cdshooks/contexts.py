"""What each hook puts in its context (CDS Hooks Library: order-sign 1.0, order-select 1.0, order-dispatch 1.0 and 1.1).

FHIR resources stay the JSON that they came as. Unknown members are ignored everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from cql_like_rules import lenient

from .orders import ORDER_TYPES, Orders, bundled, orders_among

_NO_DRAFTS: Mapping[str, Any] = {"resourceType": "Bundle"}
# Somewhat wider than FHIR's id, as some systems use underscores and long ids; never a path (`..`).
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._\-]{1,128}")
_REFERENCE = re.compile(r"(?:https?://[^\s?#]+/)?(([A-Z][A-Za-z]+)/(?!\.+\Z)[\w.\-]{1,128})", re.ASCII)
_DISPATCH_NAMES = (
    ("dispatchedOrders", "dispatched-orders", "order"),
    ("fulfillmentTasks", "fulfillment-tasks", "task"),
)
_PRACTITIONERS = frozenset({"Practitioner", "PractitionerRole"})


def empty_as_absent(value: Any) -> Any:
    """None for an empty text, which sloppy clients send for what they do not have."""
    return None if value == "" else value


OptionalText = Annotated[str | None, BeforeValidator(empty_as_absent)]


class WireModel(BaseModel):
    """Members in camel case, unknown ones ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


def local_reference(text: str) -> str | None:
    """`Type/id` of a relative or absolute reference; None for a text that is none."""
    match = _REFERENCE.fullmatch(text)
    return match[1] if match else None


class Context(WireModel):
    """What every hook of this service tells: the patient; and, for most, who is asking in which encounter."""

    patient_id: str
    user_id: OptionalText = None
    encounter_id: OptionalText = None

    @property
    def drafts(self) -> Mapping[str, Any]:
        """The Bundle of what is about to be ordered, as received; an empty one for hooks without."""
        return _NO_DRAFTS

    @property
    def referred(self) -> tuple[str, ...]:
        """`Type/id` of the orders that the context names without holding them."""
        return ()

    def orders(self, found: Iterable[dict[str, Any]] = ()) -> Orders:
        """What is ordered. `found` are resources that came for what the context only refers to."""
        return Orders()

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
        reference = local_reference(value)
        if reference is None or reference.partition("/")[0] not in _PRACTITIONERS:
            raise ValueError("must be Practitioner/<id> or PractitionerRole/<id>")
        return reference


class OrderSignContext(Context):
    """The context of `order-sign`: everything that is about to be signed."""

    user_id: str
    draft_orders: dict[str, Any]

    @property
    def drafts(self) -> Mapping[str, Any]:
        return self.draft_orders

    def orders(self, found: Iterable[dict[str, Any]] = ()) -> Orders:
        drafts = bundled(self.draft_orders)
        return Orders(orders_among(drafts), tuple(drafts))

    @field_validator("draft_orders")
    @classmethod
    def _a_bundle_with_orders(cls, value: dict[str, Any]) -> dict[str, Any]:
        if value.get("resourceType") != "Bundle":
            raise ValueError("must be a FHIR Bundle")
        if not orders_among(bundled(value)):
            raise ValueError("must have an entry with an order: " + ", ".join(sorted(ORDER_TYPES)))
        return value


class OrderSelectContext(OrderSignContext):
    """The context of `order-select`: drafts that may be unfinished, and which of them were just selected.

    Only those are asked about; the others are what they are ordered together with.
    """

    selections: tuple[str, ...] = Field(min_length=1)

    def orders(self, found: Iterable[dict[str, Any]] = ()) -> Orders:
        every = super().orders(found)
        selected = frozenset(self.selections)
        return Orders(tuple(order for order in every.asked if reference_to(order) in selected), every.beside)

    @field_validator("selections")
    @classmethod
    def _references(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _local_references(value)

    @model_validator(mode="after")
    def _selected_from_drafts(self) -> OrderSelectContext:
        drafts = {reference_to(resource) for resource in bundled(self.draft_orders)}
        if not drafts.issuperset(self.selections):
            raise ValueError("every selection must be one of the draftOrders")
        return self


class OrderDispatchContext(Context):
    """The context of `order-dispatch`: orders that go to a performer. It names them; they are elsewhere.

    Hook version 1.1 has `dispatchedOrders` and `fulfillmentTasks`, which its examples write with a hyphen too; version
    1.0 has one `order` and one `task`.
    """

    dispatched_orders: tuple[str, ...] = Field(min_length=1)
    performer: str
    fulfillment_tasks: tuple[dict[str, Any], ...] = ()

    @property
    def referred(self) -> tuple[str, ...]:
        return self.dispatched_orders

    def orders(self, found: Iterable[dict[str, Any]] = ()) -> Orders:
        by_reference: dict[str | None, dict[str, Any]] = {}
        for resource in found:
            by_reference.setdefault(reference_to(resource), resource)
        named = tuple(by_reference[each] for each in dict.fromkeys(self.dispatched_orders) if each in by_reference)
        return Orders(orders_among(named), named)

    @model_validator(mode="before")
    @classmethod
    def _under_one_name(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        renamed = dict(value)
        for name, hyphened, single in _DISPATCH_NAMES:
            one = None if value.get(single) is None else [value[single]]
            given = next((each for each in (value.get(name), value.get(hyphened), one) if each is not None), None)
            if given is None:
                renamed.pop(name, None)
            else:
                renamed[name] = given
        return renamed

    @field_validator("dispatched_orders")
    @classmethod
    def _references(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _local_references(value)

    @field_validator("performer")
    @classmethod
    def _a_reference(cls, value: str) -> str:
        return _local_references((value,))[0]


def reference_to(resource: Mapping[str, Any]) -> str | None:
    """`Type/id` of a resource; None for one that has no id."""
    kind, identity = lenient.text(resource.get("resourceType")), lenient.text(resource.get("id"))
    return f"{kind}/{identity}" if kind and identity else None


def _local_references(values: Iterable[str]) -> tuple[str, ...]:
    references = tuple(local_reference(value) for value in values)
    if None in references:
        raise ValueError("must be a reference: <Type>/<id>")
    return tuple(reference for reference in references if reference)
