from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cds_service.fhir.client import TOO_LARGE, TOO_LATE, UNREACHABLE, Fetched, FhirClient, is_allowed, same_origin
from cds_service.fhir.deadline import Deadline
from cds_service.settings import Settings

Handler = Callable[[BaseHTTPRequestHandler], None]


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], str]]:
    """Starts a real server on this machine that answers every GET as told; its address."""
    servers: list[ThreadingHTTPServer] = []

    def serve(handle: Handler) -> str:
        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                handle(self)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        server.daemon_threads = True
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/fhir"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def fetched(base: str, settings: Settings, seconds: float = 2.0, **changed: Any) -> Fetched:
    with FhirClient(base, "t", Deadline.after(seconds), settings.model_copy(update=changed)) as client:
        return client.fetch("Patient/p1")


def answer(request: BaseHTTPRequestHandler, body: bytes, **headers: str) -> None:
    request.send_response(200)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    request.wfile.write(body)


PATIENT = b'{"resourceType": "Patient", "id": "p1"}'


def test_a_resource_is_read_over_a_real_connection(serve: Any, settings: Settings) -> None:
    seen: list[tuple[str, str | None]] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        seen.append((request.path, request.headers["Authorization"]))
        answer(request, PATIENT)

    assert fetched(serve(handle), settings) == Fetched(({"resourceType": "Patient", "id": "p1"},))
    assert seen == [("/fhir/Patient/p1", "Bearer t")]


def test_a_compressed_answer_is_read(serve: Any, settings: Settings) -> None:
    base = serve(lambda request: answer(request, gzip.compress(PATIENT), Content_Encoding="gzip"))
    assert fetched(base, settings).problem is None


def test_a_small_answer_that_unpacks_to_a_huge_one_is_given_up(serve: Any, settings: Settings) -> None:
    base = serve(lambda request: answer(request, gzip.compress(b" " * 5_000_000), Content_Encoding="gzip"))
    assert fetched(base, settings, max_fhir_bytes=100_000).problem == TOO_LARGE


def test_an_answer_that_drips_is_given_up_at_the_deadline(serve: Any, settings: Settings) -> None:
    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(100):
            try:
                request.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.02)

    started = time.monotonic()
    assert fetched(serve(drip), settings, seconds=0.3).problem == TOO_LATE
    assert time.monotonic() - started < 0.8


def test_a_server_that_says_nothing_is_given_up_after_the_time_for_one_request(serve: Any, settings: Settings) -> None:
    base = serve(lambda request: time.sleep(0.6))
    started = time.monotonic()
    assert fetched(base, settings, seconds=5, fhir_timeout_seconds=0.2).problem == TOO_LATE
    assert time.monotonic() - started < 0.5


def test_a_connection_that_is_cut_is_a_problem_and_no_error(serve: Any, settings: Settings) -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(PATIENT)
        request.connection.shutdown(socket.SHUT_RDWR)

    problem = fetched(serve(cut), settings).problem
    assert problem is not None
    assert problem.kind in ("unreachable", "garbage")


def test_a_server_that_is_not_there_is_a_problem_and_no_error(settings: Settings) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert fetched(f"http://127.0.0.1:{port}/fhir", settings).problem == UNREACHABLE


def test_cookies_are_not_kept(serve: Any, settings: Settings) -> None:
    cookies: list[str | None] = []

    def handle(request: BaseHTTPRequestHandler) -> None:
        cookies.append(request.headers["Cookie"])
        answer(request, PATIENT, Set_Cookie="session=1")

    with FhirClient(serve(handle), None, Deadline.after(2), settings) as client:
        client.fetch("Patient/p1")
        client.fetch("Patient/p1")
    assert cookies == [None, None]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://a.example:443/y", True),
        ("https://A.example/x", "https://a.example/y", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:444/x", False),
        ("https://a.example/x", "https://a.example.evil/x", False),
        ("https://a.example/x", "https://a.example@evil.example/x", False),
        ("https://a.example/x", "", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


@pytest.mark.parametrize(
    ("server", "hosts", "dev", "allowed"),
    [
        ("https://a.example/fhir", (), False, True),
        ("http://a.example/fhir", (), False, False),
        ("http://a.example/fhir", (), True, True),
        ("https://A.example/fhir", ("a.example",), False, True),
        ("https://b.example/fhir", ("a.example",), False, False),
        ("https://a.example:8443/fhir", ("a.example",), False, False),
        ("https://a.example:8443/fhir", ("a.example:8443",), False, True),
        ("https://a.example.evil/fhir", ("a.example",), False, False),
    ],
)
def test_servers_are_allowed_by_their_host(server: str, hosts: tuple[str, ...], dev: bool, allowed: bool) -> None:
    settings = Settings(dev=dev, allowed_fhir_hosts=hosts)
    assert is_allowed(server, settings) is allowed


@pytest.mark.rules("S-15")
@pytest.mark.parametrize(
    ("server", "listed", "dev", "allowed"),
    [
        ("https://a.example/fhir", (), False, True),
        ("https://b.example/fhir", (), False, False),
        ("https://b.example/fhir", (), True, False),
        ("http://A.example/fhir", (), True, True),
        ("http://a.example/fhir", (), False, False),
        ("https://a.example/fhir", ("b.example",), False, False),
        ("https://b.example/fhir", ("b.example",), False, False),
        ("https://user@a.example/fhir", (), False, False),
    ],
)
def test_a_client_with_hosts_of_its_own_may_name_no_others(
    server: str, listed: tuple[str, ...], dev: bool, allowed: bool
) -> None:
    settings = Settings(dev=dev, allowed_fhir_hosts=listed)
    assert is_allowed(server, settings, frozenset({"a.example"})) is allowed
