"""The services that are offered, and the discovery document that tells of them (CDS Hooks 2.0, "Discovery")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds_service.fhir.wanted import Wanted

from .envelope import HookRequest, OrderSignRequest
from .filled import filled
from .outcome import CallRefused, Issue, refused
from .reading import read_model


@dataclass(frozen=True, slots=True)
class Service:
    """One service: what discovery says of it, what it wants of the record, and the model of its calls.

    Several services may share an `id` when their hooks differ; their cards then replace each other. `kinds` are the
    kinds of card that it shows (None: all). With `crd` it answers by Da Vinci CRD, and refuses what CRD refuses.
    """

    id: str
    hook: str
    title: str
    description: str
    wanted: Wanted
    request_model: type[HookRequest] = OrderSignRequest
    usage_requirements: str = ""
    kinds: frozenset[str] | None = None
    crd: bool = False
    extension: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> dict[str, Any]:
        """The entry in the discovery document, without null or empty members."""
        shown: dict[str, Any] = filled(
            {
                "hook": self.hook,
                "id": self.id,
                "title": self.title,
                "description": self.description,
                "usageRequirements": self.usage_requirements,
                "prefetch": {key: template.query for key, template in self.wanted.templates.items()},
                "extension": dict(self.extension),
            }
        )
        return shown


class Services:
    """The services by id and hook. Raises ValueError when two have both in common."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.all = tuple(services)
        keys = [(service.id, service.hook) for service in self.all]
        if len(set(keys)) != len(keys):
            raise ValueError("two services have the same id and hook")

    @property
    def discovery(self) -> dict[str, Any]:
        """The discovery document; `services` is there even when it is empty."""
        return {"services": [service.entry for service in self.all]}

    def with_id(self, service_id: str) -> tuple[Service, ...]:
        """The services of an id, one a hook. Raises CallRefused with 404 when there is none."""
        found = tuple(service for service in self.all if service.id == service_id)
        if not found:
            raise refused(404, "not-found", "There is no service with this id; /cds-services lists those there are.")
        return found

    def read_call(self, service_id: str, value: Mapping[str, Any]) -> tuple[Service, HookRequest]:
        """The service that a call is for, and the call.

        Raises CallRefused: 404 for an unknown id, 400 with every problem of the envelope.
        """
        return _read(self.with_id(service_id), value)

    def read_for_hook(self, value: Mapping[str, Any]) -> tuple[Service, HookRequest]:
        """The first service for the hook of a call, and the call. Raises CallRefused as `read_call` does."""
        first_of_each = {service.hook: service for service in reversed(self.all)}
        return _read(tuple(reversed(first_of_each.values())), value)


def _read(candidates: Sequence[Service], value: Mapping[str, Any]) -> tuple[Service, HookRequest]:
    """The candidate of the hook that the call names, and the call as its model."""
    service = next((each for each in candidates if each.hook == value.get("hook")), None)
    issues: list[Issue] = []
    if service is None and isinstance(value.get("hook"), str):
        hooks = ", ".join(each.hook for each in candidates)
        issues.append(Issue("value", f"hook is not one of this service, which answers {hooks}.", "hook"))
    try:
        request = read_model((service or candidates[0]).request_model, value)
    except CallRefused as refusal:
        raise CallRefused(refusal.status, (*issues, *refusal.issues)) from None
    if service is None:
        raise CallRefused(400, issues)
    return service, request
