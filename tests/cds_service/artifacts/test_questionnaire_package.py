"""`$questionnaire-package`: which forms are given, with what, and what is said of the rest."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cds_service.artifacts.collection import Artifacts
from cds_service.artifacts.questionnaire_package import QuestionnairePackages, expanded
from cds_service.cdshooks.outcome import CallRefused
from cds_service.crd.coverage_information import URL as COVERAGE_INFORMATION
from cds_service.crd.versions import Edition
from cds_service.deciding import PolicyDecider
from cds_service.validation import problems_of
from cql_like_rules.policy import Policy
from cql_like_rules.questions import form_for
from cql_like_rules.terminology import Terminology

EXAMPLES = Path(__file__).parents[3] / "fhir_examples" / "order-sign"
NOW = datetime.datetime(2026, 11, 21, 12, 30, tzinfo=datetime.UTC)
QUESTIONNAIRE = "https://oncology-cds.example/Questionnaire/CP.PHAR.295-I.A"
COVERAGE = {"resourceType": "Coverage", "id": "c1", "status": "active", "beneficiary": {"reference": "Patient/p1"}}

Json = dict[str, Any]
Packaged = Callable[..., Json]


@pytest.fixture(scope="session")
def decider(policies: tuple[Policy, ...], shipped_terminology: Terminology) -> PolicyDecider:
    return PolicyDecider(policies, shipped_terminology)


@pytest.fixture
def packages(
    artifacts: Artifacts, decider: PolicyDecider, shipped_terminology: Terminology
) -> Callable[..., QuestionnairePackages]:
    return lambda **options: QuestionnairePackages(artifacts, decider, shipped_terminology, **options)


@pytest.fixture
def packaged(packages: Any) -> Packaged:
    """The answer to parameters: pairs of a name and a resource, an address or a text."""

    def of(*parameters: tuple[str, Any], **options: Any) -> Json:
        listed = [{"name": name, **value_of(name, value)} for name, value in parameters]
        answer: Json = packages(**options).answer({"resourceType": "Parameters", "parameter": listed}, NOW)
        return answer

    return of


def value_of(name: str, value: Any) -> Json:
    if isinstance(value, dict):
        return {"resource": value}
    return {{"questionnaire": "valueCanonical", "changedsince": "valueInstant"}.get(name, "valueString"): value}


@pytest.fixture
def example() -> Callable[[str], list[tuple[str, Json]]]:
    """The parameters that the client of an example sends: its first order, its coverage, and the rest of the record."""

    def of(name: str) -> list[tuple[str, Json]]:
        request = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
        prefetch = request["prefetch"]
        return [
            ("order", request["context"]["draftOrders"]["entry"][0]["resource"]),
            ("coverage", prefetch.pop("coverage")["entry"][0]["resource"]),
            *(("referenced", resource) for resource in prefetch.values()),
        ]

    return of


def bundles(answer: Mapping[str, Any]) -> list[list[Json]]:
    """The resources of each package."""
    found = [part["resource"] for part in answer["parameter"] if part["name"] == "PackageBundle"]
    return [[entry["resource"] for entry in bundle["entry"]] for bundle in found]


def named(answer: Mapping[str, Any]) -> list[str]:
    """The ids of the questionnaires that are given."""
    return [package[0]["id"] for package in bundles(answer)]


def issues(answer: Mapping[str, Any]) -> list[Json]:
    return [issue for part in answer["parameter"] if part["name"] == "Outcome" for issue in part["resource"]["issue"]]


# --- by address ------------------------------------------------------------------------------------------------------


def test_a_questionnaire_is_found_by_its_address(packaged: Packaged) -> None:
    answer = packaged(("questionnaire", QUESTIONNAIRE))
    assert named(answer) == ["CP.PHAR.295-I.A"]
    assert issues(answer) == []


def test_a_questionnaire_is_found_by_its_address_and_version(packaged: Packaged, policies: tuple[Policy, ...]) -> None:
    version = next(policy.version for policy in policies if policy.id == "CP.PHAR.295")
    assert named(packaged(("questionnaire", f"{QUESTIONNAIRE}|{version}"))) == ["CP.PHAR.295-I.A"]


@pytest.mark.parametrize(
    "address",
    [f"{QUESTIONNAIRE}|1999", "https://elsewhere.example/Questionnaire/1", "https://oncology-cds.example/Library/Plan"],
)
def test_what_is_not_held_is_told_beside_what_is(packaged: Packaged, address: str) -> None:
    answer = packaged(("questionnaire", address), ("questionnaire", QUESTIONNAIRE))
    assert named(answer) == ["CP.PHAR.295-I.A"]
    (issue,) = issues(answer)
    assert (issue["severity"], issue["code"]) == ("warning", "not-found")
    assert issue["expression"] == ["Parameters.parameter[0].value"]
    assert "elsewhere" not in json.dumps(issue)


def test_a_questionnaire_that_is_named_twice_is_given_once(packaged: Packaged) -> None:
    assert named(packaged(("questionnaire", QUESTIONNAIRE), ("questionnaire", QUESTIONNAIRE))) == ["CP.PHAR.295-I.A"]


def test_where_questionnaires_are_named_orders_call_for_no_others(packaged: Packaged, example: Any) -> None:
    answer = packaged(("questionnaire", QUESTIONNAIRE), *example("jylamvo-swallowing-not-documented"))
    assert named(answer) == ["CP.PHAR.295-I.A"]


# --- by order --------------------------------------------------------------------------------------------------------


def test_an_order_calls_for_the_questionnaire_of_what_is_missing(packaged: Packaged, example: Any) -> None:
    answer = packaged(*example("jylamvo-swallowing-not-documented"))
    assert named(answer) == ["CP.PHAR.134-I.B"]
    assert issues(answer) == []


def test_several_orders_call_for_theirs(packaged: Packaged, example: Any) -> None:
    first = example("leukine-aml-zarxio-outcome-unknown")
    order = {**first[0][1], "id": "another"}
    (package,) = bundles(packaged(*first, ("order", order)))
    contexts = [each["valueReference"]["reference"] for each in package[1]["extension"] if "valueReference" in each]
    assert contexts == [
        f"Coverage/{first[1][1]['id']}",
        f"MedicationRequest/{first[0][1]['id']}",
        "MedicationRequest/another",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rasuvo-weekly-met", "leaves nothing open"),
        ("darzalex-no-antibody-screen", "No policy here is about this order"),
    ],
)
def test_an_order_that_needs_none_is_told_so(packaged: Packaged, example: Any, name: str, text: str) -> None:
    answer = packaged(*example(name))
    assert named(answer) == []
    (issue,) = issues(answer)
    assert issue["severity"] == "information"
    assert text in issue["details"]["text"]
    assert issue["expression"] == ["Parameters.parameter[0]"]


def test_an_order_of_another_type_needs_none(packaged: Packaged) -> None:
    order = {"resourceType": "ServiceRequest", "id": "s1", "subject": {"reference": "Patient/p1"}}
    answer = packaged(("coverage", COVERAGE), ("order", order))
    assert named(answer) == []
    assert "No policy here" in issues(answer)[0]["details"]["text"]


def test_a_rule_that_fails_is_told(
    artifacts: Artifacts, shipped_terminology: Terminology, tiny: Any, criterion_define: Any
) -> None:
    failing = tiny.policy(criterion_define("I", "singleton from { true, false }"))
    packages = QuestionnairePackages(artifacts, PolicyDecider([failing], shipped_terminology), shipped_terminology)
    listed = [{"name": "coverage", "resource": COVERAGE}, {"name": "order", "resource": tiny.request()}]
    (issue,) = issues(packages.answer({"resourceType": "Parameters", "parameter": listed}, NOW))
    assert (issue["severity"], issue["code"]) == ("warning", "exception")


# --- by context ------------------------------------------------------------------------------------------------------


def asserted(order: Json, assertion: str, canonical: str) -> Json:
    parts = [
        {"url": "coverage-assertion-id", "valueString": assertion},
        {"url": "questionnaire", "valueCanonical": canonical},
    ]
    return {**order, "extension": [{"url": COVERAGE_INFORMATION, "extension": parts}]}


ORDER = {"resourceType": "MedicationRequest", "id": "m1", "subject": {"reference": "Patient/p1"}}


def test_the_context_calls_for_what_its_assertion_named_on_the_order(packaged: Packaged) -> None:
    order = asserted(ORDER, "a1", QUESTIONNAIRE)
    assert named(packaged(("coverage", COVERAGE), ("order", order), ("context", "a1"))) == ["CP.PHAR.295-I.A"]
    assert named(packaged(("coverage", COVERAGE), ("order", order), ("context", "a2"))) == []


def test_the_context_calls_for_what_is_remembered_of_it(packaged: Packaged) -> None:
    memory = {"a1": (QUESTIONNAIRE,)}
    answer = packaged(("coverage", COVERAGE), ("context", "a1"), recalled=lambda each: memory.get(each, ()))
    assert named(answer) == ["CP.PHAR.295-I.A"]
    assert issues(answer) == []


def test_a_context_of_which_nothing_is_known_is_told_with_what_to_do(packaged: Packaged) -> None:
    answer = packaged(("coverage", COVERAGE), ("context", "nobody"))
    assert named(answer) == []
    (issue,) = issues(answer)
    assert (issue["severity"], issue["code"]) == ("warning", "not-found")
    assert "Send the orders" in issue["details"]["text"]


# --- what is in a package --------------------------------------------------------------------------------------------


def test_a_package_is_valid_and_begins_with_the_questionnaire(packaged: Packaged, example: Any) -> None:
    answer = packaged(*example("jylamvo-swallowing-not-documented"))
    assert list(problems_of(answer)) == []
    (bundle,) = [part["resource"] for part in answer["parameter"]]
    assert bundle["type"] == "collection"
    assert [entry["resource"]["resourceType"] for entry in bundle["entry"]][:3] == [
        "Questionnaire",
        "QuestionnaireResponse",
        "Library",
    ]
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(addresses) == len(set(addresses))


def test_all_that_the_libraries_depend_on_is_in_the_package(packaged: Packaged) -> None:
    (package,) = bundles(packaged(("questionnaire", QUESTIONNAIRE)))
    held = {f"{each['url']}|{each['version']}" for each in package if each["resourceType"] in ("Library", "ValueSet")}
    related = [artifact for each in package for artifact in each.get("relatedArtifact", ())]
    needed = {artifact["resource"] for artifact in related if artifact["type"] == "depends-on"}
    assert "https://oncology-cds.example/Library/Attestations|1.0.0" in needed
    assert needed <= held


def test_a_questionnaire_without_expressions_needs_no_library(packaged: Packaged, policies: tuple[Policy, ...]) -> None:
    policy = next(policy for policy in policies if policy.id == "CP.PHAR.295")
    form = form_for(policy, "I")
    assert form is not None
    assert not any(question.define for question in form.questions)
    (package,) = bundles(packaged(("questionnaire", form.canonical)))
    assert [each["resourceType"] for each in package] == ["Questionnaire"]


def test_the_draft_says_for_whom_on_which_coverage_and_for_which_order(packaged: Packaged, example: Any) -> None:
    parameters = example("jylamvo-swallowing-not-documented")
    (package,) = bundles(packaged(*parameters))
    questionnaire, draft = package[0], package[1]
    assert draft["status"] == "in-progress"
    assert draft["questionnaire"] == f"{questionnaire['url']}|{questionnaire['version']}"
    assert draft["subject"]["reference"] == parameters[1][1]["beneficiary"]["reference"]
    assert draft["authored"] == "2026-11-21T12:30:00+00:00"
    contexts = [each["valueReference"]["reference"] for each in draft["extension"] if "valueReference" in each]
    assert contexts == [f"Coverage/{parameters[1][1]['id']}", f"MedicationRequest/{parameters[0][1]['id']}"]
    (use,) = [each["valueCodeableConcept"] for each in draft["extension"] if "valueCodeableConcept" in each]
    assert use["coding"][0]["code"] == "withpa"


def test_the_draft_has_an_item_for_each_question_and_no_answer(packaged: Packaged, example: Any) -> None:
    (package,) = bundles(packaged(*example("jylamvo-swallowing-not-documented")))
    assert shape(package[1]["item"]) == shape(package[0]["item"])
    assert "answer" not in json.dumps(package[1])


def shape(items: list[Json]) -> list[Any]:
    """The links of what is asked, nested as it is."""
    return [
        [item["linkId"], *([shape(item["item"])] if "item" in item and item.get("type", "group") == "group" else [])]
        for item in items
        if item.get("type") != "display"
    ]


def test_there_is_no_draft_for_nobody(packaged: Packaged) -> None:
    (package,) = bundles(packaged(("questionnaire", QUESTIONNAIRE)))
    assert {each["resourceType"] for each in package} == {"Questionnaire", "Library", "ValueSet"}


def test_the_same_request_has_the_same_package(packaged: Packaged, example: Any) -> None:
    parameters = example("jylamvo-swallowing-not-documented")
    assert packaged(*parameters) == packaged(*parameters)


def test_small_value_sets_are_expanded_and_large_ones_are_not(packaged: Packaged) -> None:
    (package,) = bundles(packaged(("questionnaire", QUESTIONNAIRE)))
    for value_set in (each for each in package if each["resourceType"] == "ValueSet"):
        codes = [code["code"] for include in value_set["compose"]["include"] for code in include["concept"]]
        if len(codes) < 40:
            assert [code["code"] for code in value_set["expansion"]["contains"]] == codes
            assert value_set["expansion"]["total"] == len(codes)
        else:
            assert "expansion" not in value_set


@pytest.mark.parametrize(
    "compose",
    [
        {"include": [{"system": "s", "filter": [{"property": "p", "op": "=", "value": "v"}]}]},
        {"include": [{"valueSet": ["https://elsewhere.example/ValueSet/1"]}]},
        {"include": [{"system": "s", "concept": [{"code": "1"}]}], "exclude": [{"system": "s"}]},
        {"include": []},
    ],
)
def test_a_value_set_that_does_not_list_its_codes_stays_as_it_is(compose: Json) -> None:
    value_set = {"resourceType": "ValueSet", "compose": compose}
    assert expanded(value_set, NOW) == value_set


def test_the_parts_are_named_as_the_edition_names_them(packaged: Packaged) -> None:
    parameters = [("questionnaire", QUESTIONNAIRE), ("questionnaire", "https://elsewhere.example/1")]
    assert [part["name"] for part in packaged(*parameters)["parameter"]] == ["PackageBundle", "Outcome"]
    newer = packaged(*parameters, edition=Edition.STU_2_2)
    assert [part["name"] for part in newer["parameter"]] == ["packagebundle", "outcome"]


# --- what cannot be read ---------------------------------------------------------------------------------------------


@pytest.fixture
def refusal(packages: Any) -> Callable[[Any], list[tuple[str, str]]]:
    """Code and place of each issue of a request that is refused."""

    def of(parameters: Any) -> list[tuple[str, str]]:
        with pytest.raises(CallRefused) as refused:
            packages().answer(parameters, NOW)
        assert refused.value.status == 400
        return [(issue.code, issue.expression) for issue in refused.value.issues]

    return of


@pytest.mark.parametrize("body", [None, [], "x", 1, {}, {"resourceType": "Bundle"}])
def test_what_is_no_parameters_is_refused(refusal: Any, body: Any) -> None:
    assert refusal(body) == [("structure", "")]


@pytest.mark.parametrize("listed", [None, {}, "x", 1, [1], [None], [[]]])
def test_parameters_that_are_no_list_of_objects_are_refused(refusal: Any, listed: Any) -> None:
    assert refusal({"resourceType": "Parameters", "parameter": listed}) == [("structure", "Parameters.parameter")]


PLACE = "Parameters.parameter[0]"
ANY = {"name": "questionnaire", "valueCanonical": QUESTIONNAIRE}


@pytest.mark.parametrize(
    ("parameter", "issue"),
    [
        ({"name": "coverage"}, ("value", f"{PLACE}.resource")),
        ({"name": "coverage", "resource": 5}, ("value", f"{PLACE}.resource")),
        ({"name": "coverage", "resource": {"resourceType": "Patient"}}, ("value", f"{PLACE}.resource")),
        ({"name": "order", "resource": []}, ("value", f"{PLACE}.resource")),
        ({"name": "order", "resource": {"resourceType": 7}}, ("value", f"{PLACE}.resource")),
        ({"name": "order", "resource": {"resourceType": "ServiceRequest"}}, ("required", f"{PLACE}.resource.id")),
        ({"name": "questionnaire"}, ("value", f"{PLACE}.value")),
        ({"name": "questionnaire", "valueCanonical": ["x"]}, ("value", f"{PLACE}.value")),
        ({"name": "context", "valueString": 5}, ("value", f"{PLACE}.value")),
        ({"name": "changedsince", "valueInstant": "yesterday"}, ("value", f"{PLACE}.value")),
        ({"name": "changedsince"}, ("value", f"{PLACE}.value")),
    ],
)
def test_a_parameter_of_a_wrong_type_is_refused_with_its_place(refusal: Any, parameter: Json, issue: Any) -> None:
    assert refusal({"resourceType": "Parameters", "parameter": [parameter, ANY]}) == [issue]


def test_everything_that_is_wrong_is_told_at_once(refusal: Any) -> None:
    wrong = [{"name": "coverage"}, {"name": "order"}]
    assert len(refusal({"resourceType": "Parameters", "parameter": wrong})) == 3


@pytest.mark.parametrize("listed", [{}, {"parameter": []}, {"parameter": [{"name": "coverage", "resource": COVERAGE}]}])
def test_a_request_that_does_not_say_which_forms_is_refused(refusal: Any, listed: Json) -> None:
    assert refusal({"resourceType": "Parameters", **listed}) == [("required", "Parameters.parameter")]


@pytest.mark.parametrize("asked", [("order", ORDER), ("context", "a1")])
def test_orders_without_a_coverage_are_refused(refusal: Any, asked: tuple[str, Any]) -> None:
    parameter = {"name": asked[0], **value_of(*asked)}
    assert refusal({"resourceType": "Parameters", "parameter": [parameter]}) == [("required", "Parameters.parameter")]


def test_a_second_context_is_refused(refusal: Any) -> None:
    twice = [{"name": "context", "valueString": "a"}, {"name": "context", "valueString": "b"}]
    coverage = {"name": "coverage", "resource": COVERAGE}
    assert refusal({"resourceType": "Parameters", "parameter": [*twice, coverage]}) == [
        ("value", "Parameters.parameter[1].value")
    ]


def test_orders_and_coverages_of_several_patients_are_refused(refusal: Any) -> None:
    other = {**ORDER, "subject": {"reference": "Patient/p2"}}
    listed = [{"name": "coverage", "resource": COVERAGE}, {"name": "order", "resource": other}]
    assert refusal({"resourceType": "Parameters", "parameter": listed}) == [("invalid", "Parameters.parameter")]


@pytest.mark.parametrize("subject", ["https://ehr.example/fhir/Patient/p1", "Patient/p1/_history/3"])
def test_one_patient_may_be_referred_to_in_several_ways(packaged: Packaged, subject: str) -> None:
    order = {**ORDER, "subject": {"reference": subject}}
    answer = packaged(("questionnaire", QUESTIONNAIRE), ("coverage", COVERAGE), ("order", order))
    (package,) = bundles(answer)
    assert package[1]["subject"] == {"reference": "Patient/p1"}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ({"name": "questionnaire", "valueUri": QUESTIONNAIRE}, "CP.PHAR.295-I.A"),
        ({"name": "questionnaire", "valueUrl": QUESTIONNAIRE}, "CP.PHAR.295-I.A"),
        ({"name": "questionnaire", "valueString": QUESTIONNAIRE}, "CP.PHAR.295-I.A"),
    ],
)
def test_an_address_is_taken_in_any_type_of_text(packages: Any, parameter: Json, value: str) -> None:
    answer = packages().answer({"resourceType": "Parameters", "parameter": [parameter]}, NOW)
    assert named(answer) == [value]


@pytest.mark.parametrize("time", ["2026-01-01T00:00:00Z", "2026-01-01"])
def test_a_package_may_always_have_changed(packaged: Packaged, time: str) -> None:
    assert named(packaged(("questionnaire", QUESTIONNAIRE), ("changedsince", time))) == ["CP.PHAR.295-I.A"]


@pytest.mark.parametrize(
    "extra", [{}, {"name": 7}, {"name": "hint", "valueString": "x"}, {"name": "referenced", "resource": 3}]
)
def test_parameters_that_nobody_knows_are_passed_over(packages: Any, extra: Json) -> None:
    answer = packages().answer({"resourceType": "Parameters", "parameter": [extra, ANY]}, NOW)
    assert named(answer) == ["CP.PHAR.295-I.A"]


@pytest.mark.parametrize("junk", [5, "x", [], {}, [1], {"reference": 5}, [{"url": 3}]])
@pytest.mark.parametrize(
    "member", ["subject", "extension", "medicationCodeableConcept", "dosageInstruction", "reasonCode"]
)
def test_nonsense_in_an_order_breaks_nothing(packaged: Packaged, member: str, junk: Any) -> None:
    order = {**asserted(ORDER, "a1", QUESTIONNAIRE), member: junk}
    answer = packaged(("coverage", COVERAGE), ("order", order), ("context", "a1"))
    assert answer["resourceType"] == "Parameters"
    assert answer["parameter"]
