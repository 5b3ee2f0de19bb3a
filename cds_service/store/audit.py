"""Looking back at calls. Whoever looks is written down first (Da Vinci CRD 2.2.1, found-37: the log is restricted)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, undefer

from .database import Database
from .models import Assertion, AuditRead, Evaluation, Exchange, Feedback

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call as it was kept: `told` is JSON without clinical content; the sealed contents where they were kept."""

    told: Json
    request_sealed: bytes | None = None
    response_sealed: bytes | None = None


class Audit:
    """The calls in the database, for one reader. Raises StoreFailed: also when it cannot be written down who looks."""

    def __init__(self, database: Database, reader: str) -> None:
        self._database = database
        self._reader = reader

    def of(self, hook_instance: str, *, contents: bool = False) -> list[KeptCall]:
        """The calls of a hook instance, oldest first, with their evaluations and the feedback on their cards.

        `contents` brings the sealed contents too.
        """
        # As it was received; clients differ in how they write the letters of a UUID.
        spellings = {hook_instance, hook_instance.lower(), hook_instance.upper()}
        asked = select(Exchange).where(Exchange.hook_instance.in_(spellings)).order_by(Exchange.created_at, Exchange.id)
        asked = asked.options(
            selectinload(Exchange.assertions), selectinload(Exchange.evaluations).selectinload(Evaluation.cards)
        )
        if contents:
            asked = asked.options(undefer(Exchange.request_sealed), undefer(Exchange.response_sealed))
        with self._database.transaction() as session:
            found = session.scalars(asked).all()
            self._write_down(session, f"show {hook_instance}", len(found), opened=contents)
            return [_kept(session, each, contents=contents) for each in found]

    def since(self, moment: datetime.datetime | None, most: int) -> list[Json]:
        """The newest calls (of all time when `moment` is None), newest first, in one line each."""
        asked = select(Exchange).order_by(Exchange.created_at.desc(), Exchange.id.desc()).limit(most)
        if moment is not None:
            asked = asked.where(Exchange.created_at >= moment)
        with self._database.transaction() as session:
            found = session.scalars(asked).all()
            since = moment.isoformat(timespec="seconds") if moment else "ever"
            self._write_down(session, f"list since {since}", len(found), opened=False)
            return [_line(each) for each in found]

    def _write_down(self, session: Session, question: str, found: int, *, opened: bool) -> None:
        read_at = datetime.datetime.now(datetime.UTC)
        row = AuditRead(reader=self._reader[:255], question=question[:255], found=found, opened=opened, read_at=read_at)
        session.add(row)
        session.flush()


def questionnaires_of(database: Database, assertion_id: str) -> tuple[str, ...]:
    """The canonical addresses that an assertion of ours named (`url|version`); () for an unknown one.

    Raises StoreFailed.
    """
    asked = select(Assertion.questionnaires).where(Assertion.assertion_id == assertion_id).order_by(Assertion.id.desc())
    with database.transaction() as session:
        return tuple(session.scalar(asked.limit(1)) or ())


def _kept(session: Session, exchange: Exchange, *, contents: bool) -> KeptCall:
    told = {
        **_line(exchange),
        "call": exchange.call_id,
        "tenant": exchange.tenant,
        "engine": exchange.engine_version,
        "request": {"sha256": exchange.request_hash, "bytes": exchange.request_bytes},
        "response": {"sha256": exchange.response_hash, "bytes": exchange.response_bytes},
        "shown": exchange.cards,
        "coverage": [_assertion(each) for each in exchange.assertions],
        "evaluations": [_evaluation(each) for each in exchange.evaluations],
        "feedback": _feedback(session, [card["uuid"] for card in exchange.cards]),
    }
    if not contents:
        return KeptCall(told)
    return KeptCall(told, exchange.request_sealed, exchange.response_sealed)


def _line(exchange: Exchange) -> Json:
    return {
        "at": exchange.created_at.isoformat(),
        "hookInstance": exchange.hook_instance,
        "hook": exchange.hook,
        "service": exchange.service,
        "client": exchange.client,
        "status": exchange.status,
        "cards": len(exchange.cards),
        "tokenUse": exchange.token_use,
        "durationMs": exchange.duration_ms,
    }


def _assertion(assertion: Assertion) -> Json:
    return {
        "assertion": assertion.assertion_id,
        "orderSha256": assertion.order_hash,
        "covered": assertion.covered,
        "paNeeded": assertion.pa_needed,
        "satisfiedPa": assertion.satisfied_pa_id,
        "docNeeded": assertion.doc_needed,
        "infoNeeded": assertion.info_needed,
        "questionnaires": assertion.questionnaires,
    }


def _evaluation(evaluation: Evaluation) -> Json:
    return {
        "orderSha256": evaluation.order_hash,
        "policy": evaluation.policy,
        "version": evaluation.policy_version,
        "phase": evaluation.phase,
        "section": evaluation.section,
        "status": evaluation.status,
        "cards": [{"uuid": card.uuid, "kind": card.kind} for card in evaluation.cards],
    }


def _feedback(session: Session, cards: Sequence[str]) -> list[Json]:
    asked = select(Feedback).where(Feedback.card.in_(cards)).order_by(Feedback.outcome_timestamp, Feedback.id)
    return [
        {
            "card": item.card,
            "outcome": item.outcome,
            "at": item.outcome_timestamp.isoformat(),
            "acceptedSuggestions": item.accepted_suggestions,
            "reason": {"system": item.reason_system, "code": item.reason_code, "display": item.reason_display},
            "userComment": item.user_comment,
        }
        for item in session.scalars(asked)
    ]
