"""Two versions of a definition, held against each other: other numbers in the same rule, or another rule."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from cql_like_rules.cql import syntax
from cql_like_rules.review.rule_numbers import Written, expression_of, is_number, text_of

_NEXT = re.compile(r"(?://|/\*|define\b|context\b|parameter\b)")
_NUMBER = "a number"


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A number of a rule that is otherwise the same."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that was written anew: the lines that went (`- …`) and came (`+ …`)."""

    lines: tuple[str, ...]


def change_between(
    old: Written, old_text: str, new: Written, new_text: str
) -> tuple[NumberChange, ...] | RuleChange | None:
    """How the new version of a definition differs from the old one; None when it does not.

    The texts are those of the libraries that the definitions stand in.
    """
    before, after = _parts(old), _parts(new)
    if before == after:
        return None
    if _shape(before) == _shape(after):
        pairs = zip(_numbers(before), _numbers(after), strict=True)
        return tuple(NumberChange(was, now) for was, now in pairs if was != now)
    lines = difflib.ndiff(source_lines(old, old_text), source_lines(new, new_text))
    return RuleChange(tuple(f"{line[0]} {line[2:].strip()}" for line in lines if line[0] in "+-"))


def source_lines(definition: syntax.Definition, text: str) -> list[str]:
    """The lines of a definition as it is written, without the comment above it."""
    lines = text.splitlines()[definition.position.line - 1 :]
    end = next((number for number, line in enumerate(lines[1:], 1) if _NEXT.match(line)), len(lines))
    return "\n".join(lines[:end]).rstrip().splitlines()


def _parts(definition: Written) -> tuple[Any, ...]:
    operands = definition.operands if isinstance(definition, syntax.FunctionDef) else ()
    kind = definition.type if isinstance(definition, syntax.ParameterDef) else None
    return operands, kind, expression_of(definition)


def _shape(value: Any) -> Any:
    """What was written, with every number the same."""
    if isinstance(value, tuple):
        return tuple(map(_shape, value))
    if not isinstance(value, syntax.Node):
        return value
    if is_number(value):
        return _NUMBER
    return type(value), *(_shape(getattr(value, field.name)) for field in fields(value) if field.compare)


def _numbers(value: Any) -> Iterator[str]:
    if isinstance(value, tuple):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, syntax.Node):
        if is_number(value):
            yield text_of(value)
        else:
            for child in value.children():
                yield from _numbers(child)
