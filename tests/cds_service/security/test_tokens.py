"""What a token must be to be taken; everything else is refused with a code."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.security.clients import load_trusted_clients
from cds_service.security.tokens import LEEWAY_SECONDS, LONGEST_SECONDS, NotAuthenticated, TokenVerifier, Verified

from .conftest import BASE, ISSUER, Signer

Write = Callable[..., Path]
AUDIENCES = frozenset({f"{BASE}/cds-services/order-sign"})
ADDRESS = "https://ehr.example.org/jwks.json"


@pytest.fixture
def verifier(clients_file: Write) -> TokenVerifier:
    return TokenVerifier(load_trusted_clients(clients_file()))


def verified(verifier: TokenVerifier, token: str) -> Verified:
    return verifier.verify(token, AUDIENCES)


def reason(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(NotAuthenticated) as caught:
        verifier.verify(token, AUDIENCES)
    return str(caught.value)


def segment(value: Any) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@pytest.mark.parametrize("kid", ["ec", "rsa"])
@pytest.mark.rules("S-3", "S-4")
def test_a_good_token_names_its_client(verifier: TokenVerifier, signer: Signer, kid: str) -> None:
    found = verified(verifier, signer.token(kid=kid, jti="one", tenant="north"))
    assert (found.client.name, found.tenant, found.jti) == ("Example EHR", "north", "one")
    assert 300 <= found.refused_from.timestamp() - time.time() <= 300 + LEEWAY_SECONDS


@pytest.mark.rules("S-5")
@pytest.mark.parametrize("aud", [list(AUDIENCES), ["https://other.example.org", *AUDIENCES]])
def test_an_audience_may_be_a_list(verifier: TokenVerifier, signer: Signer, aud: Any) -> None:
    assert verified(verifier, signer.token(aud=aud)).client.iss == ISSUER


@pytest.mark.rules("S-5", "T-2")
@pytest.mark.parametrize(
    "aud",
    [
        f"{BASE}/cds-services/other",
        f"{BASE}/cds-services",
        f"{BASE}/cds-services/order-sign/",
        f"{BASE}/cds-services/order-sign?x=1",
        f"{BASE}/CDS-services/order-sign",
        "http://cds.example.org/cds-services/order-sign",
        [],
        [f"{BASE}/cds-services"],
    ],
)
def test_a_token_for_another_address_is_refused(verifier: TokenVerifier, signer: Signer, aud: Any) -> None:
    assert reason(verifier, signer.token(aud=aud)) in {"audience", "claims"}


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": -LEEWAY_SECONDS}, "expired"),
        ({"exp": -3600}, "expired"),
        ({"iat": LEEWAY_SECONDS + 5}, "not-yet-valid"),
        ({"nbf": LEEWAY_SECONDS + 5}, "not-yet-valid"),
        ({"iat": -LONGEST_SECONDS - LEEWAY_SECONDS - 1}, "too-old"),
    ],
)
@pytest.mark.rules("S-7", "T-2")
def test_a_token_out_of_its_time_is_refused(
    verifier: TokenVerifier, signer: Signer, claims: dict[str, int], code: str
) -> None:
    now = int(time.time())
    assert reason(verifier, signer.token(**{name: now + value for name, value in claims.items()})) == code


@pytest.mark.parametrize(
    "claims", [{"exp": 5 - LEEWAY_SECONDS}, {"iat": LEEWAY_SECONDS - 5}, {"nbf": 20}, {"exp": 1e9}]
)
def test_clocks_may_differ_a_little_and_an_exp_may_be_late(
    verifier: TokenVerifier, signer: Signer, claims: dict[str, Any]
) -> None:
    now = time.time()
    found = verified(verifier, signer.token(**{name: now + value for name, value in claims.items()}))
    assert found.refused_from.timestamp() <= now + LONGEST_SECONDS + 2 * LEEWAY_SECONDS


@pytest.mark.parametrize("name", ["iss", "aud", "exp", "iat", "jti"])
@pytest.mark.rules("S-3")
def test_a_claim_that_is_required_must_be_there(verifier: TokenVerifier, signer: Signer, name: str) -> None:
    assert reason(verifier, signer.token(**{name: None})) == "claims"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "2100000000"},
        {"exp": True},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": [2100000000]},
        {"iat": "1"},
        {"iat": {}},
        {"nbf": "1"},
        {"jti": ""},
        {"jti": 5},
        {"jti": ["a"]},
        {"jti": "\ud800"},
        {"aud": {}},
        {"aud": 5},
        {"aud": [5]},
        {"tenant": 5},
        {"tenant": ""},
        {"tenant": "a" * 256},
        {"tenant": "a\0b"},
        {"tenant": "a\nb"},
        {"tenant": "a\n"},
    ],
)
def test_claims_of_a_wrong_type_are_refused(verifier: TokenVerifier, signer: Signer, claims: dict[str, Any]) -> None:
    assert reason(verifier, signer.token(**claims)) == "claims"


@pytest.mark.parametrize("iss", [5, [ISSUER], {}, ""])
def test_an_issuer_that_is_no_text_is_refused(verifier: TokenVerifier, iss: Any) -> None:
    token = f"{segment({'alg': 'ES384', 'kid': 'ec', 'typ': 'JWT'})}.{segment({'iss': iss})}.AAAA"
    assert reason(verifier, token) == "claims"


@pytest.mark.parametrize(
    "header", [{"typ": "JWS"}, {"typ": None}, {"typ": 5}, {"kid": ""}, {"jku": 5}, {"jku": ""}, {"crit": ["x"]}]
)
@pytest.mark.rules("S-3")
def test_a_header_must_have_its_type_and_key(verifier: TokenVerifier, signer: Signer, header: dict[str, Any]) -> None:
    assert reason(verifier, signer.token(header=header)) in {"header", "not-a-token"}


def test_a_header_without_kid_is_refused(verifier: TokenVerifier, signer: Signer) -> None:
    payload = jwt.decode(signer.token(), options={"verify_signature": False})
    assert reason(verifier, jwt.encode(payload, signer.private["ec"], "ES384")) == "header"


@pytest.mark.rules("S-4", "T-2")
def test_a_token_without_signature_is_refused(verifier: TokenVerifier, signer: Signer) -> None:
    assert reason(verifier, signer.token(alg="none", key="")) == "algorithm"
    header, payload, _ = signer.token().split(".")
    assert reason(verifier, f"{header}.{payload}.") == "signature"
    stripped = segment({"alg": "None", "typ": "JWT", "kid": "ec"})
    assert reason(verifier, f"{stripped}.{payload}.") == "algorithm"


@pytest.mark.rules("S-4", "T-2")
def test_a_public_key_is_no_shared_secret(verifier: TokenVerifier, signer: Signer) -> None:
    public = signer.private["rsa"].public_key()
    encoding = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    payload = signer.token().split(".")[1]
    signing = f"{segment({'alg': 'HS256', 'kid': 'rsa', 'typ': 'JWT'})}.{payload}"
    signature = hmac.digest(public.public_bytes(*encoding), signing.encode(), "sha256")
    assert reason(verifier, f"{signing}.{segment(signature)}") == "algorithm"


@pytest.mark.rules("S-4")
def test_rs256_is_taken_only_from_a_client_that_is_listed_with_it(clients_file: Write, signer: Signer) -> None:
    token = signer.token(kid="rsa", alg="RS256")
    listed = TokenVerifier(load_trusted_clients(clients_file(algorithms=["RS256"])))
    assert verified(listed, token).client.iss == ISSUER
    assert reason(listed, signer.token(kid="rsa")) == "algorithm"
    assert reason(TokenVerifier(load_trusted_clients(clients_file())), token) == "algorithm"


def test_a_key_serves_only_the_algorithm_it_fits(verifier: TokenVerifier, signer: Signer) -> None:
    assert reason(verifier, signer.token(kid="rsa", header={"kid": "ec"})) == "algorithm"


@pytest.mark.rules("S-6", "T-2")
def test_a_signature_by_another_key_is_refused(verifier: TokenVerifier, signer: Signer) -> None:
    assert reason(verifier, signer.token(key=ec.generate_private_key(ec.SECP384R1()))) == "signature"
    header, _, signature = signer.token().split(".")
    forged = segment({"iss": ISSUER, "aud": [*AUDIENCES], "exp": 9e9, "iat": time.time(), "jti": "x"})
    assert reason(verifier, f"{header}.{forged}.{signature}") == "signature"


def test_an_unknown_issuer_or_key_is_refused(verifier: TokenVerifier, signer: Signer) -> None:
    assert reason(verifier, signer.token(iss="https://evil.example.org")) == "issuer"
    assert reason(verifier, signer.token(header={"kid": "other"})) == "key"


def test_a_tenant_is_asked_for_where_tenants_are_listed(clients_file: Write, signer: Signer) -> None:
    verifier = TokenVerifier(load_trusted_clients(clients_file(tenants=["north", "south"])))
    assert verified(verifier, signer.token(tenant="south")).tenant == "south"
    assert reason(verifier, signer.token(tenant="west")) == "tenant"
    assert reason(verifier, signer.token()) == "tenant"


@pytest.mark.rules("S-6")
def test_keys_are_fetched_from_the_address_of_the_client(clients_file: Write, signer: Signer) -> None:
    verifier = TokenVerifier(load_trusted_clients(clients_file(jwks=None, jku=[ADDRESS])))
    with responses.RequestsMock() as site:
        site.get(ADDRESS, json={"keys": [signer.jwk("ec")]})
        assert verified(verifier, signer.token(header={"jku": ADDRESS})).client.iss == ISSUER
        assert verified(verifier, signer.token()).client.iss == ISSUER
        assert reason(verifier, signer.token(kid="rsa")) == "key"
        assert len(site.calls) == 1


@pytest.mark.rules("S-6", "S-15")
def test_no_other_address_is_ever_asked_for_keys(verifier: TokenVerifier, signer: Signer) -> None:
    with responses.RequestsMock() as site:
        token = signer.token(header={"jku": "https://evil.example.org/jwks.json"})
        assert reason(verifier, token) == "jku"
        assert len(site.calls) == 0


def test_the_address_of_another_client_is_none_of_this_one(clients_file: Write, signer: Signer) -> None:
    other = {"name": "Other", "iss": "https://other.example.org", "jku": ADDRESS}
    verifier = TokenVerifier(load_trusted_clients(clients_file(other)))
    assert reason(verifier, signer.token(header={"jku": ADDRESS})) == "jku"


DEEP = b'{"a":' * 1200 + b"1" + b"}" * 1200


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "....",
        "é.é.é",
        f"{segment(b'{')}.{segment({})}.",
        f"{segment([])}.{segment({})}.",
        f"{segment({'alg': []})}.{segment({})}.",
        f"{segment({'alg': 'ES384', 'kid': 'ec', 'typ': 'JWT'})}.{segment([])}.",
        f"{segment({'alg': 'ES384', 'kid': 'ec', 'typ': 'JWT'})}.{segment(bytes([255]))}.",
        f"{segment({'alg': 'ES384', 'kid': 'ec', 'typ': 'JWT'})}.{segment(b'9' * 5000)}.",
        f"{segment({'alg': 'ES384', 'kid': 'ec', 'typ': 'JWT'})}.{segment(DEEP)[:8000]}.",
    ],
)
def test_what_is_no_token_is_refused_and_nothing_else_happens(verifier: TokenVerifier, token: str) -> None:
    assert reason(verifier, token) in {"not-a-token", "header", "claims"}


def test_a_token_of_any_length_costs_nothing(verifier: TokenVerifier) -> None:
    assert reason(verifier, "a" * 8193) == "too-long"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(ISSUER)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2)
)
NAMES = st.sampled_from(["iss", "aud", "exp", "iat", "nbf", "jti", "tenant", "sub"])
CODES = {"not-a-token", "header", "claims", "issuer", "algorithm", "jku", "key", "signature", "audience"} | {
    *("expired", "not-yet-valid", "too-old"),
}
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jku", "crit", "b64"]), VALUES)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=HEADERS, changed=st.dictionaries(NAMES, VALUES))
def test_whatever_is_sent_is_taken_or_refused_with_a_code(
    verifier: TokenVerifier, signer: Signer, header: dict[str, Any], changed: dict[str, Any]
) -> None:
    good_header, good_payload, _ = signer.token().split(".")
    signed_header = json.loads(base64.urlsafe_b64decode(good_header + "==")) | header
    payload = json.loads(base64.urlsafe_b64decode(good_payload + "==")) | changed
    signing = f"{segment(signed_header)}.{segment(payload)}"
    signature = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA384).sign(
        signing.encode(), signer.private["ec"]
    )
    said = outcome(verifier, f"{signing}.{segment(signature)}")
    if isinstance(said, Verified):
        assert said.client.iss == payload["iss"]
        assert AUDIENCES.intersection(payload["aud"] if isinstance(payload["aud"], list) else [payload["aud"]])
    else:
        assert said in CODES


def outcome(verifier: TokenVerifier, token: str) -> Verified | str:
    try:
        return verifier.verify(token, AUDIENCES)
    except NotAuthenticated as error:
        return str(error)
