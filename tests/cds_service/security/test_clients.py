"""The file of trusted clients: what it may say, and how a wrong one is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from cds_service.security.clients import ClientsRefused, load_trusted_clients

from .conftest import ISSUER, Signer

Write = Callable[..., Path]
ADDRESS = "https://ehr.example.org/jwks.json"


def test_a_client_is_known_by_its_issuer(clients_file: Write) -> None:
    (client,) = load_trusted_clients(clients_file(tenants="north", fhir_hosts=["FHIR.example.org:8443"])).values()
    assert (client.name, client.iss) == ("Example EHR", ISSUER)
    assert set(client.keys) == {"ec", "rsa"}
    assert client.algorithms == ("ES384", "RS384")
    assert (client.tenants, client.fhir_hosts) == (("north",), ("fhir.example.org:8443",))


def test_keys_may_be_told_by_their_address_alone(clients_file: Write) -> None:
    client = load_trusted_clients(clients_file(jwks=None, jku=ADDRESS))[ISSUER]
    assert client.jku == (ADDRESS,)
    assert client.keys == {}


def test_keys_of_two_types_may_share_a_kid(clients_file: Write, signer: Signer) -> None:
    keys = [signer.jwk("ec") | {"kid": "k"}, signer.jwk("rsa") | {"kid": "k"}]
    client = load_trusted_clients(clients_file(jwks={"keys": keys}))[ISSUER]
    assert set(client.keys["k"].by_algorithm) == {"ES384", "RS384", "RS256"}


def test_a_key_that_names_its_algorithm_is_for_that_one_only(clients_file: Write, signer: Signer) -> None:
    client = load_trusted_clients(clients_file(jwks={"keys": [signer.jwk("rsa", alg="RS384", use="sig")]}))[ISSUER]
    assert set(client.keys["rsa"].by_algorithm) == {"RS384"}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": ""}, "client[1].name"),
        ({"name": 5}, "client[1].name"),
        ({"iss": None}, "client[1].iss: Field required"),
        ({"jwks": None}, "client[1]: needs its keys: jwks, or jku"),
        ({"jwks": {"keys": []}}, "client[1].jwks.keys"),
        ({"jwks": {"keys": ["key"]}}, "client[1].jwks.keys[1]: must be a JSON Web Key"),
        ({"jku": "http://ehr.example.org/jwks.json"}, "client[1].jku: must be https URLs"),
        ({"jku": "https://user@ehr.example.org/jwks.json"}, "client[1].jku: must be https URLs"),
        ({"jku": "https://[ehr/jwks.json"}, "client[1].jku: must be https URLs"),
        ({"jku": [5]}, "client[1].jku[1]"),
        ({"algorithms": ["none"]}, "client[1].algorithms[1]"),
        ({"algorithms": ["HS256"]}, "client[1].algorithms[1]"),
        ({"algorithms": []}, "client[1].algorithms"),
        ({"tenants": {}}, "client[1].tenants"),
        ({"fhir_hosts": ["https://ehr.example.org"]}, "client[1].fhir_hosts[1]: must be a host"),
        ({"unknown": 1}, "client[1].unknown"),
    ],
)
def test_a_wrong_field_is_told_by_its_place(clients_file: Write, fields: dict[str, Any], told: str) -> None:
    file = clients_file(**fields)
    with pytest.raises(ClientsRefused, match=re.escape(f"{file}: {told}")):
        load_trusted_clients(file)


def test_two_clients_with_one_issuer_or_name_cannot_be_told_apart(clients_file: Write) -> None:
    other = {"name": "Other", "iss": "https://other.example.org", "jku": ADDRESS}
    assert len(load_trusted_clients(clients_file(other))) == 2
    with pytest.raises(ClientsRefused, match=r"client\[1\] and client\[2\] have the same iss"):
        load_trusted_clients(clients_file(other | {"iss": ISSUER}))
    with pytest.raises(ClientsRefused, match=r"client\[1\] and client\[2\] have the same name"):
        load_trusted_clients(clients_file(other | {"name": "Example EHR"}))


def test_keys_may_come_over_plain_http_in_development(clients_file: Write) -> None:
    file = clients_file(jwks=None, jku="http://127.0.0.1:8000/jwks.json")
    assert load_trusted_clients(file, dev=True)[ISSUER].jku == ("http://127.0.0.1:8000/jwks.json",)


def key(made: Any, **members: Any) -> dict[str, Any]:
    algorithm = ECAlgorithm if isinstance(made, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    return {**algorithm.to_jwk(made.public_key(), as_dict=True), "kid": "k", **members}


P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)


@pytest.mark.parametrize(
    ("jwk", "told"),
    [
        (key(P384, kid=""), "has no kid"),
        (key(P384, kid=7), "has no kid"),
        (key(P384, d="AAAA"), "only public keys"),
        ({"kty": "oct", "k": "AAAA", "kid": "k"}, "only public keys"),
        (key(P384, use="enc"), "is not for signatures"),
        (key(P384, key_ops=["encrypt"]), "is not for signatures"),
        (key(P384, alg="ES256"), "fits none of the algorithms"),
        (key(P256), "fits none of the algorithms"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "k"}, "fits none of the algorithms"),
        ({"kid": "k"}, "fits none of the algorithms"),
        (key(P384, x="AAAA"), "cannot be read"),
        (key(P384, y=[]), "cannot be read"),
        ({"kty": "RSA", "kid": "k"}, "cannot be read"),
        (key(SHORT), "is shorter than 2048 bits"),
    ],
)
def test_a_key_that_verifies_nothing_is_refused_without_being_quoted(
    clients_file: Write, jwk: dict[str, Any], told: str
) -> None:
    with pytest.raises(ClientsRefused, match=rf"client\[1\].jwks.keys\[1\]: .*{told}") as caught:
        load_trusted_clients(clients_file(jwks={"keys": [jwk]}))
    assert "AAAA" not in str(caught.value)


def test_a_file_that_is_no_list_of_clients_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    for text, told in (("", "client: Field required"), ("client = 1", "client"), ("[[", "clients.toml")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ClientsRefused, match=told):
            load_trusted_clients(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ClientsRefused, match="is not UTF-8 text"):
        load_trusted_clients(file)
    with pytest.raises(ClientsRefused, match="No such file"):
        load_trusted_clients(tmp_path / "none.toml")
