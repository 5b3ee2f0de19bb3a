"""The public keys that clients sign with (RFC 7517, JSON Web Key), as they stand in a file or at an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cql_like_rules import lenient

Algorithm = Literal["ES384", "RS384", "RS256"]

ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
"""Every algorithm that can be allowed: none without a signature, and none whose key both sides hold."""

RECOMMENDED: tuple[Algorithm, ...] = ("ES384", "RS384")
"""CDS Hooks 2.0, "Trusting CDS Clients": what clients and services should support."""

_LEAST_RSA_BITS = 2048
# RFC 7518, 6.3.2 and 6.4.1: members that only private and symmetric keys have.
_SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeyRefused(ValueError):
    """A key cannot be used to verify a signature; the text says why and quotes nothing of the key."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key by its `kid`, prepared for each algorithm that it fits."""

    kid: str
    by_algorithm: Mapping[str, jwt.PyJWK]

    @classmethod
    def read(cls, jwk: Mapping[str, Any]) -> Self:
        """The key that a JWK holds. Raises KeyRefused for one without `kid`, and for any that is not public."""
        kid = jwk.get("kid")
        if not isinstance(kid, str) or not kid:
            raise KeyRefused("has no kid")
        if not _SECRET_MEMBERS.isdisjoint(jwk):
            raise KeyRefused("is a secret or private key; only public keys are for this service to know")
        if jwk.get("use", "sig") != "sig" or "verify" not in (lenient.items(jwk.get("key_ops")) or ("verify",)):
            raise KeyRefused("is not for signatures")
        fitting = _algorithms_of(jwk)
        if not fitting:
            raise KeyRefused("fits none of the algorithms " + ", ".join(ALGORITHMS))
        return cls(kid, {algorithm: _prepared(jwk, algorithm) for algorithm in fitting})


def usable_keys(jwks: Any) -> dict[str, SigningKey]:
    """The keys of a JWK Set that can verify a signature, by `kid`; the others are passed over.

    Raises KeyRefused for what is not a JWK Set.
    """
    if not isinstance(jwks, Mapping) or not isinstance(jwks.get("keys"), list):
        raise KeyRefused("is not a JWK Set")
    return by_kid(_readable(lenient.objects(jwks["keys"])))


def by_kid(keys: Iterable[SigningKey]) -> dict[str, SigningKey]:
    """The keys by their `kid`. Keys of different types may share one (RFC 7517, 4.5)."""
    found: dict[str, SigningKey] = {}
    for key in keys:
        earlier = found.get(key.kid)
        found[key.kid] = SigningKey(key.kid, {**key.by_algorithm, **earlier.by_algorithm}) if earlier else key
    return found


def _readable(jwks: Iterable[Mapping[str, Any]]) -> Iterable[SigningKey]:
    for jwk in jwks:
        try:
            yield SigningKey.read(jwk)
        except KeyRefused:
            # A client's set may hold keys for other purposes.
            continue


def _algorithms_of(jwk: Mapping[str, Any]) -> tuple[Algorithm, ...]:
    kind = (jwk.get("kty"), jwk.get("crv"))
    fitting: tuple[Algorithm, ...] = ()
    if kind == ("EC", "P-384"):
        fitting = ("ES384",)
    elif kind[0] == "RSA":
        fitting = ("RS384", "RS256")
    return tuple(each for each in fitting if jwk.get("alg", each) == each)


def _prepared(jwk: Mapping[str, Any], algorithm: Algorithm) -> jwt.PyJWK:
    try:
        prepared = jwt.PyJWK(dict(jwk), algorithm)
    except jwt.PyJWTError as error:
        raise KeyRefused("cannot be read") from error
    if isinstance(prepared.key, RSAPublicKey) and prepared.key.key_size < _LEAST_RSA_BITS:
        raise KeyRefused(f"is shorter than {_LEAST_RSA_BITS} bits")
    return prepared
