"""The services of this project, as discovery lists them: for each hook a plain one, and one by Da Vinci CRD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cds_service.fhir.wanted import Wanted, wanted_by_crd, wanted_with

from .envelope import HookRequest, OrderDispatchRequest, OrderSelectRequest, OrderSignRequest
from .services import Service

ORDER_SIGN_ID = "order-sign"

EARLY_KINDS = frozenset({"dose", "step-therapy"})
"""What is told while an order is still being written: nothing that has to be looked up or documented."""

_USAGE = "Works without any prefetch when the call names a FHIR server and brings a token for it."
_CRD_USAGE = "Follows Da Vinci CRD: needs the coverage that pays, by prefetch or from the FHIR server of the call."


@dataclass(frozen=True, slots=True)
class _Hook:
    name: str
    title: str
    description: str
    model: type[HookRequest]
    kinds: frozenset[str] | None = None
    told: frozenset[str] = frozenset({"patientId", "userId"})


_HOOKS = (
    _Hook(
        "order-sign",
        "Oncology drug policies",
        "Checks orders for oncology drugs against the coverage policy when they are signed: dose, step therapy, "
        "diagnosis, prescriber and the documentation that is still missing.",
        OrderSignRequest,
    ),
    _Hook(
        "order-select",
        "Oncology drug policies, early",
        "Warns while an order for an oncology drug is being written when its dose is too high or another drug comes "
        "first. Asks for no documentation.",
        OrderSelectRequest,
        EARLY_KINDS,
    ),
    _Hook(
        "order-dispatch",
        "Oncology drug policies at dispatch",
        "Checks orders for oncology drugs against the coverage policy once more when they go to who performs them.",
        OrderDispatchRequest,
        told=frozenset({"patientId"}),
    ),
)


def offered_services(wanted: Wanted, crd_extension: Mapping[str, Any]) -> Iterator[Service]:
    """The services with stable ids, the plain ones first.

    A plain service is named by its hook and has prefetch for what the policies want, which any client of CDS Hooks 2.0
    can fill. A CRD service (`<hook>-crd`) asks with CRD's own templates; `crd_extension` is what
    discovery says of its versions and options.
    """
    for hook in _HOOKS:
        yield Service(
            id=hook.name,
            hook=hook.name,
            title=hook.title,
            description=hook.description,
            wanted=wanted_with(wanted, hook.told),
            request_model=hook.model,
            usage_requirements=_USAGE,
            kinds=hook.kinds,
        )
    for hook in _HOOKS:
        yield Service(
            id=f"{hook.name}-crd",
            hook=hook.name,
            title=f"{hook.title} (CRD)",
            description=f"{hook.description} Tells the coverage of each order as Da Vinci CRD does.",
            wanted=wanted_by_crd(wanted, hook.name),
            request_model=hook.model,
            usage_requirements=_CRD_USAGE,
            kinds=hook.kinds,
            crd=True,
            extension=crd_extension,
        )
