"""How often one client may ask."""

from __future__ import annotations

import math
import time

import limits
import structlog
from flask import Request
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from cds_service.cdshooks.outcome import CallRefused, Issue
from cds_service.security.caller import NOBODY, Caller
from cds_service.settings import Settings

UNLIMITED = frozenset({"healthz", "observation.readyz", "observation.figures"})
"""The endpoints that watch over the service: to refuse them would take it for dead when it is busy."""

_UNTRUSTED = "untrusted"
_log = structlog.get_logger(__name__)


class RateLimits:
    """Counts requests by client, where it is known by name, else by address.

    Counts are those of this process, or of all that share `rate_limit_storage`. While that cannot be reached, each
    process counts for itself: a card is not withheld for it. Who brings tokens that are not accepted is counted by
    address, before the next one is looked at.
    """

    def __init__(self, settings: Settings) -> None:
        self._limit = limits.parse(settings.rate_limit) if settings.rate_limit else None
        options: dict[str, str | float | bool] = {"wrap_exceptions": True}
        self._shared = FixedWindowRateLimiter(storage_from_string(settings.rate_limit_storage, **options))
        self._own = FixedWindowRateLimiter(storage_from_string("memory://"))

    def admit_address(self, request: Request) -> None:
        """Raises CallRefused with 429 for an address whose tokens were refused too often."""
        if self._limit is not None and self._counts(request):
            self._refuse_unless(self._ask("test", _UNTRUSTED, _address(request)), _UNTRUSTED, _address(request))

    def count_untrusted(self, request: Request) -> None:
        """Counts a token that was refused."""
        if self._limit is not None:
            self._ask("hit", _UNTRUSTED, _address(request))

    def admit(self, request: Request, caller: Caller) -> None:
        """Counts a request. Raises CallRefused with 429 when the client, or its address, has asked too often."""
        if self._limit is not None and self._counts(request):
            who = ("address", _address(request)) if caller is NOBODY else ("client", caller.name)
            self._refuse_unless(self._ask("hit", *who), *who)

    def _counts(self, request: Request) -> bool:
        # Browsers send a preflight before each call: it is not what the client asked for.
        return request.method != "OPTIONS" and request.endpoint not in UNLIMITED

    def _ask(self, question: str, *who: str) -> bool:
        assert self._limit is not None
        try:
            return bool(getattr(self._shared, question)(self._limit, *who))
        except StorageError:
            _log.error("rates are counted by each process alone", setting="rate_limit_storage")
            return bool(getattr(self._own, question)(self._limit, *who))

    def _refuse_unless(self, admitted: bool, *who: str) -> None:
        if not admitted:
            issue = Issue("throttled", "Too many requests. Please ask again later.")
            raise CallRefused(429, (issue,), {"Retry-After": str(self._seconds(*who))})

    def _seconds(self, *who: str) -> int:
        """The whole seconds until the next request is admitted, one at least."""
        assert self._limit is not None
        limiter: RateLimiter = self._shared
        try:
            reset = limiter.get_window_stats(self._limit, *who).reset_time
        except StorageError:
            reset = self._own.get_window_stats(self._limit, *who).reset_time
        return max(1, math.ceil(reset - time.time()))


def _address(request: Request) -> str:
    return request.remote_addr or ""
