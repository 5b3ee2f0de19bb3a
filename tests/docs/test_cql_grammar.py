"""docs/cql.tmLanguage.json: its keywords are those of the language, and texts get the scopes that they should.

The matcher here does what TextMate does, as far as this grammar asks for it: the earliest match wins, the first pattern
among those that begin at the same place, and a pattern with `begin` holds until its `end`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.cql.keywords import KEYWORDS
from cql_like_rules.cql.lexer import Token, TokenKind, lex
from cql_like_rules.policy import LIBRARY

GRAMMAR: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "cql.tmLanguage.json").read_text(encoding="utf-8")
)
ALTERNATIVES = re.compile(re.escape(r"(?<![.\w$])(?:") + r"([A-Za-z| ]+)" + re.escape(r")\b"))


def patterns_in(patterns: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The patterns with what they include in their place."""
    for pattern in patterns:
        if "include" in pattern:
            yield from patterns_in(GRAMMAR["repository"][pattern["include"].removeprefix("#")]["patterns"])
        else:
            yield pattern


def scopes_of(text: str) -> list[str]:
    """For each character of a text, the scopes that it has, joined by blanks."""
    scopes: list[str] = []
    open_pattern: dict[str, Any] | None = None
    for line in text.split("\n"):
        found, open_pattern = _line(line, open_pattern)
        scopes += [*found, ""]
    return scopes[:-1]


def _line(line: str, outer: dict[str, Any] | None) -> tuple[list[str], dict[str, Any] | None]:
    scopes = [""] * len(line)
    at = 0
    while at <= len(line):
        inside = outer["name"] if outer else ""
        end = re.compile(outer["end"]).search(line, at) if outer else None
        candidates = [
            (match.start(), number, match, pattern)
            for number, pattern in enumerate(patterns_in((outer or GRAMMAR).get("patterns", [])))
            if (match := re.compile(pattern.get("match") or pattern["begin"]).search(line, at)) and match.group()
        ]
        best = min(candidates, key=lambda candidate: candidate[:2], default=None)
        if outer and end and (best is None or end.start() <= best[0]):
            scopes[at : end.end()] = [inside] * (end.end() - at)
            at, outer = end.end(), None
            if at == len(line):
                break
            continue
        if best is None:
            scopes[at:] = [inside] * (len(line) - at)
            break
        start, _, match, pattern = best
        scopes[at:start] = [inside] * (start - at)
        scopes[start : match.end()] = [f"{inside} {pattern.get('name', '')}".strip()] * (match.end() - start)
        for group, capture in pattern.get("captures", {}).items():
            for index in range(*match.span(int(group))):
                scopes[index] = f"{scopes[index]} {capture['name']}".strip()
        at = match.end()
        if "begin" in pattern:
            outer = pattern
    return scopes, outer


def scope_of(part: str, text: str) -> str:
    """The scopes of a part of a text, which must be the same for all of it."""
    start = text.index(part)
    found = set(scopes_of(text)[start : start + len(part)])
    assert len(found) == 1, found
    return found.pop()


def test_every_pattern_compiles() -> None:
    found = [
        pattern[key]
        for part in GRAMMAR["repository"].values()
        for pattern in patterns_in(part["patterns"])
        for key in ("match", "begin", "end")
        if key in pattern
    ]
    assert len(found) > 20
    for expression in found:
        re.compile(expression)


def test_every_include_is_in_the_repository_and_every_part_is_included() -> None:
    included = set(re.findall(r'"include": "#(\w+)"', json.dumps(GRAMMAR)))
    assert included == set(GRAMMAR["repository"])


def test_the_keywords_are_those_of_the_language() -> None:
    parts = ("declarations", "keywords")
    matches = [pattern["match"] for part in parts for pattern in GRAMMAR["repository"][part]["patterns"]]
    words = [word for match in matches for words in ALTERNATIVES.findall(match) for word in words.split("|")]
    assert sorted(words) == sorted(KEYWORDS)


@pytest.mark.parametrize(
    ("part", "text", "scope"),
    [
        ("define", 'define "X": 1', "storage.type.cql"),
        ('"X"', 'define "X": 1', "entity.name.function.cql"),
        ("Foo", "define fluent function Foo(x Integer): x", "entity.name.function.cql"),
        ("fluent", "define fluent function Foo(x Integer): x", "storage.modifier.cql"),
        ("days", "define fluent function days(x Integer): x", "entity.name.function.cql"),
        ('"Cancer"', '[Condition: "Cancer"]', "variable.other.quoted.cql"),
        ("where", "A B where B.c", "keyword.other.query.cql"),
        ("such that", "with C D such that D.e", "keyword.operator.word.cql"),
        ("and", "a and b", "keyword.operator.word.cql"),
        ("if", "if a then b else c", "keyword.control.cql"),
        ("null", "x is null", "constant.language.cql"),
        ("months", "6 months", "keyword.other.unit.cql"),
        ("2.5", "2.5 'mg'", "constant.numeric.cql"),
        ("'mg'", "2.5 'mg'", "string.quoted.single.cql"),
        (r"\'", r"'it\'s'", "string.quoted.single.cql constant.character.escape.cql"),
        (r"\q", r"'\q'", "string.quoted.single.cql invalid.illegal.escape.cql"),
        ("@2026-01-15T10:30Z", "@2026-01-15T10:30Z", "constant.other.datetime.cql"),
        ("@2026-01", "x > @2026-01", "constant.other.date.cql"),
        ("@T10:30", "@T10:30", "constant.other.time.cql"),
        ("System.Quantity", "x as System.Quantity", "support.type.cql"),
        ("List", "List<Integer>", "support.type.cql"),
        ("Integer", "List<Integer>", "support.type.cql"),
        ("Coalesce", "Coalesce(a, b)", "support.function.cql"),
        ("date", "X.date", "variable.other.cql"),
        ("$this", "$this > 1", "variable.language.cql"),
        ("<=", "a <= b", "keyword.operator.cql"),
        ("==", "a == b", "invalid.illegal.cql"),
        ("”", "”", "invalid.illegal.cql"),
        ("// why", "1 // why", "comment.line.double-slash.cql"),
        ("@kind", "/* @kind: dose\n   @title: T */", "comment.block.cql storage.type.class.tag.cql"),
        ("@title", "/* @kind: dose\n   @title: T */", "comment.block.cql storage.type.class.tag.cql"),
        (" dose", "/* @kind: dose\n   @title: T */", "comment.block.cql"),
        ("@only", "// @only: met", "comment.line.double-slash.cql storage.type.class.tag.cql"),
        ("a@b", "// a@b", "comment.line.double-slash.cql"),
        ("1", "/* x\n y */ 1", "constant.numeric.cql"),
    ],
)
def test_what_stands_in_a_text_has_its_scope(part: str, text: str, scope: str) -> None:
    assert scope_of(part, text) == scope


def _expected(token: Token) -> str:
    match token.kind:
        case TokenKind.STRING:
            return "string.quoted"
        case TokenKind.QUOTED_NAME:
            return "variable.other.quoted|entity.name|support.type"
        case TokenKind.NUMBER | TokenKind.LONG:
            return "constant.numeric"
        case TokenKind.DATE | TokenKind.DATETIME | TokenKind.TIME:
            return "constant.other"
        case TokenKind.KEYWORD:
            return "keyword|storage|constant.language|support.type|entity.name"
        case TokenKind.NAME:
            return "variable.other|support|entity.name"
    return "keyword.operator|punctuation|support.type|variable.language"


@pytest.mark.parametrize("name", ["Therapies", "Infusions", "Staging"])
def test_every_token_of_the_rules_has_the_scope_of_its_kind(name: str) -> None:
    text = (LIBRARY / f"{name}.cql").read_text(encoding="utf-8")
    scopes = scopes_of(text)
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    tokens = lex(text, name).tokens[:-1]
    for index, token in enumerate(tokens):
        scope = scopes[starts[token.line - 1] + token.column - 1]
        behind_dot = index > 0 and tokens[index - 1].text == "."
        if not behind_dot:
            assert re.match(_expected(token), scope), (token, scope)
