from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from cds_service.security.sealing import CannotOpen, Seal, without_tokens

ONE, TWO = (SecretStr(Fernet.generate_key().decode()) for _ in range(2))


def test_what_is_sealed_is_readable_with_its_key_only() -> None:
    sealed = Seal([ONE]).close(b"Jane Doe " * 1000)
    assert b"Jane" not in sealed
    assert len(sealed) < 1000
    assert Seal([ONE]).open(sealed) == b"Jane Doe " * 1000
    with pytest.raises(CannotOpen, match="no key"):
        Seal([TWO]).open(sealed)


def test_after_a_change_of_keys_the_first_seals_and_each_opens() -> None:
    before = Seal([ONE]).close(b"before")
    changed = Seal([TWO, ONE])
    assert changed.open(before) == b"before"
    after = changed.close(b"after")
    assert Seal([TWO]).open(after) == b"after"
    with pytest.raises(CannotOpen):
        Seal([ONE]).open(after)


@pytest.mark.parametrize("sealed", [b"", b"garbage", b"\xff"])
def test_what_was_never_sealed_cannot_be_opened(sealed: bytes) -> None:
    with pytest.raises(CannotOpen):
        Seal([ONE]).open(sealed)


@pytest.mark.rules("S-9", "P-23")
def test_a_request_is_kept_without_its_authorization_and_otherwise_as_it_came() -> None:
    body = (
        b'{"hook":"order-sign","fhirAuthorization":{"access_token":"secret-token","scope":"x"},'
        b'"dose":7.50,"extension":[{"FHIRauthorization":"secret-token","a":{"access_token":"secret-token","b":1}}]}'
    )
    kept = without_tokens(body)
    assert kept == b'{"hook":"order-sign","dose":7.50,"extension":[{"a":{"b":1}}]}'


@pytest.mark.parametrize("body", [b"", b"{", b'["secret-token"]', b'"secret-token"', json.dumps(None).encode()])
def test_what_is_no_request_is_not_kept_as_it_may_hold_a_token_anywhere(body: bytes) -> None:
    assert without_tokens(body) is None
