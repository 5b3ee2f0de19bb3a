"""What remembering adds to a call: into the spool, before the answer goes out. Goal: under 0.3 ms, median."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cds_service.decision import CardIdentity, EvaluationRow
from cds_service.store.database import Database
from cds_service.store.evaluations import EvaluationTable
from cds_service.store.records import CallRecord, Content, ShownAssertion, ShownCard
from cds_service.store.rows import rows_of
from cds_service.store.spooling import SpoolingSink

SEALED = Content.of(b"", b"gAAAAABm" * 2_500)
NOTHING = Content.of(b"")


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[SpoolingSink]:
    """Over a database that takes what comes."""
    database = Database(f"sqlite:///{tmp_path}/cds.sqlite3")
    database.migrate()
    sink = SpoolingSink(database, tmp_path / "spool", 10**9)
    yield sink
    sink.close()
    database.close()


def call(contents: Content = NOTHING) -> CallRecord:
    """A call with three orders, each against a policy, three cards, and what was said of coverage."""
    return CallRecord(
        hook_instance="2e82516d-bbef-53ca-a40a-3e2870f891d0",
        hook="order-sign",
        service="order-sign-crd",
        client="General Hospital",
        duration_ms=4.3,
        engine_version="0.1.0",
        created_at=datetime.datetime.now(datetime.UTC),
        request=contents,
        response=contents,
        evaluations=[
            EvaluationRow(f"MedicationRequest/{n}", "P", "1", "met", "initial", "I.A", (CardIdentity("c", "dose"),))
            for n in range(3)
        ],
        cards=[ShownCard("c", ("s1", "s2"))] * 3,
        assertions=[ShownAssertion("a", f"MedicationRequest/{n}", "covered", "auth-needed") for n in range(3)],
    )


def test_a_call_is_kept(benchmark: BenchmarkFixture, sink: SpoolingSink) -> None:
    benchmark.pedantic(sink.record, setup=lambda: ((call(),), {}), rounds=2000, warmup_rounds=50)
    assert sink.flush(60)
    assert sink.state().lost == 0


def test_a_call_is_kept_with_twice_20_kilobytes_sealed(benchmark: BenchmarkFixture, sink: SpoolingSink) -> None:
    benchmark.pedantic(sink.record, setup=lambda: ((call(SEALED),), {}), rounds=500, warmup_rounds=20)
    assert sink.flush(60)
    assert sink.state().lost == 0


def test_a_hundred_calls_are_written_to_the_database(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/cds.sqlite3")
    database.migrate()
    table = EvaluationTable(database)

    def calls() -> Any:
        return ([rows_of(call()) for _ in range(100)],), {}

    benchmark.pedantic(table.write, setup=calls, rounds=30, warmup_rounds=2)
    database.close()
