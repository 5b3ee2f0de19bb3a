"""Which attestations a define rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.questions.attested import Attested, Footing, Reading

Asking = Callable[..., Any]


@pytest.fixture
def footing(asking: Asking) -> Callable[..., Footing]:
    """What a define "D" with this expression rests on, beside these other defines."""
    return lambda expression, others="": Attested(asking(f'{others}\ndefine "D": {expression}')).by("D")


def links(footing: Footing) -> list[str]:
    assert footing.problems == ()
    return [reading.link for reading in footing.readings]


def test_a_link_may_be_written_out(footing: Any) -> None:
    found = footing("Attestations.WholeNumber('T.1/I.A#lines')")
    assert found.readings == (Reading("T.1/I.A#lines", "WholeNumber"),)


@pytest.mark.parametrize("reader", ["YesNoSince", "WholeNumberSince", "AnsweredSince"])
def test_a_reader_may_ask_for_answers_since_a_day(footing: Any, reader: str) -> None:
    found = footing(f"Attestations.{reader}('T.1/I.A', \"Order\".date - 6 days)")
    assert found.readings == (Reading("T.1/I.A", reader),)
    assert found.order_elements == {"date"}


@pytest.mark.parametrize(
    "written",
    [
        "'T.1/' + 'I.A'",
        "'T.1/' & 'I.A'",
        '"Whole"',
        "Helpers.\"Prefix\" + 'I.A'",
        "Coalesce(null, 'T.1/I.A')",
        "Of('I.A')",
        "('T.1/I.A' as String)",
    ],
)
def test_a_link_may_be_worked_out_without_a_patient(footing: Any, written: str) -> None:
    others = "define \"Whole\": 'T.1/I.A'\ndefine function Of(number String): 'T.1/' + number"
    assert links(footing(f"Attestations.YesNo({written})", others)) == ["T.1/I.A"]


@pytest.mark.parametrize(
    "written",
    [
        "if \"Order\".date is null then 'T.1/I.A' else 'T.1/I.B'",
        "case when \"Order\".date is null then 'T.1/I.A' else 'T.1/I.B' end",
        "'T.1/' + \"Either\"",
    ],
)
def test_where_a_link_may_be_one_of_several_all_of_them_are_read(footing: Any, written: str) -> None:
    others = "define \"Either\": if \"Order\".date is null then 'I.A' else 'I.B'"
    assert links(footing(f"Attestations.YesNo({written})", others)) == ["T.1/I.A", "T.1/I.B"]


def test_a_null_link_reads_nothing(footing: Any) -> None:
    assert links(footing("Attestations.YesNo(if \"Order\".date is null then 'T.1/I.A' else null)")) == ["T.1/I.A"]


def test_the_links_of_a_list_are_all_read(footing: Any) -> None:
    found = footing("exists (({ 'T.1/I.A', 'T.1/I.B' }) L let M: L where Attestations.YesNo(M))")
    assert links(found) == ["T.1/I.A", "T.1/I.B"]


def test_a_function_reads_what_its_operands_name_at_each_call(footing: Any) -> None:
    others = "define function Asked(step String): Attestations.YesNo(step + '.a')"
    assert links(footing("Asked('T.1/I') or Asked('T.1/II')", others)) == ["T.1/I.a", "T.1/II.a"]


def test_functions_of_other_libraries_are_followed(footing: Any) -> None:
    assert links(footing("Helpers.Asked('I.A') or 'I.B'.asked()")) == ["T.1/I.A", "T.1/I.B"]


def test_the_row_that_a_sort_clause_does_not_write_is_no_link(footing: Any) -> None:
    others = "define fluent function rank(observation FHIR.Observation, link String): Attestations.WholeNumber(link)\n"
    assert links(footing("First([Observation] O sort by rank('T.1/I.A'))", others)) == ["T.1/I.A"]


def test_what_other_criteria_read_is_theirs(asking: Asking, criterion_define: Any) -> None:
    policy = asking(
        criterion_define("I.A", "Attestations.YesNo('T.1/I.A')")
        + 'define "Through": "I.A"\n'
        + criterion_define("I.B", "\"Through\" or Attestations.YesNo('T.1/I.B')")
    )
    assert links(Attested(policy).by("I.B")) == ["T.1/I.B"]
    assert links(Attested(policy, up_to_criteria=False).by("I.B")) == ["T.1/I.A", "T.1/I.B"]


@pytest.mark.parametrize(
    "written",
    [
        'ToString("Order".date)',
        'Helpers."Place"',
        '"Order".perDay.unit',
        "Upper('t.1')",
        "'T.1/' + ToString(\"Days\")",
    ],
)
def test_a_link_that_cannot_be_worked_out_is_told_with_its_place(footing: Any, written: str) -> None:
    found = footing(f"Attestations.YesNo({written})")
    assert found.readings == ()
    (problem,) = found.problems
    assert problem.message == "which attestation this reads cannot be told"
    assert problem.found == "YesNo"
    assert problem.position.file.endswith("policy.cql")


@pytest.mark.parametrize("written", ["[QuestionnaireResponse]", 'Attestations."Items"'])
def test_answers_that_are_read_past_their_links_are_told(footing: Any, written: str) -> None:
    (problem,) = footing(f"exists {written}").problems
    assert problem.message == "an answer is read past the functions that take a link"


def test_the_library_itself_reads_answers_as_it_likes(footing: Any) -> None:
    assert footing("Attestations.Concerns('T.1/I')").problems == ()


def test_too_many_possible_links_are_none_that_can_be_told(footing: Any) -> None:
    many = "{" + ", ".join(f"'{number}'" for number in range(20)) + "}"
    found = footing(f"exists (from ({many}) A, ({many}) B where Attestations.YesNo(A + B))")
    assert len(found.problems) == 1


def test_the_elements_of_the_order_and_the_parameters_are_told(footing: Any) -> None:
    found = footing('"Order".weight.value > 30 \'kg\' and \'Patient\' in "Delivered" and "Days" > 1')
    assert found.order_elements == {"weight"}
    assert found.parameters == {"Order", "Delivered"}


def test_an_unknown_define_is_a_key_error(asking: Asking) -> None:
    with pytest.raises(KeyError):
        Attested(asking('define "D": true')).by("E")
