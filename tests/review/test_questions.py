"""Lint of what is asked: every question has its words, and every word its question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.policy import LIBRARY, Policy, load_policy
from cql_like_rules.review.lint import problems_of
from cql_like_rules.review.questions import question_problems

HEAD = """library T_1 version '1.0'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
include Attestations version '1.0.0' called Attestations
parameter "Order" Tuple { date Date, perDay System.Quantity }
context Patient
define "Applies": true
define "Phase": 'initial'
"""
CHOICE = "Attestations.ChosenCode('T.1/I#which') = 'a'"
BOTH = "I#which a One\n@option: I#which b Two"


@pytest.fixture
def policy(tiny: Any) -> Callable[..., Policy]:
    def of(defines: str, section: str = "'I'") -> Policy:
        folder = tiny.written(defines, head=HEAD, shared=f'define "Section": {section}\n')
        return load_policy(folder, tiny.terminology, LIBRARY)

    return of


@pytest.fixture
def problems(policy: Any) -> Callable[..., list[str]]:
    return lambda defines, **options: list(question_problems(policy(defines, **options)))


def test_a_policy_whose_questions_have_their_words_has_no_problems(policy: Any, criterion_define: Any) -> None:
    text = criterion_define("I", CHOICE, question="I#which Which is it?", option=BOTH, ask="State it", unmet="Neither")
    assert list(problems_of(policy(text))) == []


def test_a_fact_without_words_is_told(problems: Any, criterion_define: Any) -> None:
    assert problems(criterion_define("I", "Attestations.YesNo('T.1/I#fact')")) == [
        "T.1: I#fact is asked, and has no words: @question: I#fact …"
    ]


@pytest.mark.parametrize("option", ["I#which a One", None])
def test_a_choice_without_two_answers_is_told(problems: Any, criterion_define: Any, option: str | None) -> None:
    tags = {"question": "I#which Which is it?", **({"option": option} if option else {})}
    assert problems(criterion_define("I", CHOICE, **tags)) == [
        "T.1: I#which is a choice, and has fewer than two answers: @option: I#which code words"
    ]


def test_answers_to_what_is_no_choice_are_told(problems: Any, criterion_define: Any) -> None:
    assert problems(criterion_define("I", "Attestations.YesNo('T.1/I')", option="I a One")) == [
        "T.1: @option: I is no choice: it is asked as boolean"
    ]


def test_words_for_what_nobody_reads_are_told(problems: Any, criterion_define: Any) -> None:
    text = criterion_define("I", "Attestations.YesNo('T.1/I')", question="I#x Is it?", option="I#y a One")
    assert problems(text) == [
        "T.1: @question: I#x: no criterion reads an attestation of this link",
        "T.1: @option: I#y: no criterion reads an attestation of this link",
    ]


def test_what_is_unasked_has_another_answer_and_no_words(problems: Any, criterion_define: Any) -> None:
    both = "Coalesce(Attestations.YesNo('T.1/I#fact'), Attestations.YesNo('T.1/I'))"
    assert problems(criterion_define("I", both, unasked="I#fact")) == []
    assert problems(criterion_define("I", both, unasked="I#fact", question="I#fact Is it?")) == [
        "T.1: @unasked: I#fact has words, and nobody sees them"
    ]
    assert problems(criterion_define("I", both, unasked="I#fact\n@unasked: I")) == [
        "T.1: @unasked: I, I#fact: nothing else answers I",
        "T.1: @unasked: I is a criterion, and each is asked; a fact it rests on may not be",
    ]
    assert problems(criterion_define("I", both, unasked="I#fact\n@unasked: I#other")) == [
        "T.1: @unasked: I#other: no criterion reads an attestation of this link"
    ]


def test_tags_that_say_nothing_are_told(problems: Any, criterion_define: Any) -> None:
    (problem,) = problems(criterion_define("I", "Attestations.YesNo('T.1/I')", question="I"))
    assert problem == "T.1: @question: I: a link, a blank and the question are expected"


def test_a_link_that_cannot_be_worked_out_is_told_with_its_place(problems: Any, criterion_define: Any) -> None:
    (problem,) = problems(criterion_define("I", 'Attestations.YesNo(ToString("Order".date))'))
    assert problem.startswith("T.1: ")
    assert "policy.cql:" in problem
    assert "which attestation this reads cannot be told; found YesNo" in problem


def test_a_link_of_another_policy_is_told(problems: Any, criterion_define: Any) -> None:
    assert problems(criterion_define("I", "Attestations.YesNo('U.2/I')")) == [
        "T.1: a criterion reads the attestation U.2/I, which is of another policy"
    ]


def test_a_fact_that_is_read_as_two_types_is_told(problems: Any, criterion_define: Any) -> None:
    text = criterion_define(
        "I",
        "Attestations.YesNo('T.1/I#fact') or Attestations.WholeNumber('T.1/I#fact') > 1",
        question="I#fact Is it?",
    )
    assert problems(text) == [
        "T.1: the fact T.1/I#fact is read as boolean and as integer: it can be asked as one of them"
    ]


def test_an_item_that_is_read_without_its_type_is_told(problems: Any, criterion_define: Any) -> None:
    text = criterion_define("I", "Attestations.Answered('T.1/I#fact') is not null", question="I#fact Is it?")
    assert problems(text) == [
        "T.1: a criterion reads the item T.1/I#fact, and nothing tells of which type its answer is"
    ]


def test_a_section_that_cannot_be_told_makes_no_forms_and_is_told(problems: Any, criterion_define: Any) -> None:
    text = criterion_define("I", "Attestations.YesNo('T.1/I')")
    assert problems(text, section='ToString("Order".date)') == [
        'T.1: what "Section" comes to cannot be told without a patient: there are no forms'
    ]


def test_a_section_that_no_answer_chooses_is_told(problems: Any, criterion_define: Any) -> None:
    text = (
        criterion_define("I", "Attestations.YesNo('T.1/I.A.1')")
        + criterion_define("I.A", '"I.A.1" and true')
        + criterion_define("I.A.1", "Attestations.YesNo('T.1/I.A.1')")
        + criterion_define("I.B", '"I.B.1" and true')
        + criterion_define("I.B.1", "Attestations.YesNo('T.1/I.B.1')")
    )
    section = "case when \"Order\".date is null then 'I' when \"Order\".perDay is null then 'I.A' else 'I.B' end"
    assert problems(text, section=section) == ["T.1: I: no answer to its form chooses I.B"]
