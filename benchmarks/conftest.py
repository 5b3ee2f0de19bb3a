"""What the benchmarks measure with: a request of exactly twenty resources, and the service that answers it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.cdshooks.envelope import HookRequest, OrderSignRequest
from cds_service.cdshooks.reading import read_model, read_object
from cds_service.commands.loading import Loaded, loaded
from cds_service.fhir.bundles import resources_in
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import gather
from cds_service.fhir.wanted import Wanted
from cds_service.logs import configure_logging
from cds_service.plans import load_plans
from cds_service.settings import Settings
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.determination import Verdict
from cql_like_rules.determine import determine
from cql_like_rules.orders import Order, read_order
from cql_like_rules.plans import Paying
from cql_like_rules.policy import Policy
from cql_like_rules.record import Record

EXAMPLE = Path(__file__).parents[1] / "fhir_examples" / "order-sign" / "leukine-aml-dose-overage.json"
RESOURCES = 20


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(dev=True, database_url=f"sqlite:///{tmp_path_factory.mktemp('store') / 'benchmark.sqlite3'}")


@pytest.fixture(scope="session")
def rules(settings: Settings) -> Loaded:
    return loaded(settings)


@pytest.fixture(scope="session")
def body() -> bytes:
    """The example, with further observations up to twenty resources, as the client sends it."""
    request = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    entries = request["prefetch"]["observations"]["entry"]
    pattern = entries[-1]["resource"]
    for number in range(RESOURCES - len(_resources(request))):
        entries.append({"resource": {**copy.deepcopy(pattern), "id": f"further-{number}"}})
    assert len(_resources(request)) == RESOURCES
    return json.dumps(request).encode()


def _resources(request: dict[str, Any]) -> list[Any]:
    return list(resources_in([request["context"]["draftOrders"], *request["prefetch"].values()]))


@pytest.fixture(scope="session")
def call(body: bytes) -> HookRequest:
    return read_model(OrderSignRequest, read_object(body))


@pytest.fixture(scope="session")
def record(call: HookRequest, settings: Settings, rules: Loaded) -> Record:
    return gather(call, Wanted(), Deadline.after(60), settings, rules.terminology).record


@pytest.fixture(scope="session")
def order(call: HookRequest, record: Record, rules: Loaded) -> Order:
    return read_order(
        call.context.orders().for_drugs[0], record, rules.terminology, drafts=call.context.orders().beside
    )


@pytest.fixture(scope="session")
def as_of() -> DateTime:
    return DateTime(2026, 4, 14, 9, 0, 0, 0, Decimal(0))


@pytest.fixture(scope="session")
def paying(settings: Settings, record: Record) -> Paying:
    return load_plans(settings.plans_file).paying(record)


@pytest.fixture(scope="session")
def policy(rules: Loaded, record: Record, order: Order, as_of: DateTime, paying: Paying) -> Policy:
    """The policy that is about the order."""
    determinations = (determine(policy, record, order, as_of, paying) for policy in rules.decider.policies)
    return next(each.policy for each in determinations if each.status is not Verdict.NOT_APPLICABLE)


@pytest.fixture(scope="session")
def app(settings: Settings, rules: Loaded) -> Iterator[Flask]:
    """The service as `serve` runs it, with its database and its log lines."""
    configure_logging(settings.log_level)
    app = create_app(settings, rules.decider, services=rules.services, terminology=rules.terminology)
    yield app
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()
