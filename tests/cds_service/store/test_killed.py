"""`kill -9` at any moment loses nothing that was recorded or acknowledged, and nothing is stored twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cds_service.store.database import Database
from cds_service.store.models import Card, Evaluation, Exchange, Feedback
from cds_service.store.spooling import SpoolingSink

pytestmark = pytest.mark.slow

WORKER = """
import datetime, itertools, os, sys
from pathlib import Path
from cds_service.cdshooks.feedback import FeedbackItem
from cds_service.decision import CardIdentity, EvaluationRow
from cds_service.store.database import Database
from cds_service.store.feedback import FeedbackDesk, FeedbackTable
from cds_service.store.records import CallRecord
from cds_service.store.spooling import SpoolingSink

url, folder, name = sys.argv[1:]
database = Database(url)
sink = SpoolingSink(database, Path(folder), 10**8)
desk = FeedbackDesk(FeedbackTable(database), sink.keep)
now = datetime.datetime.now(datetime.UTC)
for number in itertools.count():
    evaluation = EvaluationRow(f"MedicationRequest/{number}", "P", "1", "met", cards=(CardIdentity("c", "dose"),))
    call = CallRecord("h", "order-sign", "s", "", 1.0, "0.1.0", now, evaluations=(evaluation,))
    sink.record(call)
    # Written at once and by itself: what is on this line was kept when the process was killed.
    os.write(1, f"call {call.call_id}\\n".encode())
    if number % 20 == 0:
        item = {"card": f"{name}-{number}", "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
        desk.write([FeedbackItem.model_validate(item)], "s", "", now)
        os.write(1, f"feedback {name}-{number}\\n".encode())
"""


def running(url: str, folder: Path, name: str, said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as out:
        return subprocess.Popen([sys.executable, "-c", WORKER, url, str(folder), name], stdout=out)


def lines(said: Path, kind: str) -> set[str]:
    # The last line may have been cut off.
    whole = said.read_text().rpartition("\n")[0].splitlines()
    return {line.split()[1] for line in whole if line.startswith(kind)}


def begun(said: Path) -> bool:
    return said.exists() and said.stat().st_size > 0


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("seed", range(2))
def test_workers_that_are_killed_lose_nothing_and_leave_nothing_twice(
    url: str, database: Database, tmp_path: Path, seed: int
) -> None:
    moments = random.Random(seed)
    folder = tmp_path / "spool"
    said = [tmp_path / f"said-{number}" for number in range(4)]
    database.migrate()
    # Two at a time on one folder; the next pair takes over what the one before left, and is killed at it.
    for pair in (0, 2):
        workers = [running(url, folder, f"w{number}", said[number]) for number in (pair, pair + 1)]
        wait_for(lambda pair=pair: begun(said[pair]) and begun(said[pair + 1]))  # type: ignore[misc]
        for worker in workers:
            time.sleep(moments.uniform(0, 0.4))
            kill(worker)
    take_over(database, folder)
    hold(database, said)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_what_was_acknowledged_while_the_database_was_away_outlives_the_process(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    folder, said = tmp_path / "spool", tmp_path / "said"
    worker = running(f"sqlite:///{tmp_path}/file/cds.sqlite3", folder, "w", said)
    wait_for(lambda: said.exists() and len(lines(said, "feedback")) > 3)
    kill(worker)
    take_over(database, folder)
    hold(database, [said])


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(10) == -signal.SIGKILL


def take_over(database: Database, folder: Path) -> None:
    """What the next process does."""
    last = SpoolingSink(database, folder, 10**8)
    last.start()
    wait_for(lambda: list(folder.glob("*.spool1")) == [last._own_file().path] and last.flush(1))
    last.close()
    assert list(folder.iterdir()) == []


def hold(database: Database, said: list[Path]) -> None:
    """All that the workers told of is stored, each once and whole."""
    recorded = set().union(*(lines(each, "call") for each in said))
    acknowledged = set().union(*(lines(each, "feedback") for each in said))
    assert recorded
    assert acknowledged
    with database.transaction() as session:
        stored = session.scalars(select(Exchange.call_id)).all()
        assert recorded <= set(stored)
        # Of each worker, one call may have been recorded that it could not tell of any more.
        assert len(stored) <= len(recorded) + len(said)
        assert len(set(stored)) == len(stored)
        assert session.scalar(select(func.count()).select_from(Evaluation)) == len(stored)
        assert session.scalar(select(func.count()).select_from(Card)) == len(stored)
        cards = session.scalars(select(Feedback.card)).all()
        assert acknowledged <= set(cards)
        assert len(set(cards)) == len(cards)
