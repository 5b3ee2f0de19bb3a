"""Reading from the EHR's FHIR server, with the token of the call (CDS Hooks 2.0, "FHIR Resource Access").

Nothing here raises: an answer holds what came, and says in a prescriber's words what went wrong. The token goes to no
other server than the one of the call, and is neither kept nor logged.
"""

from __future__ import annotations

import http.cookiejar
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.auth import AuthBase
from urllib3.util import Retry

from cds_service.cdshooks.wire import NotJson, read_json
from cds_service.security.outgoing import AddressRefused, adapter_for
from cds_service.settings import Settings

from .budget import Budget
from .bundles import is_readable, next_page, refusal_in, resources_in
from .deadline import Deadline

_CHUNK = 65_536
_REDIRECTS = 3
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class FetchProblem:
    """Why something could not be fetched: `kind` for counting, `reason` to follow "could not be fetched: "."""

    kind: str
    reason: str


NOT_ALLOWED = FetchProblem("not-allowed", "this service may not ask that record system")
TOO_LATE = FetchProblem("timeout", "the record system did not answer in time")
GARBAGE = FetchProblem("garbage", "the record system's answer could not be read")
UNREACHABLE = FetchProblem("unreachable", "the record system could not be reached")
ELSEWHERE = FetchProblem("elsewhere", "the record system pointed to another server, which was not followed")
TOO_LARGE = FetchProblem("too-large", "the record system's answer was too large to read")
ENDLESS = FetchProblem("endless", "the record system's answer has more pages than are read")
TOO_MUCH = FetchProblem("too-much", "the record is larger than is read for one call")
TOO_MANY = FetchProblem("too-many", "more is referred to than is asked for in one call")
REFUSED = FetchProblem("outcome", "the record system answered that it could not provide it")
TOKEN_REJECTED = FetchProblem("unauthorized", "the record system did not accept the access token")

_STATUS_PROBLEMS: Mapping[int, FetchProblem] = {
    401: TOKEN_REJECTED,
    403: FetchProblem("forbidden", "the record system does not allow access to it"),
    404: FetchProblem("not-found", "the record system does not have it"),
    410: FetchProblem("not-found", "it was deleted from the record system"),
    429: FetchProblem("busy", "the record system is busy"),
}
_FAILED = FetchProblem("failed", "the record system failed")
_REJECTED = FetchProblem("rejected", "the record system did not accept the request")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came: resources and Bundles as received. With a `problem` it is nothing, or not all there is."""

    values: tuple[Any, ...] = ()
    problem: FetchProblem | None = None


class _Bearer(AuthBase):
    # Set even without a token, since requests would otherwise look for credentials in the machine's own files.
    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class FhirClient:
    """A client for one call: one server, one token, one deadline. Safe to use from several threads.

    Outside development it connects to public addresses only, unless the settings list the server's host, or `hosts`
    does, which are those of the client that calls.
    """

    def __init__(
        self,
        server: str,
        token: str | None,
        deadline: Deadline,
        settings: Settings,
        hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._base = server.rstrip("/") + "/"
        self._deadline = deadline
        self._settings = settings
        self._budget = Budget(settings.max_fhir_call_bytes, settings.max_resources)
        self._session = requests.Session()
        self._session.auth = _Bearer(token)
        self._session.headers["Accept"] = "application/fhir+json"
        self._session.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=()))
        adapter = adapter_for(
            server,
            hosts.union(settings.allowed_fhir_hosts),
            dev=settings.dev,
            pool_maxsize=settings.fhir_connections,
            # Only a connection that was never made is tried again; a request that was sent is not sent twice.
            max_retries=Retry(total=1, connect=1, read=False, redirect=False, status=0, other=0),
        )
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def fetch(self, query: str) -> Fetched:
        """The answer to a read (`Patient/1`) or a search (`Condition?patient=1`) with all its pages."""
        return self._pages(self._base + query)

    def rest_of(self, bundle: Mapping[str, Any]) -> Fetched:
        """The pages that follow a Bundle which was received otherwise."""
        following = next_page(bundle)
        return self._pages(_joined(self._base, following)) if following else Fetched()

    def _pages(self, url: str) -> Fetched:
        values: list[Any] = []
        seen: set[str] = set()
        while True:
            if url in seen or len(seen) == self._settings.fhir_pages:
                return Fetched(tuple(values), ENDLESS)
            seen.add(url)
            value = self._get(url)
            if isinstance(value, FetchProblem):
                return Fetched(tuple(values), value)
            if not self._budget.takes(resources=sum(1 for _ in resources_in(value))):
                return Fetched(tuple(values), TOO_MUCH)
            values.append(value)
            if refusal_in(value):
                return Fetched(tuple(values), REFUSED)
            following = next_page(value)
            if following is None:
                return Fetched(tuple(values))
            url = _joined(url, following)

    def _get(self, url: str) -> Any:
        """The resource at a URL, or the FetchProblem that kept it."""
        for _ in range(_REDIRECTS):
            if not same_origin(url, self._base):
                return ELSEWHERE
            if self._deadline.passed:
                return TOO_LATE
            seconds = self._deadline.at_most(self._settings.fhir_timeout_seconds)
            try:
                # Half the time to connect, as that is tried twice.
                answer = self._session.get(url, timeout=(seconds / 2, seconds), allow_redirects=False, stream=True)
                with answer:
                    if answer.status_code not in _REDIRECT_STATUSES:
                        return self._content(answer)
                    url = _joined(url, answer.headers.get("Location", ""))
            except AddressRefused:
                return NOT_ALLOWED
            except (requests.Timeout, urllib3.exceptions.TimeoutError):
                return TOO_LATE
            except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError):
                return UNREACHABLE
        return _REJECTED

    def _content(self, answer: requests.Response) -> Any:
        if answer.status_code != requests.codes.ok:
            return _problem_of(answer.status_code)
        body = bytearray()
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._settings.max_fhir_bytes:
                return TOO_LARGE
            if not self._budget.takes(size=len(chunk)):
                return TOO_MUCH
            if self._deadline.passed:
                return TOO_LATE
        try:
            value = read_json(bytes(body))
        except NotJson:
            return GARBAGE
        return value if is_readable(value) else GARBAGE


def is_allowed(server: str, settings: Settings, hosts: frozenset[str] = frozenset()) -> bool:
    """True when this service may ask that server: a listed host, or any over https when none is listed.

    `hosts` are those of the client that calls; where it has some, no others will do. Besides that, every server is
    allowed in development.
    """
    parts = urlsplit(server)
    if hosts and parts.netloc.lower() not in hosts:
        return False
    if settings.dev:
        return True
    if settings.allowed_fhir_hosts:
        return parts.netloc.lower() in settings.allowed_fhir_hosts
    return parts.scheme == "https"


def same_origin(one: str, other: str) -> bool:
    """True when two URLs have the same scheme, host and port."""
    return _origin(one) == _origin(other)


def is_relative(reference: str) -> bool:
    """True for a reference that names no server."""
    return "://" not in reference and not reference.startswith("//")


def has_same_host(one: str, other: str) -> bool:
    """True when two URLs are on one host, whatever their scheme and port."""
    first, second = _origin(one), _origin(other)
    return first is not None and second is not None and first[1] == second[1]


def _joined(url: str, other: str) -> str:
    """The other URL, seen from this one; empty when it is none, which is of no origin."""
    try:
        return urljoin(url, other)
    except ValueError:
        return ""


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def _problem_of(status: int) -> FetchProblem:
    return _STATUS_PROBLEMS.get(status) or (_FAILED if status >= 500 else _REJECTED)
