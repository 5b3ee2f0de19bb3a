"""The services of this project, as discovery lists them."""

from __future__ import annotations

from cds_service.fhir.wanted import Wanted

from .services import Service

ORDER_SIGN_ID = "order-sign"


def order_sign_service(wanted: Wanted) -> Service:
    """The service for `order-sign`, with prefetch for what its policies want of the record."""
    return Service(
        id=ORDER_SIGN_ID,
        hook="order-sign",
        title="Oncology drug policies",
        description=(
            "Checks orders for oncology drugs against the coverage policy when they are signed: dose, step therapy, "
            "diagnosis, prescriber and the documentation that is still missing."
        ),
        wanted=wanted,
        usage_requirements="Works without any prefetch when the call names a FHIR server and brings a token for it.",
    )
