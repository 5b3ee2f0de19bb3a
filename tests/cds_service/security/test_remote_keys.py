"""Keys at an address: kept, asked for again, and never more often than need be."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter
from structlog.testing import capture_logs

from cds_service.security.remote_keys import (
    FRESH_SECONDS,
    RETRY_SECONDS,
    STALE_SECONDS,
    KeysUnavailable,
    RemoteKeys,
    fetch_keys,
)

from .conftest import Signer

ADDRESS = "https://ehr.example.org/jwks.json"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> RemoteKeys:
    return RemoteKeys(ADDRESS, clock)


@pytest.fixture
def site() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def publish(site: responses.RequestsMock, *jwks: Any, **options: Any) -> None:
    site.upsert(responses.GET, ADDRESS, **(options or {"json": {"keys": list(jwks)}}))


def test_keys_are_fetched_once_and_kept(keys: RemoteKeys, site: Any, signer: Signer) -> None:
    publish(site, signer.jwk("ec"), signer.jwk("rsa"))
    for kid in ("ec", "rsa", "ec"):
        found = keys.find(kid)
        assert found is not None
        assert found.kid == kid
    assert len(site.calls) == 1


def test_keys_for_other_purposes_are_passed_over(keys: RemoteKeys, site: Any, signer: Signer) -> None:
    publish(site, {"kty": "oct", "kid": "ec", "k": "AAAA"}, "text", 5, signer.jwk("rsa", use="enc"), signer.jwk("ec"))
    assert keys.find("ec") is not None
    assert keys.find("rsa") is None


def test_a_new_kid_is_asked_for_but_not_again_and_again(
    keys: RemoteKeys, clock: Clock, site: Any, signer: Signer
) -> None:
    publish(site, signer.jwk("ec"))
    assert keys.find("ec") is not None
    publish(site, signer.jwk("ec"), signer.jwk("rsa"))
    clock.now += RETRY_SECONDS - 1
    assert keys.find("rsa") is None
    assert len(site.calls) == 1
    clock.now += 1
    assert keys.find("rsa") is not None
    for _ in range(10):
        assert keys.find("unknown") is None
    assert len(site.calls) == 2


def test_a_key_that_was_withdrawn_is_refused_once_the_others_are_old(
    keys: RemoteKeys, clock: Clock, site: Any, signer: Signer
) -> None:
    publish(site, signer.jwk("ec"))
    assert keys.find("ec") is not None
    publish(site, signer.jwk("rsa"))
    clock.now += FRESH_SECONDS - 1
    assert keys.find("ec") is not None
    clock.now += 1
    assert keys.find("ec") is None
    assert keys.find("rsa") is not None


def test_while_new_keys_cannot_be_had_the_old_ones_serve_for_a_day(
    keys: RemoteKeys, clock: Clock, site: Any, signer: Signer
) -> None:
    publish(site, signer.jwk("ec"))
    assert keys.find("ec") is not None
    publish(site, status=503)
    clock.now += STALE_SECONDS - 1
    with capture_logs() as lines:
        assert keys.find("ec") is not None
        assert keys.find("ec") is not None
    assert [line["reason"] for line in lines] == ["status-503"]
    clock.now += 1
    assert keys.find("ec") is None
    assert keys.find("unknown") is None


def test_an_address_that_fails_is_asked_again_only_after_a_while(
    keys: RemoteKeys, clock: Clock, site: Any, signer: Signer
) -> None:
    publish(site, body=requests.ConnectionError())
    assert keys.find("ec") is None
    assert keys.find("ec") is None
    assert len(site.calls) == 1
    publish(site, signer.jwk("ec"))
    clock.now += RETRY_SECONDS
    assert keys.find("ec") is not None


def test_threads_that_want_the_same_key_ask_once(keys: RemoteKeys, site: Any, signer: Signer) -> None:
    gate = threading.Event()

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        gate.wait(5)
        return 200, {}, json.dumps({"keys": [signer.jwk("ec")]})

    site.add_callback(responses.GET, ADDRESS, answer)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(keys.find("ec"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert len(found) == 4
    assert None not in found
    assert len(site.calls) == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"status": 404}, "status-404"),
        ({"status": 302, "headers": {"Location": "https://evil.example.org/jwks.json"}}, "status-302"),
        ({"body": requests.Timeout()}, "timeout"),
        ({"body": requests.ConnectionError("https://secret.example.org")}, "unreachable"),
        ({"body": b"{"}, "no-key-set"),
        ({"body": b"[]"}, "no-key-set"),
        ({"body": b'{"keys": {}}'}, "no-key-set"),
        ({"body": b" " * 300_000}, "too-large"),
    ],
)
def test_what_goes_wrong_is_told_by_a_code(site: Any, options: dict[str, Any], reason: str) -> None:
    site.get(ADDRESS, **options)
    with pytest.raises(KeysUnavailable, match=f"^{reason}$"):
        fetch_keys(ADDRESS, HTTPAdapter())
    assert len(site.calls) == 1


def test_a_body_that_drips_is_given_up(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cds_service.security.remote_keys._FETCH_SECONDS", 0.0)
    site.get(ADDRESS, body=b"{")
    with pytest.raises(KeysUnavailable, match="timeout"):
        fetch_keys(ADDRESS, HTTPAdapter())


def test_no_credentials_of_the_machine_are_sent(
    site: Any, signer: Signer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine ehr.example.org login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    publish(site, signer.jwk("ec"))
    assert set(fetch_keys(ADDRESS, HTTPAdapter())) == {"ec"}
    assert "Authorization" not in site.calls[0].request.headers
