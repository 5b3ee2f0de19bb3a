"""Helpers: expressions written as nested operator names, so that a test can state how a text is grouped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass

import pytest

from cql_like_rules.cql.errors import Problem
from cql_like_rules.cql.parser import parse_expression, parse_library
from cql_like_rules.cql.syntax import (
    Expression,
    IdentifierRef,
    Interval,
    Library,
    Literal,
    Null,
    Operation,
    Property,
    QuantityLiteral,
)


def shape_of(node: object) -> str:
    match node:
        case None:
            return "-"
        case tuple():
            return ", ".join(map(shape_of, node))
        case Literal(value=bool() as value):
            return str(value).lower()
        case Literal(value=str() as value):
            return f"'{value}'"
        case Literal(value=value):
            return str(value)
        case Null():
            return "null"
        case QuantityLiteral(value=value, unit=unit, calendar=calendar):
            return f"{value} {unit}" if calendar else f"{value} '{unit}'"
        case IdentifierRef(name=name):
            return name
        case Property(source=source, path=path):
            return f"{shape_of(source)}.{path}"
        case Interval():
            opening, closing = "[" if node.low_closed else "(", "]" if node.high_closed else ")"
            return f"Interval{opening}{shape_of(node.low)}, {shape_of(node.high)}{closing}"
        case Operation(operator=operator, operands=operands, precision=precision):
            return f"{operator}{f'<{precision}>' if precision else ''}({shape_of(operands)})"
    if is_dataclass(node):
        parts = [shape_of(getattr(node, field.name)) for field in fields(node) if field.name != "position"]
        return f"{type(node).__name__}({', '.join(parts)})"
    return str(node)


@pytest.fixture
def shape() -> Callable[[str], str]:
    """How an expression is grouped; fails when it has problems."""

    def parsed(text: str) -> str:
        expression, problems = parse_expression(text, "test")
        assert problems == []
        return shape_of(expression)

    return parsed


@pytest.fixture
def expression() -> Callable[[str], Expression]:
    """The tree of an expression without problems."""

    def parsed(text: str) -> Expression:
        tree, problems = parse_expression(text, "test")
        assert problems == []
        return tree

    return parsed


@pytest.fixture
def library() -> Callable[[str], Library]:
    """A library without problems."""

    def parsed(text: str) -> Library:
        tree, problems = parse_library(text, "test.cql")
        assert problems == []
        assert tree is not None
        return tree

    return parsed


@pytest.fixture
def problems() -> Callable[[str], list[Problem]]:
    """What is wrong with the text of a library."""
    return lambda text: parse_library(text, "test.cql")[1]


@pytest.fixture
def refusal() -> Callable[[str], Problem]:
    """The one thing that is wrong with an expression."""

    def refused(text: str) -> Problem:
        _, problems = parse_expression(text, "test")
        assert len(problems) == 1, [str(problem) for problem in problems]
        return problems[0]

    return refused
