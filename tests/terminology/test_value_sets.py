"""The value sets as data: valid FHIR, each code where it belongs, confirmed and with its origin."""

from __future__ import annotations

import json
import re
import warnings
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fhir.resources.R4B.valueset import ValueSet

FOLDER = Path(__file__).parents[2] / "cql_like_rules" / "terminology"
FILES = sorted(FOLDER.glob("*.json"))
VALUE_SETS: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FILES}

CANONICAL = "https://oncology-cds.example"
PROVENANCE = f"{CANONICAL}/StructureDefinition/code-provenance"
TERM_TYPE = f"{CANONICAL}/StructureDefinition/rxnorm-term-type"

CPT = "http://www.ama-assn.org/go/cpt"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
NDC = "http://hl7.org/fhir/sid/ndc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
SYSTEMS = {
    CPT: r"\d{5}",
    ICD_10_CM: r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?",
    LOINC: r"\d{3,5}-\d",
    NDC: r"\d{11}",
    RXNORM: r"\d{3,7}",
    SNOMED: r"\d{6,18}",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": r"[A-Z]\d{4}",
    "http://www.genenames.org": r"(HGNC:)?\d+",
    "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl": r"C\d+",
    "http://nucc.org/provider-taxonomy": r"[0-9A-Z]{9}X",
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": r"[A-Z]+",
    "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration": r"[A-Z]+",
    "https://nahdo.org/sopt": r"\d+",
}

Concept = dict[str, Any]


def concepts_of(value_set_id: str) -> list[tuple[str, Concept]]:
    """Each concept of the value set with its system."""
    includes = VALUE_SETS[value_set_id]["compose"]["include"]
    return [(include["system"], concept) for include in includes for concept in include["concept"]]


def codes_of(value_set_id: str, system: str | None = None) -> set[str]:
    """The codes of the value set, of one system or of all."""
    return {concept["code"] for found, concept in concepts_of(value_set_id) if system in (None, found)}


def extension(concept: Concept, url: str) -> dict[str, str] | None:
    """The concept's extension of that url."""
    return next((found for found in concept["extension"] if found["url"] == url), None)


@pytest.fixture(scope="module")
def icd_10_cm() -> ModuleType:
    """The ICD-10-CM package, whose import warns of its own deprecated reading of files."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm
    return simple_icd_10_cm


@pytest.fixture(params=sorted(VALUE_SETS))
def value_set_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_are_value_sets() -> None:
    assert len(FILES) > 100


def test_a_value_set_is_valid_fhir(value_set_id: str) -> None:
    ValueSet.model_validate(VALUE_SETS[value_set_id])


def test_a_value_set_is_named_after_its_file_and_described(value_set_id: str) -> None:
    value_set = VALUE_SETS[value_set_id]
    assert value_set["id"] == value_set_id
    assert value_set["url"] == f"{CANONICAL}/ValueSet/{value_set_id}"
    assert value_set["name"] == "".join(word[:1].upper() + word[1:] for word in value_set_id.split("-"))
    assert value_set["status"] == "active"
    assert value_set["version"] == "2026.11"
    assert value_set["title"]
    assert value_set["description"].endswith(".")


def test_a_file_is_printed_so_that_a_new_code_is_a_few_new_lines(value_set_id: str) -> None:
    text = (FOLDER / f"{value_set_id}.json").read_text(encoding="utf-8")
    assert text == json.dumps(VALUE_SETS[value_set_id], indent=2, ensure_ascii=False) + "\n"


def test_systems_and_codes_are_sorted_and_none_is_there_twice(value_set_id: str) -> None:
    listed = [(system, concept["code"]) for system, concept in concepts_of(value_set_id)]
    assert listed == sorted(set(listed))


def test_systems_are_canonical_and_codes_have_their_form(value_set_id: str) -> None:
    for system, concept in concepts_of(value_set_id):
        assert re.fullmatch(SYSTEMS[system], concept["code"]), (system, concept["code"])


def test_every_code_has_a_display_and_tells_where_it_was_read(value_set_id: str) -> None:
    for _, concept in concepts_of(value_set_id):
        origin = extension(concept, PROVENANCE)
        assert concept["display"].strip()
        assert origin is not None, concept["code"]
        assert origin["valueString"].strip(), concept["code"]


def test_displays_carry_no_term_types_or_working_notes(value_set_id: str) -> None:
    working_note = re.compile(
        r"\[(IN|PIN|MIN|BN|SCD|SBD|GPCK|BPCK)\]|\[(category|not in|component name|SNOMED)|Addendum B|OHDSI"
    )
    for _, concept in concepts_of(value_set_id):
        assert not working_note.search(concept["display"]), concept["display"]


def test_term_types_stand_on_rxnorm_codes_only(value_set_id: str) -> None:
    for system, concept in concepts_of(value_set_id):
        term_type = extension(concept, TERM_TYPE)
        if term_type is not None:
            assert system == RXNORM
            assert term_type["valueCode"] in {"IN", "PIN", "MIN", "BN", "SCD", "SBD", "GPCK", "BPCK"}


def test_icd_10_cm_codes_exist_or_are_marked_as_retired(value_set_id: str, icd_10_cm: ModuleType) -> None:
    for system, concept in concepts_of(value_set_id):
        if system == ICD_10_CM and not icd_10_cm.is_valid_item(concept["code"]):
            origin = extension(concept, PROVENANCE)
            assert origin is not None
            assert "retired" in origin["valueString"], concept["code"]


def test_an_icd_10_cm_category_brings_all_codes_below_it(value_set_id: str, icd_10_cm: ModuleType) -> None:
    listed = codes_of(value_set_id, ICD_10_CM)
    for code in listed:
        if icd_10_cm.is_valid_item(code):
            assert set(icd_10_cm.get_descendants(code)) <= listed, code


def test_a_code_has_the_same_display_wherever_it_is_listed() -> None:
    displays = {(system, c["code"], c["display"]) for each in VALUE_SETS for system, c in concepts_of(each)}
    counted = Counter((system, code) for system, code, _ in displays)
    assert [coding for coding, count in counted.items() if count > 1] == []


VERHOEFF_PRODUCT = [
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
]
VERHOEFF_PERMUTATION = [
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
]


def has_verhoeff_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (SNOMED CT, release file specification, 5.4)."""
    state = 0
    for position, digit in enumerate(reversed(digits)):
        state = int(VERHOEFF_PRODUCT[state][int(VERHOEFF_PERMUTATION[position % 8][int(digit)])])
    return state == 0


def has_mod_10_check_digit(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others (LOINC users' guide, appendix C)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def test_check_digits_of_snomed_ct_and_loinc_codes_are_right() -> None:
    snomed = {code for each in VALUE_SETS for code in codes_of(each, SNOMED)}
    loinc = {code for each in VALUE_SETS for code in codes_of(each, LOINC)}
    assert {code for code in snomed if not has_verhoeff_check_digit(code)} == set()
    assert {code for code in loinc if not has_mod_10_check_digit(code.replace("-", ""))} == set()


def test_the_shared_filgrastim_ingredient_does_not_stand_for_zarxio() -> None:
    assert "68442" not in codes_of("zarxio")
    assert "68442" in codes_of("filgrastim-other")
    assert codes_of("zarxio").isdisjoint(codes_of("filgrastim-other"))
    assert {"1605067", "1605064", "Q5101"} <= codes_of("zarxio")


def test_growth_factors_are_short_or_long_acting_and_leave_sargramostim_out() -> None:
    short, long = codes_of("csf-short-acting"), codes_of("csf-long-acting")
    assert short.isdisjoint(long)
    assert short == codes_of("zarxio") | codes_of("filgrastim-other")
    assert codes_of("colony-stimulating-factors") == short | long
    assert codes_of("sargramostim").isdisjoint(short | long)


def test_lymph_node_metastases_alone_are_not_metastatic_cancer() -> None:
    assert not [code for code in codes_of("metastatic-cancer", ICD_10_CM) if code.startswith("C77")]
    assert [code for code in codes_of("malignant-neoplasm", ICD_10_CM) if code.startswith("C77")]


def test_every_icd_10_cm_cancer_is_a_malignant_neoplasm(icd_10_cm: ModuleType) -> None:
    chapter = {code for code in icd_10_cm.get_all_codes() if re.match(r"C\d.(\.|$)", code)}
    assert codes_of("malignant-neoplasm", ICD_10_CM) == chapter


@pytest.mark.parametrize("stage", ["stage-1-2", "stage-3", "stage-4"])
def test_a_stage_belongs_to_one_stage_set(stage: str) -> None:
    others = {"stage-1-2", "stage-3", "stage-4"} - {stage}
    assert all(codes_of(stage).isdisjoint(codes_of(other)) for other in others)


def test_hematology_alone_is_not_oncology_but_hematology_oncology_is_both() -> None:
    both = codes_of("oncology-specialty") & codes_of("hematology-specialty")
    assert both == {"207RH0003X", "2080P0207X"}
    assert "207RH0000X" not in codes_of("oncology-specialty")
    assert codes_of("oncology-specialty").isdisjoint(
        codes_of("oncology-specialty-to-confirm") | codes_of("oncology-nonphysician")
    )


def test_only_ionizing_radiation_counts_as_exposure() -> None:
    assert {code[:3] for code in codes_of("ionizing-radiation-exposure")} == {"W88"}


def test_a_donor_graft_of_unknown_source_is_no_marrow_transplant() -> None:
    assert codes_of("allogeneic-stem-cell-transplant").isdisjoint(codes_of("allogeneic-bone-marrow-transplant"))
    assert codes_of("autologous-stem-cell-transplant").isdisjoint(codes_of("autologous-bone-marrow-transplant"))


def test_brands_of_methotrexate_share_no_code() -> None:
    sets = ["otrexup", "rasuvo", "reditrex", "xatmep", "jylamvo", "trexall", "methotrexate-prefilled-unbranded"]
    counted = Counter(code for each in sets for code in codes_of(each))
    assert [code for code, count in counted.items() if count > 1] == []


def test_lung_cancer_without_cell_type_is_not_non_small_cell_lung_cancer() -> None:
    assert codes_of("nsclc", ICD_10_CM) == set()
    assert codes_of("sclc", ICD_10_CM) == set()


def test_the_intravenous_and_the_subcutaneous_daratumumab_share_no_code() -> None:
    assert codes_of("daratumumab-intravenous").isdisjoint(codes_of("daratumumab-hyaluronidase"))
