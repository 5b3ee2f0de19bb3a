"""The words of questions."""

from __future__ import annotations

from typing import Any

import pytest

from cql_like_rules.questions.words import Option, words_of


def test_the_tags_give_a_question_its_words_and_a_choice_its_options(asking: Any) -> None:
    words = words_of(
        asking(
            "/* @question: I.A#purpose What is it for?\n"
            "   @option: I.A#purpose first The first thing\n"
            "   @option: I.A#purpose second   The second thing */\n"
            'define "D": true'
        )
    )
    assert words.questions == {"I.A#purpose": "What is it for?"}
    assert words.options == {"I.A#purpose": [Option("first", "The first thing"), Option("second", "The second thing")]}
    assert words.problems == ()


def test_the_tags_may_stand_above_any_definition(asking: Any) -> None:
    words = words_of(
        asking(
            "// @question: I.A#a Is it?\ndefine \"D\": Of('x')\n"
            "// @question: I.A#b Was it?\ndefine function Of(link String): link"
        )
    )
    assert words.questions == {"I.A#a": "Is it?", "I.A#b": "Was it?"}


def test_a_tag_names_the_links_that_no_form_asks(asking: Any) -> None:
    words = words_of(asking('/* @unasked: I.A#a\n   @unasked: I.A#b */\ndefine "D": true'))
    assert words.unasked == {"I.A#a", "I.A#b"}
    assert words.problems == ()


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ("@question: I.A#a", "@question: I.A#a: a link, a blank and the question are expected"),
        ("@question:", "@question: : a link, a blank and the question are expected"),
        ("@option: I.A#a one", "@option: I.A#a one: a link, a code and its words are expected"),
        ("@option: I.A#a", "@option: I.A#a: a link, a code and its words are expected"),
        ("@question: I.A#a Is it?\n   @question: I.A#a Was it?", "@question: I.A#a is asked twice"),
        ("@unasked:", "@unasked: : a link is expected, and nothing else"),
        ("@unasked: I.A#a it is known", "@unasked: I.A#a it is known: a link is expected, and nothing else"),
        ("@option: I.A#a one One\n   @option: I.A#a one Two", "@option: I.A#a has one twice"),
    ],
)
def test_a_tag_that_says_nothing_or_says_it_twice_is_a_problem(asking: Any, tags: str, problem: str) -> None:
    assert words_of(asking(f'/* {tags} */\ndefine "D": true')).problems == (problem,)
