"""Clients that are known are counted by name; who brings bad tokens, by address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.settings import Settings

from .conftest import BASE, Signer

PATH = "/cds-services"
OTHER = "https://other.example.org"


@pytest.fixture
def client(
    settings: Settings, decider: Any, services: Any, clients_file: Callable[..., Path], signer: Signer
) -> FlaskClient:
    other = {"name": "Other EHR", "iss": OTHER, "jwks": {"keys": [signer.jwk("rsa")]}}
    fields = {"trusted_clients_file": clients_file(other), "public_url": BASE, "rate_limit": "3/hour"}
    return create_app(settings.model_copy(update=fields), decider, services=services).test_client()


def asked(client: FlaskClient, token: str, address: str = "192.0.2.1") -> int:
    environ = {"REMOTE_ADDR": address}
    return client.get(PATH, headers={"Authorization": f"Bearer {token}"}, environ_base=environ).status_code


def test_a_client_is_counted_by_its_name_wherever_it_calls_from(client: FlaskClient, signer: Signer) -> None:
    addresses = ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
    assert [asked(client, signer.token(PATH), address) for address in addresses] == [200, 200, 200, 429]


def test_one_client_does_not_use_up_what_another_may_ask(client: FlaskClient, signer: Signer) -> None:
    assert [asked(client, signer.token(PATH)) for _ in range(4)][-1] == 429
    assert asked(client, signer.token(PATH, kid="rsa", iss=OTHER)) == 200


def test_tokens_that_are_refused_are_counted_by_address_and_not_looked_at_for_ever(
    client: FlaskClient, signer: Signer
) -> None:
    assert [asked(client, "bad", "192.0.2.66") for _ in range(5)] == [401, 401, 401, 429, 429]
    assert asked(client, signer.token(PATH), "192.0.2.1") == 200
