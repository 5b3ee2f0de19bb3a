"""Every call of a hook is remembered with its answer, also one that was refused (Da Vinci CRD 2.2.1, found-37).

What is kept of it holds no clinical content: hashes, uuids, codes, times. Where the operator wants the contents kept,
request and response are, encrypted before they leave the request, and without its tokens.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from cds_service.answering import Answer
from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.wire import NotJson, read_json
from cds_service.decision import CoverageNote
from cds_service.security.caller import Caller
from cds_service.security.sealing import Seal, without_tokens
from cds_service.settings import Settings
from cds_service.store.records import CallRecord, Content, ShownAssertion, ShownCard
from cds_service.store.spooling import EvaluationSink
from cql_like_rules import lenient

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAME = re.compile(r"[a-z][a-z0-9\-]{0,63}")


@dataclass(slots=True)
class OpenCall:
    """A call that is being answered: what is known of it so far. `request` and `answer` are None until it was read."""

    service: str
    caller: Caller
    started: datetime.datetime
    body: bytes = b""
    request: HookRequest | None = None
    answer: Answer | None = None


class Auditing:
    """Remembers calls. Nothing here waits for the store, or raises."""

    def __init__(self, settings: Settings, sink: EvaluationSink) -> None:
        self._sink = sink
        self._seal = Seal(settings.store_clinical_key) if settings.store_clinical else None
        self._engine_version = version("oncology-cds")

    def remember(self, call: OpenCall, status: int, response: bytes, duration_ms: float) -> None:
        """Remembers a call with what it was answered."""
        hook_instance, hook = _names(call)
        answer = call.answer
        self._sink.record(
            CallRecord(
                hook_instance=hook_instance,
                hook=hook,
                service=call.service,
                client=call.caller.name,
                tenant=call.caller.tenant,
                status=status,
                token_use=answer.token_use if answer else "not-used",
                request=Content.of(call.body, self._sealed(without_tokens(call.body)) if self._seal else None),
                response=Content.of(response, self._sealed(response)),
                cards=tuple(_cards(answer.body)) if answer else (),
                assertions=[_assertion(note) for note in answer.coverage_notes] if answer else (),
                evaluations=answer.evaluations if answer else (),
                duration_ms=round(duration_ms, 3),
                engine_version=self._engine_version,
                created_at=call.started,
            )
        )

    def _sealed(self, content: bytes | None) -> bytes | None:
        return self._seal.close(content) if self._seal and content is not None else None


def _names(call: OpenCall) -> tuple[str, str]:
    """Hook instance and hook, also of a call that could not be read as a whole; "" for what it does not tell."""
    if call.request is not None:
        return call.request.hook_instance, call.request.hook
    try:
        value = read_json(call.body)
    except NotJson:
        return "", ""
    members = value if isinstance(value, Mapping) else {}
    hook_instance, hook = lenient.text(members.get("hookInstance")), lenient.text(members.get("hook"))
    # Nothing else is taken from a call that was refused: it could be anything.
    return hook_instance if _UUID.fullmatch(hook_instance) else "", hook if _NAME.fullmatch(hook) else ""


def _cards(body: Mapping[str, Any]) -> Iterator[ShownCard]:
    for card in body["cards"]:
        suggestions: Sequence[Mapping[str, Any]] = card.get("suggestions", ())
        yield ShownCard(card.get("uuid", ""), tuple(each["uuid"] for each in suggestions if "uuid" in each))


def _assertion(note: CoverageNote) -> ShownAssertion:
    """The codes of a coverage-information extension (Da Vinci CRD 2.2.1, ext-coverage-information)."""

    def said(url: str, member: str) -> tuple[str, ...]:
        return tuple(lenient.text(part.get(member)) for part in lenient.extensions(note.extension, url))

    def code(url: str, member: str) -> str:
        return next(iter(said(url, member)), "")

    return ShownAssertion(
        assertion_id=code("coverage-assertion-id", "valueString"),
        order=note.order,
        covered=code("covered", "valueCode"),
        pa_needed=code("pa-needed", "valueCode"),
        satisfied_pa_id=code("satisfied-pa-id", "valueString"),
        doc_needed=said("doc-needed", "valueCode"),
        info_needed=said("info-needed", "valueCode"),
        questionnaires=said("questionnaire", "valueCanonical"),
    )
