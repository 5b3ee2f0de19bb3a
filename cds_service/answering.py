"""From a hook call to its answer: gather the record, decide. Knows nothing of HTTP."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.filled import filled
from cds_service.cdshooks.orders import EVALUATED_TYPE, ORDER_TYPES
from cds_service.cdshooks.services import Service
from cds_service.crd import Forms, crd_answer, no_forms, primary_coverage, read_crd
from cds_service.decision import CoverageNote, Decider, Decision, EvaluationRow, Question
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import Gathered, gather
from cds_service.observation.phases import phase
from cds_service.security.caller import NOBODY, Caller
from cds_service.settings import Settings
from cql_like_rules.terminology import Terminology

EXTENSION = "oncology-cds"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered, as JSON, and the figures for its log line; the other members are for the audit.

    `token_use` is `used`, `not-used` or `rejected`, `fetch_outcomes` counts fetches by how they ended.
    """

    body: Mapping[str, Any]
    counts: Mapping[str, int | float]
    evaluations: Sequence[EvaluationRow] = ()
    coverage_notes: Sequence[CoverageNote] = ()
    token_use: str = "not-used"
    fetch_outcomes: Mapping[str, int] = field(default_factory=dict)


class Answering:
    """Answers calls of any service with one decider. `forms` tells which questionnaire asks for what is missing."""

    def __init__(
        self,
        settings: Settings,
        decider: Decider,
        terminology: Terminology | None = None,
        forms: Forms = no_forms,
    ) -> None:
        self._settings = settings
        self._decider = decider
        self._terminology = terminology
        self._forms = forms

    def answer(self, service: Service, request: HookRequest, caller: Caller = NOBODY, policy_page: str = "") -> Answer:
        """The answer to one call, within the deadline of the settings.

        `caller` tells which FHIR servers may be asked; `policy_page` is the address below which each policy has a
        page. Raises CallRefused when the call cannot be answered as it is: an order without an id, data of
        another patient; for CRD, a version that is not supported, a coverage that cannot be had.
        """
        started = time.perf_counter()
        crd = read_crd(request, self._settings, strict=service.crd, policy_page=policy_page)
        request.context.orders().check_ids(ORDER_TYPES if service.crd else (EVALUATED_TYPE,))
        time_to_gather = max(0.0, self._settings.deadline_seconds - self._settings.answer_reserve_seconds)
        deadline = Deadline.after(time_to_gather)
        with phase("gather"):
            gathered = gather(
                request, service.wanted, deadline, self._settings, self._terminology, hosts=caller.fhir_hosts
            )
        gathered_at = time.perf_counter()
        asked = gathered.orders.asked
        coverage = primary_coverage(crd, gathered.record, asked, self._settings) if crd else None
        until = Deadline.after(self._settings.decide_seconds)
        question = _question(service, request, gathered, policy_page, until)
        with phase("decide"):
            decision = self._decider.decide(question)
            if crd:
                today = datetime.datetime.now(datetime.UTC).date()
                decision = crd_answer(crd, coverage, question, decision, self._forms, today)
        finished = time.perf_counter()
        return Answer(
            body=hook_response(decision),
            counts={
                "orders": len(gathered.orders.for_drugs),
                "cards": len(decision.cards),
                "determinations": len(decision.determinations),
                "notes": len(gathered.notes),
                "fetches": gathered.fetches,
                "gather_ms": round(1000 * (gathered_at - started), 2),
                "decide_ms": round(1000 * (finished - gathered_at), 2),
            },
            evaluations=decision.evaluations,
            coverage_notes=decision.coverage_notes,
            token_use=gathered.token_use,
            fetch_outcomes=gathered.fetch_outcomes,
        )


def _question(
    service: Service, request: HookRequest, gathered: Gathered, policy_page: str, until: Deadline
) -> Question:
    return Question(request, gathered.orders, gathered.record, gathered.notes, service.kinds, policy_page, until)


def hook_response(decision: Decision) -> dict[str, Any]:
    """The response of CDS Hooks: `cards` always, the other members only when they hold something."""
    response: dict[str, Any] = {"cards": filled(list(decision.cards))}
    if decision.system_actions:
        response["systemActions"] = filled(list(decision.system_actions))
    if decision.determinations:
        response["extension"] = {EXTENSION: {"determinations": filled(list(decision.determinations))}}
    return response
