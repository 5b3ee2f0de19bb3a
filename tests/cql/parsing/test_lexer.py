"""Text -> tokens."""

from __future__ import annotations

import pytest

from cql_like_rules.cql.lexer import TokenKind, lex


def tokens(text: str) -> list[tuple[TokenKind, str]]:
    lexed = lex(text, "test")
    assert lexed.problems == ()
    return [(token.kind, token.text) for token in lexed.tokens[:-1]]


@pytest.mark.parametrize(
    ("text", "kind", "meaning"),
    [
        ("abc_1", TokenKind.NAME, "abc_1"),
        ('"Body weight"', TokenKind.QUOTED_NAME, "Body weight"),
        ("`back ticks`", TokenKind.QUOTED_NAME, "back ticks"),
        ("'text'", TokenKind.STRING, "text"),
        ("42", TokenKind.NUMBER, "42"),
        ("0.05", TokenKind.NUMBER, "0.05"),
        ("7L", TokenKind.LONG, "7"),
        ("@2026", TokenKind.DATE, "2026"),
        ("@2026-01-15", TokenKind.DATE, "2026-01-15"),
        ("@2026T", TokenKind.DATETIME, "2026T"),
        ("@2026-01-15T10:30:00.000+02:00", TokenKind.DATETIME, "2026-01-15T10:30:00.000+02:00"),
        ("@2026-01-15T10Z", TokenKind.DATETIME, "2026-01-15T10Z"),
        ("@T10:30", TokenKind.TIME, "T10:30"),
        ("where", TokenKind.KEYWORD, "where"),
        ("such that", TokenKind.KEYWORD, "such that"),
        ("$this", TokenKind.SYMBOL, "$this"),
        ("!~", TokenKind.SYMBOL, "!~"),
        ("%context", TokenKind.CONSTANT, "context"),
    ],
)
def test_a_single_token_has_its_kind_and_meaning(text: str, kind: TokenKind, meaning: str) -> None:
    assert tokens(text) == [(kind, meaning)]


def test_escapes_in_strings_and_names_are_resolved() -> None:
    text = r"""'it\'s \"so\" \\ \/ \n\t\r\f \u00b5g \`' "a \"quoted\" name" """
    assert [meaning for _, meaning in tokens(text)] == ['it\'s "so" \\ / \n\t\r\f µg `', 'a "quoted" name']


def test_an_unknown_escape_is_reported_where_it_stands() -> None:
    (problem,) = lex(r"'a\qb'", "test").problems
    assert problem.message == "unknown escape"
    assert (problem.position.line, problem.position.column) == (1, 3)


def test_a_word_that_only_begins_like_a_phrase_is_a_name() -> None:
    assert tokens("or before_x") == [(TokenKind.KEYWORD, "or"), (TokenKind.NAME, "before_x")]
    assert tokens("or onset") == [(TokenKind.KEYWORD, "or"), (TokenKind.NAME, "onset")]


def test_lines_and_columns_count_from_one_also_behind_comments_and_long_strings() -> None:
    lexed = lex("a /* x\ny */ b\n'two\nlines' c", "test")
    places = [(token.text, token.line, token.column) for token in lexed.tokens]
    assert places == [("a", 1, 1), ("b", 2, 6), ("two\nlines", 3, 1), ("c", 4, 8), ("", 4, 9)]


def test_comments_are_kept_apart_from_tokens() -> None:
    lexed = lex("a // one\n/* two */ b", "test")
    assert [(comment.text, comment.line, comment.next_token) for comment in lexed.comments] == [
        (" one", 1, 1),
        (" two ", 2, 1),
    ]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert tokens("\ufefflibrary") == [(TokenKind.KEYWORD, "library")]


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("a 'open", "this string has no closing quote", 3),
        ('a "open', "this name has no closing double quote", 3),
        ("a `open", "this name has no closing backtick", 3),
        ("a /* open", "this comment has no end", 3),
    ],
)
def test_what_is_opened_and_not_closed_is_reported_where_it_opens(text: str, message: str, column: int) -> None:
    (problem,) = lex(text, "test").problems
    assert problem.message == message
    assert problem.position.column == column


def test_a_string_that_swallows_a_define_is_reported_in_its_own_line() -> None:
    lexed = lex("define A: 'open\ndefine B: 'closed'", "test")
    assert [problem.position.line for problem in lexed.problems] == [1]
    assert [token.text for token in lexed.tokens if token.kind is TokenKind.NAME] == ["A", "B"]


def test_a_string_may_cross_lines() -> None:
    assert tokens("'one\ntwo'") == [(TokenKind.STRING, "one\ntwo")]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a == b", "equality is written '='"),
        ("a && b", "write 'and'"),
        ("a <> b", "inequality is written '!='"),
        ("“a”", "names stand in straight double quotes"),
        ("a ≥ b", "write '>='"),
        ("a;", "definitions end without a mark"),
    ],
)
def test_signs_of_other_languages_are_explained(text: str, hint: str) -> None:
    assert lex(text, "test").problems[0].hint == hint
