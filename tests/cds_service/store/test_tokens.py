"""Used tokens: known to all workers by the database, and a call is not kept when that is locked or away."""

from __future__ import annotations

import datetime
import time

from structlog.testing import capture_logs

from cds_service.store.database import Database
from cds_service.store.tokens import PATIENCE_SECONDS, UsedTokens
from tests.cds_service.store.conftest import Locked

LATER = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)


def test_a_token_that_another_worker_saw_was_used(database: Database, url: str) -> None:
    other = Database(url)
    assert UsedTokens(database).first_use("i", "1", LATER)
    assert not UsedTokens(other).first_use("i", "1", LATER)
    assert UsedTokens(other).first_use("i", "2", LATER)
    other.close()


def test_a_locked_database_keeps_a_call_for_half_a_second_and_the_next_not_at_all(
    database: Database, locked: Locked
) -> None:
    database.migrate()
    used = UsedTokens(database)
    with locked(database, "used_tokens"), capture_logs() as lines:
        began = time.monotonic()
        assert used.first_use("i", "1", LATER)
        first = time.monotonic() - began
        assert used.first_use("i", "2", LATER)
        second = time.monotonic() - began - first
        # What this process saw is known to it all the same.
        assert not used.first_use("i", "1", LATER)
    assert first < PATIENCE_SECONDS + 2
    assert second < PATIENCE_SECONDS / 2
    assert {line["event"] for line in lines} == {"used tokens are known to this process only"}
