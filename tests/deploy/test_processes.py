"""The servers as processes: what they need to start, how they end, and what several workers have in common."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import threading
import urllib.error
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from .conftest import COMMANDS, EXAMPLE, SECONDS, VERSION, Running

pytestmark = pytest.mark.slow

Run = Callable[..., Running]


class SlowServer:
    """A FHIR server that answers nothing before it is let."""

    def __init__(self) -> None:
        self.asked, self.let = threading.Event(), threading.Event()
        slow = self

        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                slow.asked.set()
                slow.let.wait(SECONDS)
                with suppress(BrokenPipeError):
                    self.send_error(404)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def slow() -> Iterator[SlowServer]:
    slow = SlowServer()
    yield slow
    slow.let.set()
    slow.server.shutdown()
    slow.server.server_close()


@pytest.mark.parametrize("server", list(COMMANDS))
def test_it_does_not_start_where_nobody_is_told_who_may_call(run: Run, server: str) -> None:
    with pytest.raises(AssertionError, match="no clients are told"):
        run(server, allow_anonymous_clients="false")


@pytest.mark.parametrize("server", list(COMMANDS))
def test_it_does_not_start_without_policies(run: Run, server: str, tmp_path: Any) -> None:
    with pytest.raises(AssertionError, match="has no policies"):
        run(server, policies_folder=str(tmp_path / "not-mounted"))


@pytest.mark.parametrize("server", list(COMMANDS))
def test_a_call_names_no_server_inside(run: Run, server: str, slow: SlowServer) -> None:
    running = run(server)
    answer = json.loads(running.get("/cds-services/order-sign", _asking(slow)))
    assert "this service may not ask that record system" in json.dumps(answer)
    assert not slow.asked.is_set()


def test_sigterm_lets_calls_end(run: Run, slow: SlowServer) -> None:
    running = run("gunicorn", allowed_fhir_hosts=slow.host, deadline_seconds="30", fhir_timeout_seconds="30")
    with ThreadPoolExecutor(1) as executor:
        call = executor.submit(running.get, "/cds-services/order-sign", _asking(slow))
        assert slow.asked.wait(SECONDS)
        running.process.terminate()
        running.until(lambda: running.events("Handling signal: term"), "the signal is taken")
        assert not call.done()
        slow.let.set()
        assert json.loads(call.result(SECONDS))["cards"]
    assert running.process.wait(SECONDS) == 0
    assert not running.answers()


def read_only_but(folder: Path) -> list[str]:
    """Runs a command where every file system is read-only but this folder, and what is in memory anyway."""
    script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro / && TMPDIR="$0" exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]


def test_nothing_is_written_but_where_it_may_be(run: Run, tmp_path: Path) -> None:
    probe = [*read_only_but(tmp_path), "sh", "-c", 'touch "$TMPDIR/here" && ! touch /find-me 2>/dev/null']
    if subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be made read-only here")
    running = run("gunicorn", within=read_only_but)
    assert running.versions() == {VERSION}
    assert _calls(running) == 1
    assert json.loads(running.get("/readyz"))["status"] == "ready"
    assert running.stop() == 0
    assert running.events("unexpected error") == []


def test_figures_are_those_of_all_workers_and_survive_a_reload(run: Run) -> None:
    running = run("gunicorn")
    with ThreadPoolExecutor(8) as executor:
        list(executor.map(lambda _: running.versions(), range(24)))
    assert _calls(running) == 24
    running.reload()
    running.until(lambda: running.log().count('"Worker exiting') == 2, "the old workers leave")
    running.versions()
    assert _calls(running) == 25


def test_what_is_no_http_is_not_quoted_in_the_log(run: Run) -> None:
    running = run("gunicorn")
    for line in (b"find-me\r\n\r\n", b"GET / find-me\r\n\r\n", b"GET / HTTP/1.1\r\nfind-me\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", running.port), SECONDS) as connection:
            connection.sendall(line)
            assert b" 400 " in connection.recv(1000)
    assert len(running.events("a request was no HTTP")) == 3
    assert "find-me" not in running.log()


def test_every_line_of_the_log_is_json(run: Run) -> None:
    running = run("gunicorn")
    with pytest.raises(urllib.error.HTTPError):
        running.get("/cds-services/order-sign", b"{")
    running.reload()
    running.until(lambda: running.log().count('"Worker exiting') == 2, "the old workers leave")
    assert running.stop() == 0
    assert all(isinstance(json.loads(line), dict) for line in running.log().splitlines())


def _asking(slow: SlowServer) -> bytes:
    """A call whose record has to be fetched from that server."""
    call = json.loads(EXAMPLE)
    del call["prefetch"]
    return json.dumps(call | {"fhirServer": f"http://{slow.host}/fhir"}).encode()


def _calls(running: Running) -> int:
    counted = re.findall(
        r'^oncology_cds_requests_total\{.*endpoint="cdshooks\.call".*\} (\S+)$',
        running.get("/metrics").decode(),
        re.MULTILINE,
    )
    return sum(int(float(each)) for each in counted)
