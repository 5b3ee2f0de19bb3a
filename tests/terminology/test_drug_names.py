"""Drugs by their names in free text."""

import pytest

from cql_like_rules.cql.values.concept import Code
from cql_like_rules.terminology import load_terminology


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Leukine", ["Leukine"]),
        ("leukine lyophilized powder vial 250 mcg", ["Leukine"]),
        ("Leukineesque", []),
        ("xLeukine", []),
        ("Leukine-like", []),
        ("Zarxio (filgrastim-sndz)", ["Zarxio", "filgrastim-sndz"]),
        ("filgrastim-zzzz", []),
        ("pegfilgrastim-jmdb", ["pegfilgrastim-jmdb"]),
        ("methotrexate sodium 50 mg", ["methotrexate"]),
        ("Darzalex Faspro", ["Darzalex Faspro"]),
        ("Darzalex, Faspro pending", ["Darzalex"]),
        ("lisinopril 10 mg", []),
        ("", []),
    ],
)
def test_drugs_are_recognised_by_whole_words(text, names):
    assert [code.display for code in load_terminology().drug_names.codes_in(text)] == names


def test_a_known_code_makes_the_text_irrelevant():
    concept = {
        "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "69634"}],
        "text": "given with Zarxio",
    }
    assert load_terminology().drugs_by_text(concept) == ()


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://snomed.info/sct", "416098002"),  # allergy to a drug
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J3490"),  # unclassified drugs
        ("http://hospital.example/drugs", "L1"),
    ],
)
def test_a_code_that_tells_no_drug_leaves_the_text_to_tell(system, code):
    concept = {"coding": [{"system": system, "code": code}], "text": "Leukine"}
    assert [found.display for found in load_terminology().drugs_by_text(concept)] == ["Leukine"]


def test_a_display_is_read_when_there_is_no_text():
    concept = {"coding": [{"system": "http://hospital.example/drugs", "code": "L1", "display": "Leukine vial"}]}
    assert [code.display for code in load_terminology().drugs_by_text(concept)] == ["Leukine"]


@pytest.mark.parametrize(
    ("system", "code", "brands"),
    [
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "203878", ("Leukine",)),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "208083", ("Leukine",)),
        ("http://hl7.org/fhir/sid/ndc", "71837-5843-01", ("Leukine",)),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "J8612", ("Xatmep",)),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "69634", ()),
        ("http://www.nlm.nih.gov/research/umls/rxnorm", "0", ()),
    ],
)
def test_a_code_tells_its_brand(system, code, brands):
    assert load_terminology().brands(Code(code, system)) == brands
