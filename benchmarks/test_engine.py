"""The language by itself: loading the policies, evaluating every define, and small expressions like HL7's tests."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from cds_service.commands.loading import Loaded
from cql_like_rules.cql.compiling.program import CompiledLibrary
from cql_like_rules.cql.errors import DefineFailure
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.library import SourceText, compile_text
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.orders import Order
from cql_like_rules.orders.parameter import order_parameter
from cql_like_rules.policy import POLICIES, load_policies
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology

EXPRESSIONS = {
    "arithmetic": "(1.5 + 2) * 3 - 7.25 / 2",
    "quantities with other units": "1.5 'g' + 250 'mg' <= 2000 'mg'",
    "dates of partial precision": "months between @2012-01 and @2014-05-06 > 20",
    "intervals": "Interval[1, 10] overlaps Interval[8, 20] and 5 in Interval(1, 10)",
    "a query with a sort": "(({ 5, 3, 9, 1 }) X where X > 2 return all X * 2 sort desc)",
    "strings": "Upper('sargramostim') = 'SARGRAMOSTIM' and StartsWith('Leukine', 'Leu')",
}


class _Nothing:
    """No library and no value set: an expression by itself."""

    def read(self, name: str, version: str | None) -> SourceText | None:
        return None

    def resolve(self, url: str) -> None:
        return None


def compiled(expression: str) -> CompiledLibrary:
    text = SourceText("benchmark", f"library Benchmark version '1'\ndefine Result:\n{expression}\n")
    return compile_text(text, _Nothing(), _Nothing(), strict=False)


def test_every_policy_is_loaded(benchmark: BenchmarkFixture, rules: Loaded) -> None:
    terminology: Terminology = rules.terminology
    policies = benchmark(lambda: load_policies(POLICIES, terminology))
    assert policies


def test_every_define_of_every_policy_is_evaluated(
    benchmark: BenchmarkFixture, record: Record, order: Order, rules: Loaded, as_of: DateTime
) -> None:
    parameters = {"Order": order_parameter(order), "Delivered": sorted(record.delivered)}

    def failures() -> list[DefineFailure]:
        found = []
        for policy in rules.decider.policies:
            evaluation = Evaluation(policy.library, record, parameters, as_of)
            outcomes = map(evaluation.outcome, policy.library.defines)
            found += [outcome.failure for outcome in outcomes if outcome.failure is not None]
        return found

    assert benchmark(failures) == []


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_evaluated(name: str, benchmark: BenchmarkFixture, record: Record, as_of: DateTime) -> None:
    library = compiled(EXPRESSIONS[name])
    value = benchmark(lambda: Evaluation(library, record, {}, as_of).value("Result"))
    assert value is not None


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_compiled(name: str, benchmark: BenchmarkFixture) -> None:
    assert "Result" in benchmark(lambda: compiled(EXPRESSIONS[name])).defines
