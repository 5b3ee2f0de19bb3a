"""How often one client may ask: 429 with an outcome, and when to ask again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from limits.errors import StorageError
from limits.storage import MemoryStorage
from pydantic import ValidationError
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.settings import Settings

URL = "/cds-services/order-sign"
Client = Callable[..., FlaskClient]


@pytest.fixture
def limited(settings: Settings, decider: Any, services: Any) -> Client:
    def limited(rate: str = "3/hour", **changed: Any) -> FlaskClient:
        chosen = settings.model_copy(update={"rate_limit": rate, **changed})
        return create_app(chosen, decider, services=services).test_client()

    return limited


def statuses(client: FlaskClient, count: int, **options: Any) -> list[int]:
    return [client.get("/cds-services", **options).status_code for _ in range(count)]


def test_who_asks_too_often_is_told_when_to_ask_again(limited: Client, call: Any) -> None:
    client = limited()
    responses: list[TestResponse] = [client.post(URL, json=call) for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    refused = responses[-1]
    assert 1 <= int(refused.headers["Retry-After"]) <= 3600
    assert refused.mimetype == "application/fhir+json"
    (issue,) = refused.get_json(force=True)["issue"]
    assert issue["code"] == "throttled"


def test_a_browser_may_read_when_to_ask_again(limited: Client) -> None:
    client = limited("1/hour")
    response = [client.get("/cds-services", headers={"Origin": "https://sandbox.example"}) for _ in range(2)][-1]
    assert response.status_code == 429
    assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]


def test_each_address_is_counted_on_its_own(limited: Client) -> None:
    client = limited()
    assert statuses(client, 4)[-1] == 429
    assert statuses(client, 3, environ_base={"REMOTE_ADDR": "192.0.2.7"}) == [200, 200, 200]


def test_preflights_and_health_are_never_limited(limited: Client) -> None:
    client = limited("1/hour")
    statuses(client, 2)
    preflight = {"Origin": "https://x.example", "Access-Control-Request-Method": "POST"}
    for _ in range(5):
        assert client.options(URL, headers=preflight).status_code == 200
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code != 429
        assert client.get("/metrics").status_code != 429
    assert statuses(client, 1) == [429]


def test_no_rate_is_no_limit(limited: Client) -> None:
    assert set(statuses(limited(""), 50)) == {200}


def test_a_named_address_is_believed_from_as_many_proxies_as_there_are(limited: Client) -> None:
    def ask(client: FlaskClient, address: str) -> int:
        return client.get("/cds-services", headers={"X-Forwarded-For": address}).status_code

    alone = limited("1/hour")
    assert [ask(alone, "192.0.2.1"), ask(alone, "192.0.2.2")] == [200, 429]
    behind = limited("1/hour", trusted_proxies=1)
    # What the client itself claims stands before what the proxy adds.
    assert [ask(behind, "192.0.2.1"), ask(behind, "192.0.2.2"), ask(behind, "10.0.0.9, 192.0.2.1")] == [200, 200, 429]


def test_while_the_shared_store_is_away_each_process_counts_for_itself(
    limited: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = limited("2/hour")
    store = MemoryStorage

    def away(*_: Any, **__: Any) -> int:
        raise StorageError(ConnectionError("redis is away"))

    shared = []
    original = store.incr

    def first_only(self: Any, *arguments: Any, **options: Any) -> int:
        if not shared:
            shared.append(self)
        return away() if self is shared[0] else original(self, *arguments, **options)

    monkeypatch.setattr(store, "incr", first_only)
    with capture_logs() as lines:
        assert statuses(client, 3) == [200, 200, 429]
    assert "rates are counted by each process alone" in {line["event"] for line in lines}


@pytest.mark.parametrize("rate", ["often", "5", "-1/minute", "5/fortnight"])
def test_a_rate_that_is_none_keeps_the_service_from_starting(rate: str) -> None:
    with pytest.raises(ValidationError):
        Settings(rate_limit=rate)
