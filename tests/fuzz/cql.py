"""CQL texts that are broken, and what reading them must come to: a library, or problems with their places."""

from __future__ import annotations

import random
import re
from pathlib import Path

from cql_like_rules.cql.parser import parse_expression, parse_library

RULES = Path(__file__).parents[2] / "cql_like_rules"
FILES = tuple(sorted([*RULES.glob("policies/*/*.cql"), *RULES.glob("library/*.cql")]))
_TOKEN = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|/\*.*?\*/|//[^\n]*|[A-Za-z_]\w*|\d+(?:\.\d+)?|\s+|[^\w\s]', re.DOTALL)
_WORDS = (
    "define", "function", "parameter", "library", "using", "include", "called", "valueset", "code", "concept",
    "context", "where", "return", "sort", "from", "with", "such that", "let", "aggregate", "case", "when", "then",
    "else", "end", "if", "exists", "between", "during", "starts", "within", "Interval[", "List<", "Tuple{",
    "is null", "not", "and", "or", "(", ")", "[", "]", "{", "}", ":", ",", ".", "'", '"', "`", "/*", "*/", "//",
    "@2026-13-45T25:61", "@T", "1.", "9" * 40, "'mg'", "%", "$this", "\\u0000", "\x00", "\ufeff", "é", "😀",
    "((((((((((", "not not not not", "- - - -",
)  # fmt: skip


def read(text: str) -> None:
    """Reads a text as a library and as an expression. Every problem must name a place within it, and say something.

    Raises AssertionError where one does not; anything else that is raised is a fault of the parser.
    """
    lines = text.count("\n") + text.count("\r") + text.count("\u2028") + text.count("\x85") + 2
    library, problems = parse_library(text, "fuzz.cql")
    assert library is not None or problems, "neither a library nor a problem"
    _, more = parse_expression(text[:2000], "fuzz.cql")
    for problem in (*problems, *more):
        assert problem.message, "a problem without words"
        assert 1 <= problem.position.line <= lines, f"{problem} is not in a text of {lines} lines"
        assert problem.position.column >= 1
        str(problem)


def mutated(number: int) -> str:
    """A text made from the policies and their libraries: the same for the same number."""
    chance = random.Random(number)
    text = chance.choice(_TEXTS)
    tokens = _TOKEN.findall(text)
    start = chance.randrange(len(tokens))
    tokens = tokens[start : start + chance.choice((30, 200, 1000))]
    for _ in range(chance.choice((1, 2, 5, 20))):
        place = chance.randrange(len(tokens) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            del tokens[place : place + chance.choice((1, 1, 5))]
        elif kind == 1:
            tokens.insert(place, chance.choice(_WORDS))
        elif kind == 2 and tokens:
            tokens.insert(place, chance.choice(tokens))
        elif kind == 3:
            tokens[place:place] = tokens[place : place + 5] * chance.choice((2, 200))
        else:
            tokens.insert(
                place, "".join(chr(chance.choice((chance.randrange(128), chance.randrange(0x3000)))) for _ in range(3))
            )
    return ("library Fuzz version '1'\n" if chance.random() < 0.5 else "") + "".join(tokens)


_TEXTS = tuple(file.read_text(encoding="utf-8") for file in FILES)
