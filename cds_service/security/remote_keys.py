"""The keys that a client publishes at an address (`jku`), kept for a while and asked for again when one is new."""

from __future__ import annotations

import http.cookiejar
import threading
import time
from collections.abc import Callable, Collection, Mapping
from functools import partial

import requests
import structlog
import urllib3
from requests.adapters import HTTPAdapter

from cds_service.cdshooks.wire import NotJson, read_json
from cds_service.fhir.deadline import Deadline

from .keys import KeyRefused, SigningKey, usable_keys
from .outgoing import AddressRefused, adapter_for

FRESH_SECONDS = 3600.0
"""How long keys are used before they are asked for again: a key that a client withdrew is refused after that."""

STALE_SECONDS = 24 * 3600.0
"""How long keys are used while newer ones cannot be had: a client's fault with its keys holds up no card."""

RETRY_SECONDS = 30.0
"""The shortest time between two requests to one address: a stranger cannot make this service ask more often."""

_FETCH_SECONDS = 3.0
_LARGEST = 256 * 1024
_CHUNK = 16 * 1024

_log = structlog.get_logger(__name__)


class KeysUnavailable(Exception):
    """The keys could not be fetched; the text is a code for the log."""


class RemoteKeys:
    """The keys at one address. Safe to use from several threads; `clock` counts seconds.

    The address must lead to a public one, unless its host is `listed`, or in development.
    """

    def __init__(
        self,
        address: str,
        clock: Callable[[], float] = time.monotonic,
        *,
        listed: Collection[str] = (),
        dev: bool = False,
    ) -> None:
        self._address = address
        self._adapter = partial(adapter_for, address, listed, dev=dev)
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: Mapping[str, SigningKey] = {}
        self._fetched: float | None = None
        self._tried: float | None = None

    def find(self, kid: str) -> SigningKey | None:
        """The key of this `kid`; None when the client does not publish it, or when its keys cannot be had."""
        key = self._keys.get(kid)
        if key is not None and self._is_younger(self._fetched, FRESH_SECONDS):
            return key
        with self._lock:
            # Another thread may have asked while this one waited.
            if not (kid in self._keys and self._is_younger(self._fetched, FRESH_SECONDS)):
                self._ask()
            return self._keys.get(kid) if self._is_younger(self._fetched, STALE_SECONDS) else None

    def _ask(self) -> None:
        if self._is_younger(self._tried, RETRY_SECONDS):
            return
        try:
            self._keys = fetch_keys(self._address, self._adapter())
            self._fetched = self._clock()
        except KeysUnavailable as error:
            _log.warning("the keys of a client could not be fetched", address=self._address, reason=str(error))
        finally:
            self._tried = self._clock()

    def _is_younger(self, moment: float | None, seconds: float) -> bool:
        return moment is not None and self._clock() - moment < seconds


def fetch_keys(address: str, adapter: HTTPAdapter) -> Mapping[str, SigningKey]:
    """The usable keys of the JWK Set at an address, by `kid`; redirects are not followed. Raises KeysUnavailable."""
    deadline = Deadline.after(_FETCH_SECONDS)
    with requests.Session() as session:
        # Set, since requests would otherwise look for credentials in the machine's own files.
        session.auth = _no_credentials
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
        session.headers["Accept"] = "application/json"
        try:
            with session.get(address, timeout=_FETCH_SECONDS, allow_redirects=False, stream=True) as answer:
                if answer.status_code != requests.codes.ok:
                    raise KeysUnavailable(f"status-{answer.status_code}")
                body = _body(answer, deadline)
        except AddressRefused:
            raise KeysUnavailable("not-public") from None
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            raise KeysUnavailable("timeout") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError):
            raise KeysUnavailable("unreachable") from None
    try:
        return usable_keys(read_json(body))
    except (NotJson, KeyRefused):
        raise KeysUnavailable("no-key-set") from None


def _body(answer: requests.Response, deadline: Deadline) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if len(body) > _LARGEST:
            raise KeysUnavailable("too-large")
        if deadline.passed:
            raise KeysUnavailable("timeout")
    return bytes(body)


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
