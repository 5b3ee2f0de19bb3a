"""From the prefetch and the EHR's FHIR server to the record of one call.

A key that the client sent was asked and answered, even with nothing. A key that it left out is fetched where there is a
server. What could be had neither way is unknown, which rules tell from absent (`Record.delivered`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.orders import Orders
from cds_service.cdshooks.outcome import refused
from cds_service.settings import Settings
from cql_like_rules.record import Record, RecordNote
from cql_like_rules.terminology import Terminology

from .collected import Collected
from .deadline import Deadline
from .fetching import fetch_missing
from .prefetch import BY_KEY
from .wanted import Wanted


@dataclass(frozen=True, slots=True)
class Gathered:
    """The orders, the record, what could not be had of it, and how many requests that took.

    `token_use` is what became of the call's access token, in the words of Da Vinci CRD 2.2.1 (metrics): `used`,
    `not-used`, or `rejected` when the server did not accept it. `fetch_outcomes` counts fetches by how they ended.
    """

    orders: Orders
    record: Record
    notes: tuple[RecordNote, ...]
    fetches: int = 0
    token_use: str = "not-used"
    fetch_outcomes: Mapping[str, int] = field(default_factory=dict)


def gather(
    request: HookRequest,
    wanted: Wanted,
    deadline: Deadline,
    settings: Settings,
    terminology: Terminology | None = None,
    hosts: frozenset[str] = frozenset(),
) -> Gathered:
    """The record of a call: what the draft orders and the prefetch bring, and what is fetched beside them.

    `terminology` lets drugs be known by their text, `hosts` are the only ones that may be asked, when there are any.
    Raises CallRefused: 400 when anything is about another patient than the one of the call, 412 when the call names its
    orders and none of them could be had (CDS Hooks 2.0, "Prefetch Template"; CRD 2.2, found-32).
    """
    collected = Collected(request, BY_KEY)
    collected.take_prefetch()
    collected.refuse_other_patients()
    fetches = 0
    if request.fhir_server is None:
        collected.give_up_pages()
    else:
        fetches = fetch_missing(collected, request.fhir_server, wanted, deadline, settings, hosts)
        collected.refuse_other_patients()
    orders = collected.orders()
    if request.context.referred and not orders.asked:
        raise refused(
            412, "not-found", "None of the orders could be had, neither from prefetch nor from the FHIR server."
        )
    notes = tuple(dict.fromkeys(collected.notes))
    return Gathered(
        orders, collected.record(terminology), notes, fetches, _token_use(collected, fetches), dict(collected.outcomes)
    )


def _token_use(collected: Collected, fetches: int) -> str:
    if collected.request.fhir_authorization is None or fetches == 0:
        return "not-used"
    return "rejected" if collected.token_rejected else "used"
