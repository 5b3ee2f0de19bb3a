from __future__ import annotations

import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cds_service.cards.text import clipped, first_sentence, markdown, one_line, plain, summary

any_text = st.text(max_size=300)


@given(any_text, any_text)
def test_a_summary_has_fewer_than_140_characters_and_one_line_for_any_names(drug: str, said: str) -> None:
    text = summary(drug, said)
    assert len(text) < 140
    assert "\n" not in text


def test_a_drug_name_of_200_characters_gives_way_to_what_is_said_of_it() -> None:
    text = summary("Verylongname" * 17, "300 mcg/m² is above the 250 mcg/m² daily limit", join=" ")
    assert text.startswith("Verylongname")
    assert text.endswith("… 300 mcg/m² is above the 250 mcg/m² daily limit")
    assert len(text) < 140


def test_both_a_long_name_and_a_long_statement_keep_their_beginnings() -> None:
    text = summary("N" * 200, "s" * 200)
    assert text.startswith("NNNN")
    assert "…: ssss" in text
    assert len(text) < 140


def test_a_drug_that_the_statement_names_is_not_named_twice() -> None:
    assert summary("Leukine", "Leukine is covered from 55 years of age") == "Leukine is covered from 55 years of age"


def test_a_drug_whose_name_the_cut_would_lose_is_named_in_front() -> None:
    assert summary("Leukine", "x " * 80 + "Leukine").startswith("Leukine: x")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("**bold** _it_ `code` ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~"),
        ("[click](http://evil.example)", "\\[click\\](http\\://evil.example)"),
        ("www.evil.example a@b.example", "www\\.evil.example a\\@b.example"),
        ("# Heading", "\\# Heading"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("a\n\n- b\n# c", "a - b # c"),
        ("&lt;b&gt; Johnson & Johnson", "&amp;lt;b&amp;gt; Johnson & Johnson"),
        ("back\\slash | pipe", "back\\\\slash \\| pipe"),
        ("2.5 mg", "2.5 mg"),
        ("---", "\\---"),
        ("HTTPS://evil.example", "HTTPS\\://evil.example"),
    ],
)
def test_request_text_formats_nothing_in_markdown(written: str, shown: str) -> None:
    assert markdown(written) == shown


formatting = st.text(alphabet="ab1 \\`*_~[]()<>!#+-=.|:&;/@\"'\n", max_size=40)


@given(formatting | any_text)
def test_a_markdown_reader_shows_request_text_as_it_was_written(text: str) -> None:
    shown = one_line(text)
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(f"- Name: {markdown(text)}")
    if shown:
        assert html.unescape(rendered) == f"<ul>\n<li>Name: {shown}</li>\n</ul>\n"


@given(formatting)
def test_a_markdown_reader_shows_request_text_as_it_was_written_even_where_a_line_starts(text: str) -> None:
    shown = one_line(text)
    rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown(text))
    assert html.unescape(rendered) == (f"<p>{shown}</p>\n" if shown else "")


@given(any_text)
def test_markdown_text_holds_no_bare_html_and_no_line_break(text: str) -> None:
    shown = markdown(text)
    assert not set("<>\n\r") & set(shown)


@given(any_text)
def test_plain_text_holds_no_html_no_controls_and_one_line(text: str) -> None:
    shown = plain(text)
    assert not set("<>\n\r") & set(shown)
    assert not any(unicodedata.category(character) == "Cc" for character in shown)


def test_text_that_would_turn_the_reading_direction_loses_the_character() -> None:
    assert plain("abc\u202edef") == "abc def"


@given(any_text, st.integers(min_value=0, max_value=200))
def test_clipped_text_fits_its_room(text: str, room: int) -> None:
    assert len(clipped(text, room)) <= room


def test_text_is_clipped_between_words() -> None:
    assert clipped("given after induction therapy", 20) == "given after…"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Try Zarxio first. Then Leukine.", "Try Zarxio first"),
        ("At most 2.5 mg daily.", "At most 2.5 mg daily"),
        ("Zarxio vs. Leukine", "Zarxio vs. Leukine"),
        ("", ""),
    ],
)
def test_the_first_sentence_ends_where_the_next_one_starts(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence
