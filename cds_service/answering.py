"""From a hook call to its answer: gather the record, decide, remember. Knows nothing of HTTP."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.filled import filled
from cds_service.cdshooks.services import Service
from cds_service.decision import Decider, Decision, Question
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import gather
from cds_service.settings import Settings
from cds_service.store.evaluations import CallRecord, EvaluationSink
from cql_like_rules.terminology import Terminology

EXTENSION = "oncology-cds"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered, as JSON, and the figures for its log line."""

    body: Mapping[str, Any]
    counts: Mapping[str, int | float]


class Answering:
    """Answers calls of any service with one decider."""

    def __init__(
        self, settings: Settings, decider: Decider, sink: EvaluationSink, terminology: Terminology | None = None
    ) -> None:
        self._settings = settings
        self._decider = decider
        self._sink = sink
        self._terminology = terminology
        self._engine_version = version("oncology-cds")

    def answer(self, service: Service, request: HookRequest, client: str = "") -> Answer:
        """The answer to one call, within the deadline of the settings.

        `client` names who is calling, "" when that is not known. Raises CallRefused when the call cannot be answered
        as it is: an order without an id, data of another patient.
        """
        started = time.perf_counter()
        request.context.orders().check_ids()
        time_to_gather = max(0.0, self._settings.deadline_seconds - self._settings.answer_reserve_seconds)
        gathered = gather(request, service.wanted, Deadline.after(time_to_gather), self._settings, self._terminology)
        gathered_at = time.perf_counter()
        question = Question(request, gathered.orders, gathered.record, gathered.notes, service.kinds)
        decision = self._decider.decide(question)
        finished = time.perf_counter()
        self._remember(service, request, client, decision, duration_ms=1000 * (finished - started))
        return Answer(
            hook_response(decision),
            {
                "orders": len(gathered.orders.for_drugs),
                "cards": len(decision.cards),
                "determinations": len(decision.determinations),
                "notes": len(gathered.notes),
                "fetches": gathered.fetches,
                "gather_ms": round(1000 * (gathered_at - started), 2),
                "decide_ms": round(1000 * (finished - gathered_at), 2),
            },
        )

    def _remember(
        self, service: Service, request: HookRequest, client: str, decision: Decision, duration_ms: float
    ) -> None:
        self._sink.record(
            CallRecord(
                hook_instance=request.hook_instance,
                hook=request.hook,
                service=service.id,
                client=client,
                duration_ms=round(duration_ms, 3),
                engine_version=self._engine_version,
                created_at=datetime.datetime.now(datetime.UTC),
                evaluations=decision.evaluations,
            )
        )


def hook_response(decision: Decision) -> dict[str, Any]:
    """The response of CDS Hooks: `cards` always, the other members only when they hold something."""
    response: dict[str, Any] = {"cards": filled(list(decision.cards))}
    if decision.system_actions:
        response["systemActions"] = filled(list(decision.system_actions))
    if decision.determinations:
        response["extension"] = {EXTENSION: {"determinations": filled(list(decision.determinations))}}
    return response
