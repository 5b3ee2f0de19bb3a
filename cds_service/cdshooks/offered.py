"""The services of this project, as discovery lists them."""

from __future__ import annotations

from collections.abc import Iterable

from cds_service.fhir.prefetch import RESOURCE_TYPES, templates_for

from .services import Service

ORDER_SIGN_ID = "order-sign"


def order_sign_service(resource_types: Iterable[str] = RESOURCE_TYPES) -> Service:
    """The service for `order-sign`, with prefetch for the resource types that its decisions look at."""
    return Service(
        id=ORDER_SIGN_ID,
        hook="order-sign",
        title="Oncology drug policies",
        description=(
            "Checks orders for oncology drugs against the coverage policy when they are signed: dose, step therapy, "
            "diagnosis, prescriber and the documentation that is still missing."
        ),
        prefetch=templates_for(resource_types),
        usage_requirements="Works without any prefetch when the call names a FHIR server and brings a token for it.",
    )
