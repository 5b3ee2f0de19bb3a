"""Clinical content at rest: encrypted, and without the tokens that came with it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from cds_service.cdshooks.wire import NotJson, read_json, write_json

# CDS Hooks 2.0, "Passing the Access Token to the CDS Service": it must be treated as transient.
_TOKENS = frozenset({"fhirauthorization", "access_token"})


class CannotOpen(Exception):
    """What was sealed cannot be opened: no key that is known fits."""


class Seal:
    """Encrypts with the first key; opens what any of the keys has encrypted."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._keys = MultiFernet([Fernet(key.get_secret_value()) for key in keys])

    def close(self, content: bytes) -> bytes:
        """The content, compressed and encrypted."""
        return self._keys.encrypt(zlib.compress(content))

    def open(self, sealed: bytes) -> bytes:
        """The content again. Raises CannotOpen."""
        try:
            return zlib.decompress(self._keys.decrypt(sealed))
        except InvalidToken:
            raise CannotOpen("no key that is known opens it") from None


def without_tokens(body: bytes) -> bytes | None:
    """A request as it may be kept: without its authorization, wherever in it that is; numbers as they were written.

    None for what is not a JSON object: what cannot be read may hold a token anywhere.
    """
    try:
        value = read_json(body)
    except NotJson:
        return None
    return write_json(_stripped(value)) if isinstance(value, Mapping) else None


def _stripped(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _stripped(member) for name, member in value.items() if name.casefold() not in _TOKENS}
    return [_stripped(member) for member in value] if isinstance(value, list) else value
