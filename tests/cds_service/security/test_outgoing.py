"""Requests of the service lead to no address inside a network, however it is written and whoever resolves its name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
import requests.adapters
from structlog.testing import capture_logs

from cds_service.fhir.client import NOT_ALLOWED, FetchProblem, FhirClient
from cds_service.fhir.deadline import Deadline
from cds_service.security.outgoing import AddressRefused, adapter_for, is_public
from cds_service.security.remote_keys import RemoteKeys
from cds_service.settings import Settings

PUBLIC = "93.184.215.14"


class Inside:
    """A server of this machine that no call may reach, and what reached it."""

    def __init__(self) -> None:
        self.connections = 0
        self.asked: list[str] = []
        inside = self

        class Requests(BaseHTTPRequestHandler):
            def setup(self) -> None:
                inside.connections += 1
                super().setup()

            def do_GET(self) -> None:
                inside.asked.append(self.path)
                body = b'{"resourceType": "Patient", "id": "p1"}'
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        self.server.daemon_threads = True
        self.port: int = self.server.server_port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def inside() -> Iterator[Inside]:
    inside = Inside()
    yield inside
    inside.server.shutdown()
    inside.server.server_close()


@pytest.fixture
def resolved(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Tells what a name resolves to, each time that it is asked; the last answer stays."""

    def resolved(*answers: str) -> None:
        left = list(answers)

        def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
            address = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return resolved


def get(url: str, *listed: str, dev: bool = False) -> int:
    with requests.Session() as session:
        session.mount("http://", adapter_for(url, listed, dev=dev))
        return session.get(url, timeout=2).status_code


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "ff02::1",
    ],
)
def test_what_is_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "172.32.0.1", "::ffff:93.184.215.14", "2606:2800:21f:cb07::1"])
def test_what_is_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "0"])
def test_nothing_connects_to_this_machine_in_any_spelling(inside: Inside, host: str) -> None:
    with pytest.raises(AddressRefused, match="not public"):
        get(f"http://{host}:{inside.port}/")
    assert inside.connections == 0


def test_a_name_that_is_resolved_otherwise_when_it_is_connected_to_leads_nowhere(
    inside: Inside, resolved: Callable[..., None]
) -> None:
    resolved(PUBLIC, "127.0.0.1")
    with pytest.raises(AddressRefused):
        get(f"http://ehr.example.org:{inside.port}/")
    assert inside.asked == []


def test_of_several_addresses_of_a_name_each_must_be_public(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in (PUBLIC, "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefused):
        get("http://ehr.example.org/")


@pytest.mark.parametrize(
    "error", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("label too long")], ids=["unknown", "no name"]
)
def test_a_name_that_cannot_be_resolved_is_a_failed_request(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises((requests.RequestException, UnicodeError)):
        get("http://ehr.example.org/")


def test_a_listed_host_may_be_inside(inside: Inside) -> None:
    assert get(f"http://127.0.0.1:{inside.port}/a", f"127.0.0.1:{inside.port}") == 200
    assert get(f"http://LOCALHOST:{inside.port}/b", f"localhost:{inside.port}") == 200
    assert inside.asked == ["/a", "/b"]


def test_a_host_is_listed_with_its_port_and_without_a_user(inside: Inside) -> None:
    address = f"127.0.0.1:{inside.port}"
    for listed, url in (("127.0.0.1", f"http://{address}/"), (address, f"http://user@{address}/")):
        with pytest.raises(AddressRefused):
            get(url, listed)


def test_in_development_everything_may_be_asked(inside: Inside) -> None:
    assert get(f"http://127.0.0.1:{inside.port}/", dev=True) == 200


def test_a_public_address_is_connected_to_over_either_scheme() -> None:
    for scheme in ("http", "https"):
        adapter = adapter_for(f"{scheme}://ehr.example.org/", ())
        pool = adapter.poolmanager.connection_from_url(f"{scheme}://ehr.example.org/")
        assert pool.ConnectionCls.__module__ == "cds_service.security.outgoing"
        assert pool.scheme == scheme
    assert type(adapter_for("https://ehr.example.org/", ["ehr.example.org"])) is requests.adapters.HTTPAdapter


def problem(settings: Settings, server: str, *hosts: str, **changed: Any) -> FetchProblem | None:
    outside = settings.model_copy(update={"dev": False, **changed})
    with FhirClient(server, "t", Deadline.after(2), outside, frozenset(hosts)) as client:
        return client.fetch("Patient/p1").problem


def test_a_call_cannot_make_the_service_ask_its_own_network(inside: Inside, settings: Settings) -> None:
    for scheme in ("http", "https"):
        assert problem(settings, f"{scheme}://127.0.0.1:{inside.port}/fhir") == NOT_ALLOWED
    assert inside.connections == 0


def test_a_fhir_server_inside_is_asked_when_the_operator_lists_it(inside: Inside, settings: Settings) -> None:
    host = f"127.0.0.1:{inside.port}"
    assert problem(settings, f"http://{host}/fhir", host) is None
    assert problem(settings, f"http://{host}/fhir", allowed_fhir_hosts=(host,)) is None
    assert inside.asked == ["/fhir/Patient/p1"] * 2


def test_the_keys_of_a_client_are_not_fetched_from_inside(inside: Inside) -> None:
    host = f"127.0.0.1:{inside.port}"
    with capture_logs() as lines:
        assert RemoteKeys(f"http://{host}/jwks.json").find("ec") is None
    assert [line["reason"] for line in lines] == ["not-public"]
    assert inside.connections == 0
    with capture_logs() as lines:
        RemoteKeys(f"http://{host}/jwks.json", listed=[host]).find("ec")
        RemoteKeys(f"http://{host}/jwks.json", dev=True).find("ec")
    assert [line["reason"] for line in lines] == ["no-key-set"] * 2
