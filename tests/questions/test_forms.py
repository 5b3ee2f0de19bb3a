"""Forms: what is asked in a section, in which order, and which criteria that can decide."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cql_like_rules.determination import CriterionResult, Status
from cql_like_rules.orders.order import BodySize
from cql_like_rules.questions import Form, form_for, form_needed, forms_of
from cql_like_rules.questions.words import Option

SECTIONS = (
    "case when \"Order\".date is null then 'I'"
    " when \"Days\" > 2 then 'II.A' when \"Days\" > 1 then 'I.A' else 'I.B' end"
)
Forms = Callable[..., dict[str, Form]]


@pytest.fixture
def forms(asking: Any) -> Forms:
    return lambda defines, **options: {form.section: form for form in forms_of(asking(defines, **options))}


@pytest.fixture
def asked(forms: Forms) -> Callable[[str], list[str]]:
    """The links asked or told in the one section of a policy, without its id, each with its type."""

    def of(defines: str) -> list[str]:
        (form,) = forms(defines).values()
        return [f"{question.link.removeprefix('T.1/')} {question.type}" for question in form.questions]

    return of


def test_each_leaf_that_reads_its_own_answer_is_asked_in_the_order_of_the_document(
    asked: Any, criterion_define: Any
) -> None:
    assert asked(
        criterion_define("I", '"I.2" or "I.1"')
        + criterion_define("I.1", "Attestations.YesNo('T.1/I.1')")
        + criterion_define("I.2", "Attestations.YesNo('T.1/I.2')")
    ) == ["I.1 boolean", "I.2 boolean"]


def test_the_facts_that_a_criterion_rests_on_follow_it(asked: Any, criterion_define: Any) -> None:
    assert asked(
        criterion_define(
            "I.1",
            "Attestations.WholeNumber('T.1/I.1#lines') > 1 or Attestations.Day('T.1/I.1#since') is not null"
            " or Attestations.ChosenCode('T.1/I.1#phase') = 'a' or Attestations.YesNo('T.1/I.1')",
        )
        + criterion_define("I", '"I.1" and true')
    ) == ["I.1 boolean", "I.1#lines integer", "I.1#since date", "I.1#phase choice"]


def test_a_criterion_that_is_read_in_several_ways_is_asked_as_yes_or_no(asked: Any, criterion_define: Any) -> None:
    assert asked(criterion_define("I", "Attestations.ChosenCode('T.1/I') = 'a' or Attestations.YesNo('T.1/I')")) == [
        "I boolean"
    ]


def test_what_may_have_been_answered_too_early_is_asked_like_the_rest(asked: Any, criterion_define: Any) -> None:
    rule = (
        "Attestations.YesNoSince('T.1/I', \"Order\".date)"
        " or Attestations.WholeNumberSince('T.1/I#number', \"Order\".date) > 1"
    )
    assert asked(criterion_define("I", rule)) == ["I boolean", "I#number integer"]


def test_a_criterion_is_asked_by_its_title_and_helped_by_what_it_asks_for(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(criterion_define("I", "Attestations.YesNo('T.1/I')", ask="Document it")).values()
    (question,) = form.questions
    assert (question.text, question.help, question.number) == ("Title of I", "Document it", "I")


def test_tags_give_facts_and_criteria_their_words(forms: Forms, criterion_define: Any) -> None:
    tags = {
        "question": "I Is it so?\n@question: I#phase Which?\n@option: I#phase a The first\n@option: I#phase b The other"
    }
    (form,) = forms(
        criterion_define("I", "Attestations.YesNo('T.1/I') or Attestations.ChosenCode('T.1/I#phase') = 'a'", **tags)
    ).values()
    assert [question.text for question in form.questions] == ["Is it so?", "Which?"]
    assert form.questions[1].options == (Option("a", "The first"), Option("b", "The other"))


def test_what_the_criterion_asks_already_is_read_and_not_asked(forms: Forms, criterion_define: Any) -> None:
    rule = "Coalesce(Attestations.YesNo('T.1/I#consult'), Attestations.YesNo('T.1/I'))"
    (form,) = forms(criterion_define("I", rule, unasked="I#consult")).values()
    assert [question.link for question in form.questions] == ["T.1/I"]
    assert form.criteria == {"T.1/I"}


def test_what_only_the_order_can_mend_is_told_once(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(
        criterion_define("I", '"I.1" and "I.2" and "I.3" and "I.4"')
        + criterion_define("I.1", "\"Order\".perDay <= 5 'mg/d'", "dose", ask="Complete the order")
        + criterion_define("I.2", "\"Order\".perDay <= 6 'mg/d'", "dose", ask="Complete the order")
        + criterion_define("I.3", "\"Order\".perDay <= 7 'mg/d'", "dose", only="met, not-met")
        + criterion_define("I.4", "Attestations.YesNo('T.1/I.4')")
    ).values()
    assert [(question.type, question.text) for question in form.questions] == [
        ("display", "Complete the order"),
        ("boolean", "Title of I.4"),
    ]
    assert form.criteria == {"T.1/I.4"}


def test_a_section_in_which_nothing_can_be_asked_has_no_form(asking: Any, criterion_define: Any) -> None:
    policy = asking(criterion_define("I", "\"Order\".perDay <= 5 'mg/d'", "dose", ask="Complete the order"))
    assert forms_of(policy) == ()
    assert form_for(policy, "I") is None


@pytest.mark.parametrize(
    ("element", "sizes"),
    [
        ("perDayPerM2 <= 5 'mg/m2/d'", ["weight", "height", "bodySurfaceArea"]),
        ("perDayPerKg <= 5 'mg/kg/d'", ["weight"]),
        ("weight.value >= 30 'kg'", ["weight"]),
    ],
)
def test_the_body_size_is_asked_where_a_dose_rests_on_it(
    forms: Forms, criterion_define: Any, element: str, sizes: list[str]
) -> None:
    (form,) = forms(
        criterion_define("I", '"I.1" and true') + criterion_define("I.1", f'"Order".{element}', "dose")
    ).values()
    assert [question.link for question in form.questions] == [f"T.1/I.1#{size}" for size in sizes]
    assert {question.type for question in form.questions} == {"quantity"}
    assert form.sized == {"T.1/I.1": frozenset(sizes)}


def test_the_body_size_is_asked_once_above_all_that_rest_on_it(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(
        criterion_define("I", '"I.1" and "I.2"')
        + criterion_define("I.1", "Attestations.YesNo('T.1/I.1')")
        + criterion_define("I.2", '"I.2.a" or "I.2.b"')
        + criterion_define("I.2.a", "\"Order\".perDayPerKg <= 5 'mg/kg/d'", "dose")
        + criterion_define("I.2.b", "\"Order\".perDayPerKg <= 6 'mg/kg/d'", "dose")
    ).values()
    assert [question.link for question in form.questions] == ["T.1/I.1", "T.1/I.2#weight"]


def test_another_criterion_that_compares_amounts_asks_for_no_body_size(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(
        criterion_define("I", "\"Order\".perDayPerM2 <= 5 'mg/m2/d' or Attestations.YesNo('T.1/I')", "regimen")
    ).values()
    assert [question.link for question in form.questions] == ["T.1/I"]


def test_a_link_is_asked_in_the_section_of_its_criterion_only(forms: Forms, criterion_define: Any) -> None:
    shared = (
        "define \"Shared\": Coalesce({ Attestations.YesNo('T.1/I.A.1'), Attestations.YesNo('T.1/I.B.1'),"
        " Attestations.YesNo('T.1/I.B.9#fact'), Attestations.YesNo('T.1/V#fact') })\n"
    )
    found = forms(
        shared
        + criterion_define("I.A", '"I.A.1" and true')
        + criterion_define("I.A.1", '"Shared"')
        + criterion_define("I.B", '"I.B.1" and true')
        + criterion_define("I.B.1", '"Shared"'),
        section="if \"Order\".date is null then 'I.A' else 'I.B'",
    )
    links = {section: [question.link for question in form.questions] for section, form in found.items()}
    assert links == {
        "I.A": ["T.1/I.A.1", "T.1/V#fact"],
        "I.B": ["T.1/I.B.1", "T.1/I.B.9#fact", "T.1/V#fact"],
    }


def test_another_section_that_a_section_names_is_not_part_of_its_form(forms: Forms, criterion_define: Any) -> None:
    found = forms(
        criterion_define("I.A", "Attestations.YesNo('T.1/I.A')")
        + criterion_define("I.B", '"I.A" or "I.B.1"')
        + criterion_define("I.B.1", "Attestations.YesNo('T.1/I.B.1')"),
        section="if \"Order\".date is null then 'I.A' else 'I.B'",
    )
    assert [question.link for question in found["I.B"].questions] == ["T.1/I.B.1"]


def test_where_the_section_is_not_known_its_form_asks_what_chooses_one(forms: Forms, criterion_define: Any) -> None:
    found = forms(
        criterion_define("I", '"Use" is null', ask="State it")
        + "define \"Use\": case when Attestations.YesNo('T.1/I.A.1') then 'A'"
        " when Attestations.ChosenCode('T.1/I.A.1#use') = 'b' then 'B'"
        " when Attestations.ChosenCode('T.1/I.B.1#use') = 'b' then 'B'"
        " when Attestations.YesNo('T.1/II.A.1') then 'A' else null end\n"
        "/* @question: I.A.1#use For what?\n   @question: I.B.1#use For what? */\n"
        + 'define "D": true\n'
        + criterion_define("I.A", '"I.A.1" and true')
        + criterion_define("I.A.1", "Attestations.YesNo('T.1/I.A.1')")
        + criterion_define("I.B", '"I.B.1" and true')
        + criterion_define("I.B.1", "\"Use\" = 'B'")
        + criterion_define("II.A", "Attestations.YesNo('T.1/II.A')"),
        section=SECTIONS,
    )
    assert [question.link for question in found["I"].questions] == ["T.1/I.A.1", "T.1/I.A.1#use"]
    assert found["I"].criteria == {"T.1/I"}


def test_a_node_is_not_asked_where_its_leaves_are(asked: Any, criterion_define: Any) -> None:
    either = "Attestations.YesNo('T.1/I.1') or "
    assert asked(
        criterion_define("I", '"I.1" and true')
        + criterion_define("I.1", '"I.1.a" or "I.1.b"')
        + criterion_define("I.1.a", f"{either} Attestations.YesNo('T.1/I.1.a')")
        + criterion_define("I.1.b", f"{either} Attestations.YesNo('T.1/I.1.b')")
    ) == ["I.1.a boolean", "I.1.b boolean"]


def test_a_node_is_asked_where_its_leaves_read_nothing_of_their_own(asked: Any, criterion_define: Any) -> None:
    assert asked(
        criterion_define("I", '"I.1" and true')
        + criterion_define("I.1", '"I.1.a" and true')
        + criterion_define("I.1.a", "Attestations.YesNo('T.1/I.1')")
    ) == ["I.1 boolean"]


def test_the_fact_that_a_nodes_condition_reads_makes_the_node_answerable(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(
        criterion_define("I", '"I.1" and true')
        + criterion_define("I.1", '"Raised" implies "I.1.a"')
        + "define \"Raised\": Attestations.YesNo('T.1/I.1#raised')\n"
        + criterion_define("I.1.a", "\"Order\".perDay <= 5 'mg/d'", "dose")
    ).values()
    assert form.criteria == {"T.1/I.1"}


def test_the_criterion_of_a_link_is_the_longest_id_that_it_begins_with(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(
        criterion_define("I", '"I.1#part" and true')
        + criterion_define("I.1#part", "Attestations.WholeNumber('T.1/I.1#part#rate') > 1")
    ).values()
    assert [question.criterion for question in form.questions] == ["T.1/I.1#part"]


def test_a_form_has_the_address_of_its_section_and_the_version_of_its_policy(
    forms: Forms, criterion_define: Any
) -> None:
    (form,) = forms(criterion_define("I", "Attestations.YesNo('T.1/I')")).values()
    assert form.id == "T.1-I"
    assert form.canonical == "https://oncology-cds.example/Questionnaire/T.1-I|1.0"


def test_there_is_no_form_for_what_is_no_section(asking: Any, criterion_define: Any) -> None:
    policy = asking(criterion_define("I", "Attestations.YesNo('T.1/I')"))
    assert form_for(policy, "") is None
    assert form_for(policy, "II") is None


def test_forms_are_made_once(asking: Any, criterion_define: Any) -> None:
    policy = asking(criterion_define("I", "Attestations.YesNo('T.1/I')"))
    assert form_for(policy, "I") is form_for(policy, "I")


# --- what a form can decide ------------------------------------------------------------------------------------------


def missing(criterion: str, kind: str = "dose") -> CriterionResult:
    return CriterionResult(criterion, kind, "Title", Status.MISSING, "leaf")


KNOWN: Any = object()


def order(dose: Any = KNOWN, **sizes: Any) -> Any:
    """What a form looks at of an order: whether it states a dose, and which parts of the body size are known."""
    return SimpleNamespace(dosage=SimpleNamespace(as_ordered=dose, parts=()), body_size=BodySize(**sizes))


@pytest.mark.parametrize(
    ("known", "answers"),
    [
        (order(), True),
        (order(weight=KNOWN), True),
        (order(weight=KNOWN, height=KNOWN, surface_area=KNOWN), False),
        (order(dose=None), False),
    ],
)
def test_a_dose_is_decided_by_a_body_size_that_is_not_known(
    forms: Forms, criterion_define: Any, known: Any, answers: bool
) -> None:
    (form,) = forms(criterion_define("I", "\"Order\".perDayPerM2 <= 5 'mg/m2/d'", "dose")).values()
    assert form.answers(missing("T.1/I"), known) is answers


def test_a_criterion_about_the_body_size_may_want_a_newer_one(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(criterion_define("I", "\"Order\".weight.value > 1 'kg'", "documentation")).values()
    assert form.answers(missing("T.1/I", "documentation"), order(weight=KNOWN))


def test_a_criterion_that_nothing_is_asked_about_is_not_decided(forms: Forms, criterion_define: Any) -> None:
    (form,) = forms(criterion_define("I", "Attestations.YesNo('T.1/I')")).values()
    assert not form.answers(missing("T.1/I.9"), order())
    assert form.answers(missing("T.1/I", "diagnosis"), order(dose=None))


# --- the form that is needed ------------------------------------------------------------------------------------------


@pytest.fixture
def needed(asking: Any, tiny: Any) -> Callable[..., str | None]:
    """The address of the form that the tiny order (300 ug/m2 a day) calls for, by a policy with these defines."""

    def of(defines: str, request: Any = None) -> str | None:
        form = form_needed(tiny.determination(asking(defines), request))
        return form.canonical if form else None

    return of


CANONICAL = "https://oncology-cds.example/Questionnaire/T.1-I|1.0"


def test_a_missing_answer_that_stands_in_the_way_calls_for_the_form(needed: Any, criterion_define: Any) -> None:
    assert needed(criterion_define("I", "Attestations.YesNo('T.1/I')")) == CANONICAL


def test_an_order_that_is_met_calls_for_none(needed: Any, criterion_define: Any) -> None:
    assert needed(criterion_define("I", "Coalesce(true, Attestations.YesNo('T.1/I'))")) is None


def test_what_is_missing_and_does_not_stand_in_the_way_calls_for_none(needed: Any, criterion_define: Any) -> None:
    either = criterion_define("I", '"I.1" or "I.2"') + criterion_define("I.1", "true")
    assert needed(either + criterion_define("I.2", "Attestations.YesNo('T.1/I.2')")) is None


def test_a_dose_calls_for_it_only_for_want_of_the_body_size(needed: Any, criterion_define: Any, tiny: Any) -> None:
    per_size = criterion_define("I", "\"Order\".perDayPerM2 <= 5 'mg/m2/d'", "dose")
    assert needed(per_size, tiny.request(300, "ug")) == CANONICAL
    assert needed(per_size, tiny.request(None)) is None
    absolute = criterion_define("I", "\"Order\".perDay <= 5 'mg/d'", "dose")
    assert needed(absolute, tiny.request(300, "ug/m2")) is None
