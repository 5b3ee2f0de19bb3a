"""The examples are what their index and README say, valid FHIR, and coded with nothing but known codes."""

from __future__ import annotations

import json
import re
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

import cql_like_rules.terminology
from cds_service.cdshooks.envelope import OrderSignRequest
from cql_like_rules.cql.values import ucum

RULES = Path(cql_like_rules.terminology.__file__).parents[1]
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem/"
LOCAL = "https://oncology-cds.example/CodeSystem/"

# Codes that no rule asks for, from HL7's own code systems, from the project's, and two laboratory tests.
OTHER_CODES: Mapping[str, frozenset[str]] = {
    HL7 + "adverse-event-outcome": frozenset({"resolved"}),
    HL7 + "adverse-event-severity": frozenset({"moderate"}),
    HL7 + "allergyintolerance-clinical": frozenset({"active"}),
    HL7 + "allergyintolerance-verification": frozenset({"confirmed"}),
    HL7 + "condition-category": frozenset({"problem-list-item", "encounter-diagnosis"}),
    HL7 + "condition-clinical": frozenset({"active", "relapse", "remission"}),
    HL7 + "condition-ver-status": frozenset({"confirmed"}),
    HL7 + "coverage-class": frozenset({"plan"}),
    HL7 + "dose-rate-type": frozenset({"ordered"}),
    HL7 + "medicationrequest-category": frozenset({"inpatient", "outpatient"}),
    HL7 + "observation-category": frozenset({"exam", "laboratory", "therapy", "vital-signs"}),
    HL7 + "subscriber-relationship": frozenset({"self"}),
    HL7 + "v2-0203": frozenset({"MR"}),
    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category": frozenset({"clinical-note"}),
    LOCAL + "attestation": frozenset(
        {"before-danyelza-day-1", "fda-approved", "locally-advanced", "nccn-recommended", "single-agent"}
    ),
    LOCAL + "document-kind": frozenset({"dose-evidence"}),
    "http://loinc.org": frozenset({"718-7", "777-3"}),
}
Objects = Callable[[Any], Iterator[dict[str, Any]]]
POLICIES = sorted({file.parent.name.partition("@")[0] for file in (RULES / "policies").glob("*/policy.cql")})
# Known to the EHR alone, and not part of what a request brings.
NOT_SENT = frozenset({"Encounter", "Practitioner"})


@cache
def icd_10_cm() -> Any:
    """The package of ICD-10-CM codes, which uses a deprecated way of reading its own data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm
    return simple_icd_10_cm


@cache
def displays() -> Mapping[tuple[str, str], frozenset[str]]:
    """The displays of every code in the value sets, by system and code."""
    found: dict[tuple[str, str], set[str]] = {}
    for file in Path(cql_like_rules.terminology.__file__).parent.glob("*.json"):
        for include in json.loads(file.read_text(encoding="utf-8"))["compose"]["include"]:
            for concept in include["concept"]:
                found.setdefault((include["system"], concept["code"]), set()).add(concept["display"])
    return {key: frozenset(values) for key, values in found.items()}


def is_known(system: str, code: str) -> bool:
    if system == ICD_10_CM:
        return bool(icd_10_cm().is_valid_item(code))
    if system == UCUM:
        return ucum.is_valid(code)
    return (system, code) in displays() or code in OTHER_CODES.get(system, frozenset())


def anchor(heading: str) -> str:
    """The fragment by which a heading is linked to."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def codings(value: Any, all_objects: Objects) -> list[dict[str, Any]]:
    return [each for each in all_objects(value) if "system" in each and "code" in each]


def test_every_file_is_in_the_index_once(folder: Path, examples: list[Any]) -> None:
    files = sorted(f"order-sign/{file.name}" for file in (folder / "order-sign").iterdir())
    assert sorted(example.promise["file"] for example in examples) == files
    assert len(files) >= 16


def test_the_table_of_the_readme_says_what_the_index_says(folder: Path, examples: list[Any]) -> None:
    rows = re.findall(r"^\| \[(.+?)\]\((.+?)\) \| (.+?) \| (.+?) \|$", (folder / "README.md").read_text("utf-8"), re.M)
    assert rows == [
        (example.name, example.promise["file"], example.promise["title"], example.promise["expect"])
        for example in examples
    ]


def test_the_readme_of_the_project_counts_them(folder: Path) -> None:
    sections = (folder / "README.md").read_text("utf-8").split("\n## ")[1:]
    count = {anchor(section.partition("\n")[0]): section.count("](order-sign/") for section in sections}
    links = re.findall(
        r"\[(\d+)\]\(fhir_examples/README\.md#(\S+?)\)", (folder.parent / "README.md").read_text("utf-8")
    )
    assert len(links) == len(POLICIES)
    assert links == [(str(count[link]), link) for _, link in links]


def test_the_index_promises_in_words_that_a_machine_can_check(example: Any) -> None:
    promise = example.promise
    assert promise.keys() == {"file", "title", "expect", "determinations", "cards", "criteria", "suggestions"}
    assert all(
        re.fullmatch(r"[A-Z0-9.]+:(met|not-met|missing-information)", each) for each in promise["determinations"]
    )
    assert all(re.fullmatch(r"[a-z-]+:(info|warning|critical)", card) for card in promise["cards"])
    assert set(promise["criteria"].values()) <= {"met", "not-met", "missing"}
    assert promise["expect"].endswith(".")


def test_a_promise_names_criteria_of_the_policies_that_answer(example: Any) -> None:
    answering = {each.partition(":")[0] for each in example.promise["determinations"]}
    assert {criterion.partition("/")[0] for criterion in example.promise["criteria"]} == answering


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_has_examples_of_every_kind_of_determination(policy: str, examples: list[Any]) -> None:
    about = [each for example in examples for each in example.promise["determinations"]]
    statuses = [status for name, _, status in (each.partition(":") for each in about) if name == policy]
    assert len(statuses) >= 10
    assert set(statuses) == {"met", "not-met", "missing-information"}


def test_there_are_orders_that_no_policy_is_about(examples: list[Any]) -> None:
    assert [example.name for example in examples if not example.promise["determinations"]]


def test_several_policies_answer_in_one_signing(examples: list[Any]) -> None:
    several = [{each.partition(":")[0] for each in example.promise["determinations"]} for example in examples]
    assert {"DARA.REVIEW", "LA.PHAR.309"} in several


def test_an_example_is_written_with_two_spaces(folder: Path, example: Any) -> None:
    text = (folder / example.promise["file"]).read_text(encoding="utf-8")
    assert text == json.dumps(example.request, indent=2, ensure_ascii=False) + "\n"


def test_an_example_is_a_call_of_order_sign(example: Any) -> None:
    request = OrderSignRequest.model_validate(example.request)
    assert request.hook == "order-sign"
    assert request.context.orders().for_drugs


def test_ids_are_uuids_and_no_two_resources_share_one(examples: list[Any], all_objects: Objects) -> None:
    seen: set[str] = set()
    for example in examples:
        for resource in all_objects(example.request):
            # Contained resources have ids of their own kind.
            if "resourceType" in resource and "id" in resource and resource["resourceType"] != "Medication":
                uuid.UUID(resource["id"])
                assert resource["id"] not in seen
                seen.add(resource["id"])


def test_orders_are_dated_in_2026(example: Any) -> None:
    for draft in example.drafts:
        assert draft["authoredOn"].startswith("2026-")


def test_every_resource_is_valid_fhir(well_formed: Any) -> None:
    for resource in well_formed.resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


def test_the_sloppy_client_is_not_valid_fhir(examples: list[Any]) -> None:
    sloppy = next(example for example in examples if example.name == "leukine-sloppy-client")
    bundle = sloppy.request["context"]["draftOrders"]
    with pytest.raises(ValueError, match="validation error"):
        get_fhir_model_class("Bundle").model_validate(bundle)


def test_every_code_is_a_known_one(well_formed: Any, all_objects: Objects) -> None:
    unknown = [each for each in codings(well_formed.request, all_objects) if not is_known(each["system"], each["code"])]
    assert unknown == []


def test_a_display_is_the_one_of_its_code(well_formed: Any, all_objects: Objects) -> None:
    for each in codings(well_formed.request, all_objects):
        if each["system"] == ICD_10_CM:
            assert each["display"] == icd_10_cm().get_description(each["code"])
            assert icd_10_cm().is_leaf(each["code"])
        elif (each["system"], each["code"]) in displays():
            assert each["display"] in displays()[each["system"], each["code"]]


def test_every_reference_is_to_a_resource_of_the_request(well_formed: Any, all_objects: Objects) -> None:
    everything = list(all_objects(well_formed.request))
    there = {f"{each['resourceType']}/{each['id']}" for each in everything if "resourceType" in each and "id" in each}
    for each in everything:
        reference = each.get("reference")
        if isinstance(reference, str) and reference.partition("/")[0] not in NOT_SENT:
            assert reference in there or f"Medication/{reference.removeprefix('#')}" in there


def test_everything_is_about_the_patient_of_the_call(well_formed: Any, all_objects: Objects) -> None:
    patient = f"Patient/{well_formed.request['context']['patientId']}"
    about = [
        each[key]["reference"]
        for each in all_objects(well_formed.request)
        for key in ("subject", "patient", "beneficiary")
        if isinstance(each.get(key), dict) and "reference" in each[key]
    ]
    assert set(about) == {patient}


def test_leukine_is_named_in_every_way_that_is_understood(examples: list[Any]) -> None:
    ways = set()
    for example in examples:
        if not example.name.startswith("leukine"):
            continue
        order = example.drafts[0]
        concept = order.get("medicationCodeableConcept")
        ways.add("contained" if concept is None else tuple(code["system"] for code in concept.get("coding", ())))
    rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm"
    hcpcs = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
    assert ways >= {"contained", (), (rxnorm,), (rxnorm, hcpcs), ("http://hl7.org/fhir/sid/ndc",)}
