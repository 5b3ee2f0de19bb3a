from __future__ import annotations

import pytest

from cql_like_rules.cql.values.concept import (
    HCPCS,
    ICD_10_CM,
    NDC,
    RXNORM,
    SNOMED_CT,
    Code,
    Concept,
    ValueSet,
    canonical_coding,
)


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J1", (HCPCS, "J1")),
        ("urn:oid:2.16.840.1.113883.6.285", "J1", (HCPCS, "J1")),
        ("urn:oid:2.16.840.1.113883.6.88", "42", (RXNORM, "42")),
        ("http://snomed.info/sct/731000124108", "1", (SNOMED_CT, "1")),
        ("http://snomed.info/sct/731000124108/version/20250901", "1", (SNOMED_CT, "1")),
        ("http://snomed.info/sct|2025", "1", (SNOMED_CT, "1")),
        (ICD_10_CM, "c9000", (ICD_10_CM, "C90.00")),
        (ICD_10_CM, "C90.00", (ICD_10_CM, "C90.00")),
        (ICD_10_CM, "D66", (ICD_10_CM, "D66")),
        (NDC, "12345-678-9", (NDC, "12345067809")),
        (NDC, "1234-5678-90", (NDC, "01234567890")),
        (NDC, "12345-6789-0", (NDC, "12345678900")),
        (NDC, "12345678901", (NDC, "12345678901")),
        (NDC, "1234567890", (NDC, "1234567890")),
        ("http://example.org/local", " x ", ("http://example.org/local", "x")),
        (None, "x", ("", "x")),
    ],
)
def test_a_coding_has_one_spelling(system: str | None, code: str, expected: tuple[str, str]) -> None:
    assert canonical_coding(system, code) == expected


def test_a_value_set_holds_a_code_in_any_accepted_spelling() -> None:
    valueset = ValueSet("http://example.org/vs", "Example", frozenset({(ICD_10_CM, "C90.00")}))
    assert valueset.contains(Code("c9000", "urn:oid:2.16.840.1.113883.6.90"))
    assert not valueset.contains(Code("C90.01", ICD_10_CM))


def test_a_concept_is_in_a_value_set_when_one_of_its_codes_is() -> None:
    valueset = ValueSet("http://example.org/vs", "", frozenset({(RXNORM, "1")}))
    assert valueset.contains(Concept((Code("x", ICD_10_CM), Code("1", RXNORM))))
    assert not valueset.contains(Concept(()))


def test_a_code_without_a_system_is_in_no_value_set() -> None:
    assert not ValueSet("http://example.org/vs", "", frozenset({(RXNORM, "1")})).contains(Code("1"))
