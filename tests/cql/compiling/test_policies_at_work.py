"""The policies themselves as a test of the language: every define of every policy over some of its cases."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from cql_like_rules.cases import AS_OF, Case, cases_of
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.orders import OrderSettings, read_order
from cql_like_rules.orders.parameter import order_parameter
from cql_like_rules.policy import POLICIES, Policy, load_policy
from cql_like_rules.record import Record
from cql_like_rules.terminology import load_terminology

FOLDERS = sorted(path.parent for path in POLICIES.glob("*/policy.cql"))
TERMINOLOGY = load_terminology()


def evaluation_of(case: Case, policy: Policy) -> Evaluation:
    record = Record([case.order, *case.resources], case.delivered, terminology=TERMINOLOGY)
    order = read_order(case.order, record, TERMINOLOGY, OrderSettings())
    parameters = {"Order": order_parameter(order), "Delivered": sorted(record.delivered)}
    return Evaluation(policy.library, record, parameters, AS_OF)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_tracing_gives_every_define_of_a_policy_the_value_that_it_has(folder: Path) -> None:
    policy = load_policy(folder, TERMINOLOGY)
    for case in islice(cases_of(folder), 0, None, 20):
        evaluation = evaluation_of(case, policy)
        for name in policy.library.defines:
            outcome, trace = evaluation.outcome(name), evaluation.trace(name)
            assert outcome.failure is None, f"{case.name}: {outcome.failure}"
            assert trace.value == outcome.value, f"{case.name}: {name}"
