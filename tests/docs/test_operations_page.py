"""docs/operations.md: its example of a file works, and its list of reasons is that of the code."""

from __future__ import annotations

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

import cds_service.security
from cds_service.observation.metrics import Metrics
from cds_service.security.clients import load_trusted_clients

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
CODE = "".join(file.read_text(encoding="utf-8") for file in Path(cds_service.security.__file__).parent.glob("*.py"))


def test_the_example_of_trusted_clients_can_be_used(tmp_path: Path) -> None:
    example = PAGE.partition("```toml\n")[2].partition("```")[0]
    key = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
    for member in ("x", "y"):
        example = example.replace(f'{member} = "…"', f'{member} = "{key[member]}"')
    file = tmp_path / "clients.toml"
    file.write_text(example, encoding="utf-8")
    first, second = load_trusted_clients(file).values()
    assert (first.fhir_hosts, first.tenants) == (("fhir.example.org",), ("north", "south"))
    assert second.algorithms == ("ES384", "RS384", "RS256")
    assert set(second.keys) == {"2026-11"}


def test_every_metric_is_listed_with_its_labels() -> None:
    table = PAGE.partition("| metric (")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \|(.*)\|$", table, re.MULTILINE)
    listed = {name.removesuffix("_total"): labels for names, labels in rows for name in re.findall(r"`(\w+)`", names)}
    made = {name.removeprefix("oncology_cds_"): labels for name, labels in Metrics().labels.items()}
    assert set(listed) == set(made)
    for name, labels in made.items():
        assert [label for label in labels if f"`{label}`" not in listed[name]] == [], name


def test_every_reason_to_refuse_a_token_is_listed() -> None:
    listed = set(re.findall(r"`([a-z-]+)`", PAGE.partition("as `refused`: ")[2].partition(". Of a token")[0]))
    raised = set(re.findall(r'NotAuthenticated\("([a-z-]+)"\)', CODE))
    mapped = set(re.findall(r'\(jwt\.\w+, "([a-z-]+)"\)', CODE))
    assert listed == raised | mapped | {"header", "claims"}
