"""Who may call: where trusted clients are told, every call brings a token of one of them, each token once."""

from __future__ import annotations

import re
from collections.abc import Mapping

import structlog
from flask import Request

from cds_service.addresses import base_url
from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.tokens import UsedTokens

from .caller import NOBODY, Caller
from .clients import ClientsRefused, TrustedClient, load_trusted_clients
from .tokens import NotAuthenticated, TokenVerifier

_SERVICES = "/cds-services"
_FEEDBACK = re.compile(rf"{_SERVICES}/[^/]+/feedback")
_READING = frozenset({"GET", "HEAD"})

_NOBODY_TOLD = (
    "no clients are told: name them in a file (ONCOLOGY_CDS_TRUSTED_CLIENTS_FILE), or let everyone call who reaches "
    "this service (ONCOLOGY_CDS_ALLOW_ANONYMOUS_CLIENTS=true); to try it on one machine: oncology-cds serve --dev"
)

_log = structlog.get_logger(__name__)

TrustedClients = Mapping[str, TrustedClient]


def trusted_clients(settings: Settings) -> TrustedClients:
    """The clients that may call, by their `iss`; empty where everyone may.

    Raises ClientsRefused for a file that cannot be used, and for settings that neither name a file nor allow everyone.
    """
    if settings.trusted_clients_file is not None:
        return load_trusted_clients(settings.trusted_clients_file, dev=settings.dev)
    if settings.dev or settings.allow_anonymous_clients:
        return {}
    raise ClientsRefused(_NOBODY_TOLD)


class Authentication:
    """Knows callers by the tokens that they bring (CDS Hooks 2.0, "Trusting CDS Clients").

    `clients` are those of the settings' file, when they have been read. Without a file nobody is asked: in development,
    or where the settings allow it. Raises ClientsRefused for a file that cannot be used, and for settings that neither
    name a file nor allow everyone.
    """

    def __init__(self, settings: Settings, database: Database, clients: TrustedClients | None = None) -> None:
        self._settings = settings
        self._verifier: TokenVerifier | None = None
        self._used = UsedTokens(database)
        clients = trusted_clients(settings) if clients is None else clients
        if settings.trusted_clients_file is not None:
            self._verifier = TokenVerifier(clients, listed=settings.allowed_fhir_hosts, dev=settings.dev)
        if settings.dev:
            return
        if self._verifier is None:
            _log.warning("clients are not asked who they are", setting="trusted_clients_file")
        elif settings.public_url is None:
            _log.warning("requests are believed what address they were sent to", setting="public_url")

    def require(self, request: Request) -> Caller:
        """Who sent a request; NOBODY where nobody is asked. Raises NotAuthenticated when the caller is not known.

        Preflights are not asked, as browsers send them without a token, nor is who only reads what is public.
        """
        if self._verifier is None or not _is_protected(request):
            return NOBODY
        verified = self._verifier.verify(_token(request), self._addresses(request))
        client = verified.client
        if not self._used.first_use(client.iss, verified.jti, verified.refused_from):
            raise NotAuthenticated("replay")
        return Caller(client.name, verified.tenant, frozenset(client.fhir_hosts))

    def _addresses(self, request: Request) -> frozenset[str]:
        """The addresses that a token for this request may name.

        The specification names those of discovery and services; a token for feedback may name either its own address
        or the service that the feedback is about.
        """
        base = base_url(self._settings)
        path = request.path.rstrip("/")
        paths = {request.path, path}
        if _FEEDBACK.fullmatch(path):
            paths.add(path.rpartition("/")[0])
        return frozenset(base + each for each in paths)


def _is_protected(request: Request) -> bool:
    """True for everything below the services, and wherever else something is sent rather than read."""
    if request.method == "OPTIONS":
        return False
    return _is_below_services(request.path) or request.method not in _READING


def _is_below_services(path: str) -> bool:
    return path == _SERVICES or path.startswith(f"{_SERVICES}/")


def _token(request: Request) -> str:
    """The token of the `Authorization` header. Raises NotAuthenticated."""
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("no-token")
    return token.strip()
