"""Which tokens of clients were used already, for all workers together."""

from __future__ import annotations

import datetime
import hashlib
import threading
import time

import structlog
from sqlalchemy import delete

from .database import Database, StoreFailed
from .models import UsedToken

PURGE_SECONDS = 60.0
"""How often rows are deleted that no token can be refused by any more."""

PATIENCE_SECONDS = 0.5
"""How long a call waits for a database that is locked or slow; then it is as one that cannot be reached."""

_MOST_REMEMBERED = 100_000

_log = structlog.get_logger(__name__)


class UsedTokens:
    """The tokens that were used, by the hash of their issuer and id; the tokens themselves are never kept.

    While the database cannot be reached, this process remembers for itself: a card is worth more to the patient than
    the certainty that another worker has not seen the token.
    """

    def __init__(self, database: Database, most: int = _MOST_REMEMBERED) -> None:
        self._database = database
        self._most = most
        self._lock = threading.Lock()
        self._remembered: dict[str, datetime.datetime] = {}
        self._purged = time.monotonic()

    def first_use(self, issuer: str, token_id: str, refused_from: datetime.datetime) -> bool:
        """True for a token that was not used before, which is remembered until it is refused for its age (UTC)."""
        mark = hashlib.sha256(f"{issuer}\0{token_id}".encode("utf-8", "surrogatepass")).hexdigest()
        with self._lock:
            if mark in self._remembered:
                return False
        try:
            return self._store(mark, refused_from)
        except StoreFailed as error:
            _log.error("used tokens are known to this process only", reason=str(error))
            return self._remember(mark, refused_from)

    def _store(self, mark: str, refused_from: datetime.datetime) -> bool:
        insert = self._database.insert(UsedToken).values(mark=mark, refused_from=refused_from)
        with self._database.transaction(within=PATIENCE_SECONDS) as session:
            if self._is_time_to_purge():
                session.execute(delete(UsedToken).where(UsedToken.refused_from < datetime.datetime.now(datetime.UTC)))
            return session.scalar(insert.on_conflict_do_nothing().returning(UsedToken.mark)) is not None

    def _remember(self, mark: str, refused_from: datetime.datetime) -> bool:
        """As in the database. What is full forgets the tokens that came first."""
        now = datetime.datetime.now(datetime.UTC)
        with self._lock:
            if mark in self._remembered:
                return False
            if len(self._remembered) >= self._most:
                self._remembered = {each: moment for each, moment in self._remembered.items() if moment > now}
            while len(self._remembered) >= self._most:
                del self._remembered[next(iter(self._remembered))]
            self._remembered[mark] = refused_from
            return True

    def _is_time_to_purge(self) -> bool:
        with self._lock:
            due = time.monotonic() - self._purged >= PURGE_SECONDS
            if due:
                self._purged = time.monotonic()
            return due
