"""One order-sign request of twenty resources, whole and by its steps. Goal: under 5 ms, median, one worker."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_benchmark.fixture import BenchmarkFixture

from cds_service.cards import CardLinks, cards_for
from cds_service.cdshooks.envelope import HookRequest, OrderSignRequest
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.cdshooks.reading import read_model, read_object
from cds_service.commands.loading import Loaded
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import gather
from cds_service.fhir.wanted import Wanted
from cds_service.settings import Settings
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.determination import Determination
from cql_like_rules.determine import determine
from cql_like_rules.orders import Order, read_order
from cql_like_rules.plans import Paying
from cql_like_rules.policy import Policy
from cql_like_rules.record import Record


@pytest.mark.benchmark(min_rounds=500, warmup=True)
def test_a_request_of_twenty_resources_is_answered(benchmark: BenchmarkFixture, app: Flask, body: bytes) -> None:
    client: FlaskClient = app.test_client()

    def answer() -> Any:
        return client.post(f"/cds-services/{ORDER_SIGN_ID}", data=body, content_type="application/json")

    response = benchmark(answer)
    assert [card["extension"]["oncology-cds"]["kind"] for card in response.get_json()["cards"]] == ["dose"]


def test_the_request_is_read(benchmark: BenchmarkFixture, body: bytes) -> None:
    request = benchmark(lambda: read_model(OrderSignRequest, read_object(body)))
    assert len(request.context.orders().for_drugs) == 1


def test_the_record_is_built(benchmark: BenchmarkFixture, call: HookRequest, settings: Settings, rules: Loaded) -> None:
    gathered = benchmark(lambda: gather(call, Wanted(), Deadline.after(60), settings, rules.terminology))
    assert gathered.record.patient is not None


def test_the_order_is_read(benchmark: BenchmarkFixture, call: HookRequest, record: Record, rules: Loaded) -> None:
    drafts = call.context.orders().beside
    order = benchmark(lambda: read_order(call.context.orders().for_drugs[0], record, rules.terminology, drafts=drafts))
    assert order.dosage.per_day.per_m2 is not None


def test_the_policy_decides(
    benchmark: BenchmarkFixture,
    call: HookRequest,
    settings: Settings,
    rules: Loaded,
    policy: Policy,
    as_of: DateTime,
    paying: Paying,
) -> None:
    def unread() -> tuple[tuple[Record, Order], dict[str, Any]]:
        # What a record has answered once it knows, so each round has a record of its own, as each call has.
        record = gather(call, Wanted(), Deadline.after(60), settings, rules.terminology).record
        order = read_order(
            call.context.orders().for_drugs[0], record, rules.terminology, drafts=call.context.orders().beside
        )
        return (record, order), {}

    def determination(record: Record, order: Order) -> Determination:
        return determine(policy, record, order, as_of, paying)

    assert benchmark.pedantic(determination, setup=unread, rounds=500, warmup_rounds=20).section == "I.A"


def test_the_cards_are_written(
    benchmark: BenchmarkFixture, record: Record, order: Order, policy: Policy, as_of: DateTime, paying: Paying
) -> None:
    determination = determine(policy, record, order, as_of, paying)
    links = CardLinks(hook_instance="2e82516d-bbef-53ca-a40a-3e2870f891d0")
    cards = benchmark(lambda: cards_for(determination, (), links, record))
    assert len(cards) == 1
