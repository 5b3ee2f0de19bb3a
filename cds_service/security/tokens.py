"""What a client's token must be (CDS Hooks 2.0, "Trusting CDS Clients"; RFC 7519; RFC 8725).

Why a token is refused is a code for the log. It never quotes the token, and the caller is not told it.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import jwt
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, ValidationError

from .clients import TrustedClient
from .keys import SigningKey
from .remote_keys import RemoteKeys

LEEWAY_SECONDS = 30
"""By how much the clocks of client and service may differ."""

LONGEST_SECONDS = 3600
"""A token is refused an hour after it was issued, whatever its `exp`: used tokens are remembered for that long."""

_LARGEST = 8192
_REQUIRED = ("iss", "aud", "exp", "iat", "jti")
_REASONS: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not-yet-valid"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.InvalidSignatureError, "signature"),
)

Model = TypeVar("Model", bound=BaseModel)
Name = Annotated[StrictStr, Field(min_length=1)]
# Unlike a `jti`, which is kept as a hash, a tenant goes into the log and the store.
Tenant = Annotated[StrictStr, Field(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")]
Seconds = Annotated[StrictInt | StrictFloat, Field(allow_inf_nan=False)]


class NotAuthenticated(Exception):
    """A request whose caller is not known. Its text is the reason, a code for the log."""


class _Header(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    alg: Name
    kid: Name
    typ: Name
    jku: Name | None = None


class _Claims(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    iss: Name
    aud: Name | list[StrictStr]
    exp: Seconds
    iat: Seconds
    nbf: Seconds | None = None
    jti: Name
    tenant: Tenant | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that is genuine, in time and meant for this address. Whether it was used before is not known yet."""

    client: TrustedClient
    tenant: str
    jti: str
    refused_from: datetime.datetime
    """From this moment (UTC) on the token is refused for its age."""


class TokenVerifier:
    """Verifies tokens of the trusted clients, which are known by their `iss`.

    Their keys are fetched from public addresses only, unless the host is one of the client's FHIR hosts, or `listed`,
    or in development.
    """

    def __init__(
        self, clients: Mapping[str, TrustedClient], *, listed: Collection[str] = (), dev: bool = False
    ) -> None:
        self._clients = clients
        self._told = {iss: client.keys for iss, client in clients.items()}
        self._remote = {
            address: RemoteKeys(address, listed={*listed, *client.fhir_hosts}, dev=dev)
            for client in clients.values()
            for address in client.jku
        }

    def verify(self, token: str, audiences: Collection[str]) -> Verified:
        """What a token says, once it is found to be genuine and for one of these addresses. Raises NotAuthenticated."""
        if len(token) > _LARGEST:
            raise NotAuthenticated("too-long")
        header, claims = _unverified(token)
        client = self._clients.get(claims.iss)
        if client is None:
            raise NotAuthenticated("issuer")
        if header.jku is not None and header.jku not in client.jku:
            raise NotAuthenticated("jku")
        key = self._key(client, header).by_algorithm.get(header.alg)
        if key is None:
            raise NotAuthenticated("algorithm")
        _check(token, key, client, audiences)
        return _verified(client, claims)

    def _key(self, client: TrustedClient, header: _Header) -> SigningKey:
        key = self._told[client.iss].get(header.kid)
        for address in client.jku if header.jku is None else (header.jku,):
            key = key or self._remote[address].find(header.kid)
        if key is None:
            raise NotAuthenticated("key")
        return key


def _unverified(token: str) -> tuple[_Header, _Claims]:
    """Header and claims of a token as it says itself: enough to know whose key it has to be held against."""
    try:
        parts = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise NotAuthenticated("not-a-token") from None
    header = _read(_Header, parts["header"], "header")
    if header.typ.upper() != "JWT":
        raise NotAuthenticated("header")
    return header, _read(_Claims, parts["payload"], "claims")


def _read(model: type[Model], value: Any, reason: str) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError:
        raise NotAuthenticated(reason) from None


def _check(token: str, key: jwt.PyJWK, client: TrustedClient, audiences: Collection[str]) -> None:
    try:
        jwt.decode(
            token,
            key,
            algorithms=client.algorithms,
            audience=audiences,
            issuer=client.iss,
            leeway=LEEWAY_SECONDS,
            options={"require": list(_REQUIRED)},
        )
    except jwt.PyJWTError as error:
        reason = next((code for kind, code in _REASONS if isinstance(error, kind)), "claims")
        raise NotAuthenticated(reason) from None


def _verified(client: TrustedClient, claims: _Claims) -> Verified:
    latest = min(claims.exp, claims.iat + LONGEST_SECONDS) + LEEWAY_SECONDS
    now = datetime.datetime.now(datetime.UTC)
    if latest <= now.timestamp():
        raise NotAuthenticated("too-old")
    if client.tenants and claims.tenant not in client.tenants:
        raise NotAuthenticated("tenant")
    tenant = claims.tenant or ""
    return Verified(client, tenant, claims.jti, datetime.datetime.fromtimestamp(latest, datetime.UTC))
