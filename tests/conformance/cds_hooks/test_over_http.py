"""Clients over real HTTP, with the headers of real HTTP libraries."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from waitress import create_server

from tests.conformance.cds_hooks.clients import Crd221Client, Reply, SloppyClient
from tests.conformance.cds_hooks.examples import request_of, signing_of

EXAMPLE = "kyprolis-krd-five-orders"


class OverHttp:
    """HTTP to a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get(self, path: str) -> Reply:
        return self._sent("GET", path, None, {})

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        return self._sent("POST", path, body, headers)

    def _sent(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers.get("Content-Type", ""), answer.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def port(app: Flask) -> Iterator[int]:
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server.effective_port
    server.close()
    thread.join(10)


@pytest.mark.rules("R-1", "D-1", "C-3")
@pytest.mark.parametrize("kind", [SloppyClient, Crd221Client])
def test_a_client_finds_nothing_wrong_over_http(port: int, kind: type[SloppyClient] | type[Crd221Client]) -> None:
    kind(OverHttp(port)).ask(signing_of(EXAMPLE))


@pytest.mark.rules("R-1")
@pytest.mark.parametrize(
    "headers", [{}, {"Content-type": "application/json"}, {"content-type": "application/json;charset=UTF-8"}]
)
def test_the_content_type_may_be_written_in_any_way_or_left_out(port: int, headers: Mapping[str, str]) -> None:
    body = json.dumps(request_of(EXAMPLE)).encode()
    reply = OverHttp(port).post("/cds-services/order-sign-crd", body, headers)
    assert reply.status == 200
    assert reply.content_type.startswith("application/json")
    assert reply.json["systemActions"]
