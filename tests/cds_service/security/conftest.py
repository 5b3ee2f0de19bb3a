"""Clients with keys of their own, and the tokens that they sign."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER = "https://ehr.example.org"
BASE = "https://cds.example.org"


class Signer:
    """A client of the service: private keys, their public halves as JWKs, and tokens."""

    def __init__(self) -> None:
        self.private: dict[str, Any] = {
            "ec": ec.generate_private_key(ec.SECP384R1()),
            "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        }
        self.algorithms = {"ec": "ES384", "rsa": "RS384"}

    def jwk(self, kid: str, **members: Any) -> dict[str, Any]:
        key = self.private[kid].public_key()
        kind = jwt.algorithms.ECAlgorithm if kid.startswith("ec") else jwt.algorithms.RSAAlgorithm
        return {**kind.to_jwk(key, as_dict=True), "kid": kid, **members}

    def token(
        self,
        path: str = "/cds-services/order-sign",
        kid: str = "ec",
        header: dict[str, Any] | None = None,
        alg: str = "",
        key: Any = None,
        **claims: Any,
    ) -> str:
        """A good token but for what is said; a claim or header of None is left out."""
        now = int(time.time())
        payload = {"iss": ISSUER, "aud": BASE + path, "exp": now + 300, "iat": now, "jti": uuid.uuid4().hex} | claims
        return jwt.encode(
            {name: value for name, value in payload.items() if value is not None},
            self.private.get(kid) if key is None else key,
            alg or self.algorithms[kid],
            {"kid": kid} | (header or {}),
        )


def toml(value: Any) -> str:
    """A JSON value as inline TOML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def clients_file(tmp_path: Path, signer: Signer) -> Callable[..., Path]:
    """Writes a file with one client of two keys, but for the fields that are said; None leaves one out."""

    def write(*more: dict[str, Any], **fields: Any) -> Path:
        first = {"name": "Example EHR", "iss": ISSUER, "jwks": {"keys": [signer.jwk("ec"), signer.jwk("rsa")]}} | fields
        blocks = []
        for client in (first, *more):
            lines = (f"{name} = {toml(value)}" for name, value in client.items() if value is not None)
            blocks.append("[[client]]\n" + "\n".join(lines))
        file = tmp_path / "clients.toml"
        file.write_text("\n\n".join(blocks), encoding="utf-8")
        return file

    return write
