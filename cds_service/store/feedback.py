"""Feedback, kept once however often it is sent."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy.orm import Session

from cds_service.cdshooks.feedback import FeedbackItem

from .database import Database, StoreFailed, StoreRefused
from .models import Feedback
from .rows import Row
from .spool import SpoolFailed

_PATIENCE_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class FeedbackTable:
    """The feedback in the database, each once however often it is written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, rows: Sequence[Row]) -> None:
        """Writes the rows that are not there yet, all or none. Raises StoreFailed, also for a database that is slow."""
        with self._database.transaction(within=_PATIENCE_SECONDS) as session:
            self.add(session, rows)

    def add(self, session: Session, rows: Sequence[Row]) -> None:
        """Writes the rows that are not there yet, within a transaction. Raises what SQLAlchemy raises."""
        if rows:
            session.execute(self._database.insert(Feedback).on_conflict_do_nothing(), [dict(row) for row in rows])


class FeedbackDesk:
    """Where feedback is handed in: kept in the database, or, while that takes nothing, by `spool` until it does.

    `spool` raises SpoolFailed.
    """

    def __init__(self, table: FeedbackTable, spool: Callable[[Sequence[Row]], None]) -> None:
        self._table = table
        self._spool = spool

    def write(self, items: Sequence[FeedbackItem], service: str, client: str, received_at: datetime.datetime) -> None:
        """Keeps the items. When it returns they outlive the process and a loss of power. Raises StoreFailed."""
        rows = rows_of_feedback(items, service, client, received_at)
        try:
            self._table.write(rows)
        except StoreRefused:
            # It would be refused later too, when nobody is there any more to be told.
            raise
        except StoreFailed as error:
            self._keep(rows, error)

    def _keep(self, rows: Sequence[Row], failure: StoreFailed) -> None:
        try:
            self._spool(rows)
        except SpoolFailed as error:
            raise StoreFailed(f"{failure}, and spool: {error}") from error
        _log.warning("feedback waits in the spool", items=len(rows), reason=str(failure))


def rows_of_feedback(
    items: Sequence[FeedbackItem], service: str, client: str, received_at: datetime.datetime
) -> list[Row]:
    """The rows of feedback that one client gave to one service."""
    return [_row(item, service, client, received_at) for item in items]


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
