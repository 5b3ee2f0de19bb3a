"""Feedback, kept once however often it is sent."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cds_service.cdshooks.feedback import FeedbackItem

from .database import Database
from .models import Feedback


class FeedbackTable:
    """The feedback in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, items: Sequence[FeedbackItem], service: str, client: str, received_at: datetime.datetime) -> None:
        """Writes the items that are not there yet, all or none. When it returns they are stored. Raises StoreFailed."""
        rows = [_row(item, service, client, received_at) for item in items]
        with self._database.transaction() as session:
            session.execute(self._database.insert(Feedback).on_conflict_do_nothing(), rows)


def _row(item: FeedbackItem, service: str, client: str, received_at: datetime.datetime) -> dict[str, Any]:
    override = item.override_reason
    reason = override.reason if override else None
    said: dict[str, Any] = {
        "card": _storable(item.card),
        "outcome": item.outcome,
        "outcome_timestamp": item.outcome_timestamp,
        "accepted_suggestions": [suggestion.id for suggestion in item.accepted_suggestions],
        "reason_system": _storable(reason.system if reason else None),
        "reason_code": _storable(reason.code if reason else None),
        "reason_display": _storable(reason.display if reason else None),
        "user_comment": _storable(override.user_comment if override else None),
    }
    return {
        **said,
        "content_hash": content_hash(said),
        "service": service,
        "client": client,
        "received_at": received_at,
    }


def content_hash(said: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of all that a client says of a card: what is the same has the same."""
    text = json.dumps({**said, "outcome_timestamp": said["outcome_timestamp"].isoformat()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _storable(text: str | None) -> str | None:
    # PostgreSQL's text cannot hold the null character.
    return text.replace("\0", "") if text is not None else None
