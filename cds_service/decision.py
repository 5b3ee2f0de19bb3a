"""The seam between the protocol and the rules: what a decider is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.orders import Orders
from cds_service.fhir.deadline import Deadline
from cql_like_rules.determination import Determination
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
class CoverageNote:
    """What was said of the coverage of one order (`Type/id`): the coverage-information extension, as JSON (CRD)."""

    order: str
    extension: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What a decider is asked: about which orders, and all that is known.

    `notes` are what could not be had or read of the record, in a prescriber's words; besides them the record has its
    own. `kinds` are the kinds of card that are wanted, None for all: a hook that fires early wants few. What is
    critical is always told. `policy_page` is the address below which each policy has a page, "" for none. No
    further order is begun after `until`; the first always is.
    """

    request: HookRequest
    orders: Orders
    record: Record
    notes: Sequence[RecordNote] = ()
    kinds: frozenset[str] | None = None
    policy_page: str = ""
    until: Deadline | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is answered to one call, and what is remembered of it.

    `cards`, `system_actions` and `determinations` are JSON, ready to be written; `outcomes` are the determinations that
    they were made from, `coverage_notes` what the system actions say of coverage, without what others had said before.
    """

    cards: Sequence[Mapping[str, Any]] = ()
    system_actions: Sequence[Mapping[str, Any]] = ()
    determinations: Sequence[Mapping[str, Any]] = ()
    evaluations: Sequence[EvaluationRow] = ()
    outcomes: Sequence[Determination] = ()
    coverage_notes: Sequence[CoverageNote] = ()


class Decider(Protocol):
    """Decides on the orders for drugs of one call by what the record holds.

    A decider raises nothing that the record or the orders can cause: what cannot be evaluated is told on a card.
    """

    def decide(self, question: Question) -> Decision: ...
