"""The seam between the protocol and the rules: what a decider is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cds_service.cdshooks.envelope import HookRequest
from cql_like_rules.record import Record, RecordNote


@dataclass(frozen=True, slots=True)
class CardIdentity:
    """A card that was shown, by its uuid and kind."""

    uuid: str
    kind: str


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One order against one policy, as it is remembered: no clinical content.

    `order` is `MedicationRequest/<id>`; the store keeps only its hash.
    """

    order: str
    policy: str
    policy_version: str
    status: str
    phase: str = ""
    section: str = ""
    cards: tuple[CardIdentity, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What is answered to one call, and what is remembered of it.

    `cards`, `system_actions` and `determinations` are JSON, ready to be written.
    """

    cards: Sequence[Mapping[str, Any]] = ()
    system_actions: Sequence[Mapping[str, Any]] = ()
    determinations: Sequence[Mapping[str, Any]] = ()
    evaluations: Sequence[EvaluationRow] = ()


class Decider(Protocol):
    """Decides on the draft orders of one call (`request.orders`) by what the record holds.

    `notes` are what could not be had or read of the record, in a prescriber's words; besides them the record has its
    own. A decider raises nothing that the record or the orders can cause: what cannot be evaluated is told on a card.
    """

    def decide(self, request: HookRequest, record: Record, notes: Sequence[RecordNote]) -> Decision: ...
