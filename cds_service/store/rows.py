"""What is written of a call and of feedback: rows for the tables, as they wait in the spool.

Orders are known by a hash from here on: what is not meant for the database is not in the spool either.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cds_service.decision import EvaluationRow

from .records import CallRecord, ShownAssertion, order_hash

Row = Mapping[str, Any]

_MOMENTS = frozenset({"created_at", "outcome_timestamp", "received_at"})
_BYTES = frozenset({"request_sealed", "response_sealed"})


class Unreadable(ValueError):
    """What waited in the spool is not what this version of the service writes there."""


@dataclass(frozen=True, slots=True)
class CallRows:
    """One call: its row in `exchanges`, and those that hang on it. Each evaluation has its `cards`.

    Evaluations have only what is their own; the rest is that of the exchange.
    """

    exchange: Row
    assertions: Sequence[Row] = ()
    evaluations: Sequence[Row] = ()


def rows_of(call: CallRecord) -> CallRows:
    """The rows of a call."""
    exchange = {
        "call_id": call.call_id,
        "hook_instance": call.hook_instance,
        "hook": call.hook,
        "service": call.service,
        "client": call.client,
        "tenant": call.tenant,
        "status": call.status,
        "token_use": call.token_use,
        "request_hash": call.request.hash,
        "request_bytes": call.request.length,
        "request_sealed": call.request.sealed,
        "response_hash": call.response.hash,
        "response_bytes": call.response.length,
        "response_sealed": call.response.sealed,
        "cards": [{"uuid": card.uuid, "suggestions": list(card.suggestions)} for card in call.cards],
        "duration_ms": call.duration_ms,
        "engine_version": call.engine_version,
        "created_at": call.created_at,
    }
    return CallRows(
        exchange, [_assertion(each) for each in call.assertions], [_evaluation(e) for e in call.evaluations]
    )


def packed_call(rows: CallRows) -> bytes:
    """A call as it waits in the spool."""
    return _packed({"exchange": rows.exchange, "assertions": rows.assertions, "evaluations": rows.evaluations})


def unpacked_call(content: bytes) -> CallRows:
    """The rows of a call that waited in the spool. Raises Unreadable."""
    try:
        value = json.loads(content)
        return CallRows(_row(value["exchange"]), value["assertions"], value["evaluations"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(type(error).__name__) from error


def packed_feedback(rows: Sequence[Row]) -> bytes:
    """Feedback as it waits in the spool."""
    return _packed(rows)


def unpacked_feedback(content: bytes) -> list[Row]:
    """The rows of feedback that waited in the spool. Raises Unreadable."""
    try:
        return [_row(each) for each in json.loads(content)]
    except (ValueError, AttributeError, TypeError) as error:
        raise Unreadable(type(error).__name__) from error


def _packed(value: Any) -> bytes:
    return json.dumps(value, default=_text, separators=(",", ":")).encode()


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        # What is sealed is plain letters (Fernet), which pass as they are; any other byte passes too.
        return value.decode("latin-1")
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in the spool")


def _row(said: Mapping[str, Any]) -> Row:
    return {name: _value(name, value) for name, value in said.items()}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return datetime.datetime.fromisoformat(value)
    return value.encode("latin-1") if name in _BYTES else value


def _assertion(shown: ShownAssertion) -> Row:
    return {
        "assertion_id": shown.assertion_id,
        "order_hash": order_hash(shown.order),
        "covered": shown.covered,
        "pa_needed": shown.pa_needed,
        "satisfied_pa_id": shown.satisfied_pa_id,
        "doc_needed": list(shown.doc_needed),
        "info_needed": list(shown.info_needed),
        "questionnaires": list(shown.questionnaires),
    }


def _evaluation(row: EvaluationRow) -> Row:
    return {
        "order_hash": order_hash(row.order),
        "policy": row.policy,
        "policy_version": row.policy_version,
        "phase": row.phase,
        "section": row.section,
        "status": row.status,
        "cards": [{"uuid": card.uuid, "kind": card.kind} for card in row.cards],
    }
