"""Billing codes of an order, which a CRD client sends beside the codes of the drug."""

import pytest

from cql_like_rules.orders.billing import BILLING_OPTIONS

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
LOCAL = {"system": "http://example.org/drugs", "code": "17"}
METHOTREXATE = {"system": RXNORM, "code": "6851", "display": "methotrexate"}


def hcpcs(code):
    return {"system": HCPCS, "code": code}


def option(*codings):
    return {"url": BILLING_OPTIONS, "valueCodeableConcept": {"coding": list(codings)}}


def product_of(drafts, codings, *options, **more):
    concept = {"coding": codings, "extension": list(options), **more}
    return drafts.read(drafts.medication_request(drafts.instruction(), concept=concept)).product


def codes(product):
    return [code.code for code in product.concept.codes]


def test_a_drug_with_a_local_code_only_is_known_by_its_billing_code(drafts):
    product = product_of(drafts, [LOCAL], option(hcpcs("J2820")))
    assert codes(product) == ["17", "J2820"]
    assert product.name == "sargramostim"
    assert not product.by_text


def test_the_other_address_of_the_system_is_read_too(drafts):
    coding = {"system": "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "J2820"}
    assert product_of(drafts, [LOCAL], option(coding)).concept.codes[1].system == HCPCS


def test_a_billing_code_tells_the_brand_of_a_drug_that_is_ordered_without(drafts):
    product = product_of(drafts, [METHOTREXATE], option(hcpcs("J8611")))
    assert codes(product) == ["6851", "J8611"]
    assert product.name == "Jylamvo"


@pytest.mark.parametrize(
    "options", [[option(hcpcs("J8611"), hcpcs("J8612"))], [option(hcpcs(c)) for c in ("J8611", "J8612")]]
)
def test_billing_codes_that_leave_a_choice_tell_no_product(drafts, options):
    product = product_of(drafts, [METHOTREXATE], *options)
    assert (codes(product), product.name) == (["6851"], "methotrexate")


def test_the_same_billing_code_twice_is_one(drafts):
    assert codes(product_of(drafts, [LOCAL], option(hcpcs("J2820")), option(hcpcs("J2820")))) == ["17", "J2820"]


def test_a_billing_code_of_another_drug_does_not_count_against_the_ordered_one(drafts):
    assert codes(product_of(drafts, [METHOTREXATE], option(hcpcs("J2820")))) == ["6851"]


def test_what_the_text_tells_counts_against_the_billing_code_of_another_drug(drafts):
    assert codes(product_of(drafts, [LOCAL], option(hcpcs("J8611")), text="Leukine 250 mcg")) == ["17", "203878"]


def test_billing_codes_of_a_medication_are_read(drafts):
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"coding": [LOCAL], "extension": [option(hcpcs("J2820"))]},
    }
    request = drafts.medication_request(drafts.instruction(), medicationReference={"reference": "Medication/m"})
    del request["medicationCodeableConcept"]
    assert codes(drafts.read(request, medication).product) == ["17", "J2820"]


@pytest.mark.parametrize(
    "extension",
    [
        None,
        [],
        "J2820",
        [7],
        {"url": BILLING_OPTIONS},
        [{"url": BILLING_OPTIONS, "valueCodeableConcept": None}],
        [{"url": BILLING_OPTIONS, "valueCodeableConcept": "J2820"}],
        [{"url": BILLING_OPTIONS, "valueCodeableConcept": {"coding": "J2820"}}],
        [{"url": BILLING_OPTIONS, "valueCodeableConcept": {"coding": [{"system": HCPCS, "code": 2820}]}}],
        [{"url": "http://example.org/other", "valueCodeableConcept": {"coding": [hcpcs("J2820")]}}],
        [option(hcpcs("J9999")), option(LOCAL)],
    ],
)
def test_without_a_billing_code_that_is_known_the_order_is_read_as_it_stands(drafts, extension):
    concept = {"coding": [METHOTREXATE], "extension": extension}
    product = drafts.read(drafts.medication_request(drafts.instruction(), concept=concept)).product
    assert codes(product) == ["6851"]
