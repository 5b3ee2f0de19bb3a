"""What an evaluation keeps: each define is evaluated once, and once more at most to be traced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import DefineFailed, Evaluation
from cql_like_rules.cql.library import CompiledLibrary, SourceText, compile_text
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.record import Record

AS_OF = DateTime(2026, 4, 14, 9, 0, 0, 0, Decimal(0))


class Nothing:
    def read(self, name: str, version: str | None) -> SourceText | None:
        return None

    def resolve(self, url: str) -> None:
        return None


class Counting(Record):
    """A record that counts what it is asked."""

    asked = 0

    def retrieve(self, *about: Any) -> Any:
        self.asked += 1
        return super().retrieve(*about)


def library(defines: str) -> CompiledLibrary:
    head = "library T version '1'\nusing FHIR version '4.0.1'\ncontext Patient\n"
    return compile_text(SourceText("t", head + defines), Nothing(), Nothing(), strict=False)


@pytest.fixture
def record() -> Counting:
    return Counting([{"resourceType": "Condition", "id": "c"}])


def test_a_value_that_was_traced_is_not_evaluated_again(record: Counting) -> None:
    evaluation = Evaluation(library('define "A": exists [Condition]\ndefine "B": not "A"\n'), record, {}, AS_OF)
    assert evaluation.trace("B").value is False
    assert [evaluation.value("B"), evaluation.value("A")] == [False, True]
    assert record.asked == 1


def test_a_failure_that_was_traced_is_told_without_evaluating_again(record: Counting) -> None:
    failing = 'define "A": singleton from { Count([Condition]), 2 }\n'
    evaluation = Evaluation(library(failing), record, {}, AS_OF)
    assert evaluation.trace("A").failure is not None
    with pytest.raises(DefineFailed):
        evaluation.value("A")
    assert record.asked == 1


def test_a_list_that_is_written_down_is_made_once(record: Counting) -> None:
    written = library("define A: { 1, 2 }\n")
    first, second = (Evaluation(written, record, {}, AS_OF).value("A") for _ in range(2))
    assert first == [1, 2]
    assert first is second
