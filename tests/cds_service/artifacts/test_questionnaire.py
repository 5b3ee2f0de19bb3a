"""Forms as FHIR Questionnaires."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cds_service.artifacts.questionnaire import (
    ATTESTATION,
    CQF_LIBRARY,
    INITIAL_EXPRESSION,
    ITEM_CONTROL,
    LAUNCH_CONTEXT,
    UNIT_OPTION,
    attestation_code_system,
    questionnaires_of,
)
from cds_service.validation import problems_of
from cql_like_rules.policy import LIBRARY, Policy, load_policy
from cql_like_rules.questions import forms_of

HEAD = """library T_1 version '1.0'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
include Attestations version '1.0.0' called Attestations
codesystem "RxNorm": 'http://www.nlm.nih.gov/research/umls/rxnorm'
code "Drug": '203878' from "RxNorm" display 'Leukine'
parameter "Order" Tuple { date Date, product System.Concept, perDay System.Quantity, perDayPerM2 System.Quantity }
context Patient
define "Applies": true
define "Phase": 'initial'
define "Section": 'I'
"""

Json = dict[str, Any]


@pytest.fixture
def policy(tiny: Any) -> Callable[..., Policy]:
    def of(defines: str, **options: Any) -> Policy:
        folder = tiny.written(defines, head=HEAD, shared="", **options)
        return load_policy(folder, tiny.terminology, LIBRARY)

    return of


@pytest.fixture
def questionnaire(policy: Any) -> Callable[..., Json]:
    """The one Questionnaire of a policy with these defines."""

    def of(defines: str, **options: Any) -> Json:
        (made,) = questionnaires_of(policy(defines, **options))
        assert list(problems_of(made)) == []
        return made

    return of


@pytest.fixture
def asked(questionnaire: Any) -> Callable[..., list[Json]]:
    """The items of that Questionnaire below the line that says how to answer."""
    return lambda defines, **options: questionnaire(defines, **options)["item"][1:]


def every_item(items: list[Json]) -> Iterator[Json]:
    for item in items:
        yield item
        yield from every_item(item.get("item", []))


def extensions(element: Json, url: str) -> list[Json]:
    return [extension for extension in element.get("extension", []) if extension["url"] == url]


# --- those that are shipped ------------------------------------------------------------------------------------------


def test_every_form_of_every_policy_is_a_valid_questionnaire(policies: tuple[Policy, ...]) -> None:
    for shipped in policies:
        made = questionnaires_of(shipped)
        assert [each["id"] for each in made] == [form.id for form in forms_of(shipped)]
        for each in made:
            assert list(problems_of(each)) == []


def test_no_link_stands_twice_in_a_questionnaire(policies: tuple[Policy, ...]) -> None:
    for made in (each for shipped in policies for each in questionnaires_of(shipped)):
        links = [item["linkId"] for item in every_item(made["item"])]
        assert len(links) == len(set(links))


def test_a_question_is_at_most_one_group_down(policies: tuple[Policy, ...]) -> None:
    for made in (each for shipped in policies for each in questionnaires_of(shipped)):
        for group in (item for item in made["item"] if item["type"] == "group"):
            assert {item["type"] for item in group["item"]}.isdisjoint({"group"})


def test_every_expression_names_a_define_of_the_library_that_the_questionnaire_names(
    policies: tuple[Policy, ...],
) -> None:
    found = 0
    for shipped in policies:
        for made in questionnaires_of(shipped):
            for item in every_item(made["item"]):
                for extension in extensions(item, INITIAL_EXPRESSION):
                    library, define = extension["valueExpression"]["expression"].strip('"').split('"."')
                    assert library == shipped.library.name
                    assert define in shipped.library.defines
                    (named,) = extensions(made, CQF_LIBRARY)
                    assert named["valueCanonical"] == f"{shipped.url}|{shipped.version}"
                    found += 1
    assert found > 0


def test_every_chosen_code_is_of_the_code_system(policies: tuple[Policy, ...]) -> None:
    system = attestation_code_system(policies)
    assert list(problems_of(system)) == []
    codes = {concept["code"] for concept in system["concept"]}
    offered = {
        option["valueCoding"]["code"]
        for shipped in policies
        for made in questionnaires_of(shipped)
        for item in every_item(made["item"])
        for option in item.get("answerOption", [])
    }
    assert offered == codes
    assert system["url"] == ATTESTATION


# --- its head --------------------------------------------------------------------------------------------------------


def test_its_address_version_and_names_are_those_of_policy_and_section(
    questionnaire: Any, criterion_define: Any
) -> None:
    made = questionnaire(criterion_define("I", "Attestations.YesNo('T.1/I')"))
    assert made["id"] == "T.1-I"
    assert made["url"] == "https://oncology-cds.example/Questionnaire/T.1-I"
    assert made["version"] == "1.0"
    assert made["name"] == "T_1_I"
    assert made["title"] == "A tiny policy: I Title of I"
    assert made["status"] == "active"
    assert made["subjectType"] == ["Patient"]
    assert made["publisher"] == "Nobody"
    assert "effectivePeriod" not in made


def test_an_earlier_version_of_a_policy_has_its_version_in_the_id(policy: Any, criterion_define: Any) -> None:
    (made,) = questionnaires_of(policy(criterion_define("I", "Attestations.YesNo('T.1/I')")), newest=False)
    assert made["id"] == "T.1-I-1.0"
    assert made["url"] == "https://oncology-cds.example/Questionnaire/T.1-I"


def test_it_holds_as_long_as_its_policy(questionnaire: Any, criterion_define: Any) -> None:
    tags = "/* @policy: T.1\n@title: A tiny policy\n@effective: 2026-01-01\n@until: 2026-12-31 */"
    made = questionnaire(criterion_define("I", "Attestations.YesNo('T.1/I')"), tags=tags)
    assert made["effectivePeriod"] == {"start": "2026-01-01", "end": "2026-12-31"}
    assert "publisher" not in made


def test_it_can_be_read_without_a_form_filler(questionnaire: Any, criterion_define: Any) -> None:
    made = questionnaire(criterion_define("I", "Attestations.YesNo('T.1/I')", question="I A < B & C?"))
    assert made["text"]["status"] == "generated"
    assert "<li>I A &lt; B &amp; C?</li>" in made["text"]["div"]


def test_it_says_first_how_to_answer(questionnaire: Any, criterion_define: Any) -> None:
    first = questionnaire(criterion_define("I", "Attestations.YesNo('T.1/I')"))["item"][0]
    assert first["type"] == "display"
    assert first["text"] == "Yes: it is so. No: it is not so. Leave open what you do not know."


# --- its items -------------------------------------------------------------------------------------------------------


def test_a_single_question_stands_by_itself_with_its_number_and_help(asked: Any, criterion_define: Any) -> None:
    (item,) = asked(criterion_define("I", "Attestations.YesNo('T.1/I') and \"Order\".date is null", ask="Document it"))
    (help_,) = item.pop("item")
    assert item == {"linkId": "T.1/I", "prefix": "I", "text": "Title of I", "type": "boolean"}
    assert (help_["linkId"], help_["type"], help_["text"]) == ("T.1/I#help", "display", "Document it")
    (control,) = extensions(help_, ITEM_CONTROL)
    assert control["valueCodeableConcept"]["coding"][0]["code"] == "help"


def test_several_questions_about_a_criterion_are_a_group(asked: Any, criterion_define: Any) -> None:
    (group,) = asked(
        criterion_define(
            "I",
            "Attestations.YesNo('T.1/I') or Attestations.WholeNumber('T.1/I#lines') > 1"
            " or Attestations.Day('T.1/I#since') is null",
            question="I#lines How many?\n@question: I#since Since when?",
        )
    )
    assert (group["linkId"], group["type"], group["prefix"], group["text"]) == (
        "T.1/I#questions",
        "group",
        "I",
        "Title of I",
    )
    assert [(item["linkId"], item["type"], item["text"]) for item in group["item"]] == [
        ("T.1/I", "boolean", "Title of I"),
        ("T.1/I#lines", "integer", "How many?"),
        ("T.1/I#since", "date", "Since when?"),
    ]


def test_a_fact_about_no_criterion_is_told_by_its_link(asked: Any, criterion_define: Any) -> None:
    facts = "Attestations.YesNo('T.1/V#first') or Attestations.YesNo('T.1/V#second')"
    (group,) = asked(criterion_define("I", facts, question="V#first One?\n@question: V#second Two?"))
    assert (group["prefix"], group["text"]) == ("V", "V")


def test_a_choice_offers_the_codes_of_its_options(asked: Any, criterion_define: Any) -> None:
    (item,) = asked(
        criterion_define(
            "I",
            "Attestations.ChosenCode('T.1/I#phase') = 'a'",
            question="I#phase Which?",
            option="I#phase a The first\n@option: I#phase b The other",
        )
    )
    assert item["type"] == "choice"
    assert [option["valueCoding"] for option in item["answerOption"]] == [
        {"system": ATTESTATION, "code": "a", "display": "The first"},
        {"system": ATTESTATION, "code": "b", "display": "The other"},
    ]


def test_a_body_size_may_be_answered_in_the_units_that_are_used(asked: Any, criterion_define: Any) -> None:
    (group,) = asked(criterion_define("I", "\"Order\".perDayPerM2 <= 5 'mg/m2/d'", "dose"))
    weight, height, area = group["item"]
    assert {item["type"] for item in group["item"]} == {"quantity"}
    units = [[each["valueCoding"]["code"] for each in extensions(item, UNIT_OPTION)] for item in (weight, height, area)]
    assert units == [["kg", "[lb_av]"], ["cm", "[in_i]"], ["m2"]]


def test_what_only_the_order_can_mend_is_told_and_not_asked(asked: Any, criterion_define: Any) -> None:
    told, _ = asked(
        criterion_define("I", '"I.1" and "I.2"')
        + criterion_define("I.1", "\"Order\".perDay <= 5 'mg/d'", "dose", ask="Complete the order")
        + criterion_define("I.2", "Attestations.YesNo('T.1/I.2')")
    )
    assert told == {
        "linkId": "T.1/I.1",
        "prefix": "I.1",
        "text": "Complete the order. This is not asked here: it is read from the order and the record.",
        "type": "display",
    }


# --- prepopulation ---------------------------------------------------------------------------------------------------


def test_what_the_record_alone_tells_is_prepopulated(questionnaire: Any, criterion_define: Any) -> None:
    made = questionnaire(criterion_define("I", "Coalesce(exists [Condition], Attestations.YesNo('T.1/I'))"))
    (expression,) = extensions(made["item"][1], INITIAL_EXPRESSION)
    assert expression["valueExpression"]["language"] == "text/cql"
    assert expression["valueExpression"]["expression"] == '"T_1"."I"'
    (library,) = extensions(made, CQF_LIBRARY)
    assert library["valueCanonical"] == "https://oncology-cds.example/Library/T.1|1.0"
    (context,) = extensions(made, LAUNCH_CONTEXT)
    assert [part["valueCoding"]["code"] for part in context["extension"] if part["url"] == "name"] == ["patient"]


def test_what_rests_on_the_order_is_not_prepopulated(questionnaire: Any, criterion_define: Any) -> None:
    made = questionnaire(criterion_define("I", "Coalesce(\"Order\".date is not null, Attestations.YesNo('T.1/I'))"))
    assert "extension" not in made
    assert not any("extension" in item for item in made["item"])
