"""nginx as deploy/nginx.conf has it, before a service that answers: TLS, and what does not get through."""

from __future__ import annotations

import datetime
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .conftest import DEPLOY

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="nginx is not installed: make nginx")]

BODY_LIMIT = 10 * 1024 * 1024


class Proxied:
    """nginx with a free port, and the headers of the last request that came through it."""

    def __init__(self, port: int, certificate: Path, headers: list[Any], log: Path) -> None:
        self.port = port
        self.headers = headers
        self.log = log
        self._certificate = certificate

    def ask(
        self, method: str = "GET", path: str = "/healthz", *, version: ssl.TLSVersion | None = None, **options: Any
    ) -> http.client.HTTPResponse:
        """The answer, read; of TLS this version alone is spoken, if one is told."""
        context = ssl.create_default_context(cafile=str(self._certificate))
        if version is not None:
            context.minimum_version = context.maximum_version = version
            # Our side must not be the one that refuses.
            context.set_ciphers("ALL:@SECLEVEL=0")
        connection = http.client.HTTPSConnection("localhost", self.port, timeout=10, context=context)
        with closing(connection):
            connection.request(method, path, **options)
            answer = connection.getresponse()
            answer.read()
            return answer


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for `localhost` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    crt, secret = folder / "server.crt", folder / "server.key"
    crt.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return crt, secret


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    assert NGINX is not None
    folder = tmp_path_factory.mktemp("nginx")
    headers: list[Any] = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers[:] = [self.headers]
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    service.daemon_threads = True
    threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    crt, key = certificate(folder)
    port = free_port()
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    # Only where things are differs from what an operator runs.
    for there, here in {
        " /tmp/": f" {folder}/",
        "server service:8080;": f"server 127.0.0.1:{service.server_port};",
        "listen 8443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/run/secrets/server.crt": str(crt),
        "/run/secrets/server.key": str(key),
        "/dev/stdout": str(folder / "access.log"),
        "/dev/stderr": str(folder / "error.log"),
    }.items():
        assert there in text
        text = text.replace(there, here)
    file = folder / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(file)]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr
    # Where the tests run as root, its workers do too: they write into this folder.
    process = subprocess.Popen([*command, "-g", "daemon off;" + (" user root;" if os.geteuid() == 0 else "")])
    try:
        end = time.monotonic() + 10
        while not listens(port):
            assert time.monotonic() < end
            time.sleep(0.02)
        yield Proxied(port, crt, headers, folder / "access.log")
    finally:
        process.terminate()
        process.wait(10)
        service.shutdown()
        service.server_close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_speaks_tls(proxied: Proxied, version: ssl.TLSVersion) -> None:
    answer = proxied.ask(version=version)
    assert answer.status == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
    assert answer.headers["Server"] == "nginx"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_it_speaks_no_older_tls(proxied: Proxied, version: ssl.TLSVersion) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        proxied.ask(version=version)


def test_a_client_cannot_say_that_it_is_another(proxied: Proxied) -> None:
    proxied.ask(
        headers={
            "X-Forwarded-For": "192.0.2.1",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "evil.example.org",
            "X-Forwarded-Prefix": "/evil",
            "Forwarded": "for=192.0.2.1",
        }
    )
    (headers,) = proxied.headers
    assert headers.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert headers.get_all("X-Forwarded-Proto") == ["https"]
    assert headers.get_all("X-Forwarded-Host") == headers.get_all("Host") == [f"localhost:{proxied.port}"]
    assert "X-Forwarded-Prefix" not in headers
    assert "Forwarded" not in headers


def test_a_body_that_is_too_large_does_not_reach_the_service(proxied: Proxied) -> None:
    proxied.headers.clear()
    assert proxied.ask("POST", "/cds-services/order-sign", body=b" " * (BODY_LIMIT + 1)).status == 413
    assert proxied.headers == []
    assert proxied.ask("POST", "/cds-services/order-sign", body=b" " * BODY_LIMIT).status == 200


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/readyz", "/readyz?exclude=store", "/%6detrics"])
def test_what_is_for_operators_is_not_for_clients(proxied: Proxied, path: str) -> None:
    proxied.headers.clear()
    assert proxied.ask(path=path).status == 404
    assert proxied.headers == []


def test_the_log_says_nothing_that_a_client_wrote(proxied: Proxied) -> None:
    proxied.ask(path="/find-me?find-me=find-me", headers={"User-Agent": "find-me", "Referer": "find-me"})
    end = time.monotonic() + 5
    while "TLSv1" not in proxied.log.read_text(encoding="utf-8"):
        assert time.monotonic() < end
        time.sleep(0.02)
    text = proxied.log.read_text(encoding="utf-8")
    assert "find-me" not in text
    assert all(json.loads(line)["tls"].startswith("TLSv1") for line in text.splitlines())
