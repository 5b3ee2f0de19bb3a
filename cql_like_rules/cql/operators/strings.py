"""Strings. Null for a null operand, unless it says otherwise.

Regular expressions are those of Python's `re`, case-sensitive, with `.` for any character; `Matches` is of the whole
string, as in the reference engine and HL7's tests.

Source: CQL 1.5.3, Appendix B, String Operators.
"""

from __future__ import annotations

import re
from functools import lru_cache

from cql_like_rules.cql.errors import EvaluationError

_REFERENCE = re.compile(r"\\(.)|\$(\d)")


def ampersand(a: str | None, b: str | None) -> str:
    """`a & b`: null counts as the empty string."""
    return (a or "") + (b or "")


def concatenate(*parts: str | None) -> str | None:
    """`Concatenate(a, b)`: null if any part is null."""
    return None if None in parts else "".join(part for part in parts if part is not None)


def combine(parts: list[str | None] | None, separator: str | None = None) -> str | None:
    """`Combine(parts, separator)`: nulls are left out; null for a null list and where nothing is left."""
    known = [part for part in parts or () if part is not None]
    if not all(isinstance(part, str) for part in known):
        raise EvaluationError("only strings are combined")
    return (separator or "").join(known) if known else None


def split(text: str | None, separator: str | None) -> list[str] | None:
    """`Split(text, separator)`: one part when the separator is null or empty."""
    if text is None:
        return None
    return text.split(separator) if separator else [text]


def split_on_matches(text: str | None, pattern: str | None) -> list[str] | None:
    """`SplitOnMatches(text, pattern)`: one part when the pattern is null."""
    if text is None:
        return None
    if pattern is None:
        return [text]
    parts, place = [], 0
    for match in _compiled(pattern).finditer(text):
        parts.append(text[place : match.start()])
        place = match.end()
    return [*parts, text[place:]]


def lower(text: str | None) -> str | None:
    """`Lower(text)`."""
    return None if text is None else text.lower()


def upper(text: str | None) -> str | None:
    """`Upper(text)`."""
    return None if text is None else text.upper()


def starts_with(text: str | None, prefix: str | None) -> bool | None:
    """`StartsWith(text, prefix)`."""
    return None if text is None or prefix is None else text.startswith(prefix)


def ends_with(text: str | None, suffix: str | None) -> bool | None:
    """`EndsWith(text, suffix)`."""
    return None if text is None or suffix is None else text.endswith(suffix)


def substring(text: str | None, start: int | None, length: int | None = None) -> str | None:
    """`Substring(text, start, length)`, from 0: to the end for a null length; null when the start lies outside."""
    if text is None or start is None or not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(length, 0)]


def position_of(pattern: str | None, text: str | None) -> int | None:
    """`PositionOf(pattern, text)`: the first place, -1 when there is none."""
    return None if pattern is None or text is None else text.find(pattern)


def last_position_of(pattern: str | None, text: str | None) -> int | None:
    """`LastPositionOf(pattern, text)`: the last place, -1 when there is none."""
    return None if pattern is None or text is None else text.rfind(pattern)


def matches(text: str | None, pattern: str | None) -> bool | None:
    """`Matches(text, pattern)`: whether the whole text fits. Raises EvaluationError for a faulty pattern."""
    return None if text is None or pattern is None else _compiled(pattern).fullmatch(text) is not None


def replace_matches(text: str | None, pattern: str | None, substitution: str | None) -> str | None:
    r"""`ReplaceMatches(text, pattern, substitution)`: `$1` stands for a group, `\$` for a dollar sign.

    Raises EvaluationError for a faulty pattern and for a group that it does not have.
    """
    if text is None or pattern is None or substitution is None:
        return None
    compiled = _compiled(pattern)
    groups = [int(number) for _, number in _REFERENCE.findall(substitution) if number]
    if max(groups, default=0) > compiled.groups:
        raise EvaluationError(f"the pattern {pattern!r} has no group {max(groups)}")

    def replacement(match: re.Match[str]) -> str:
        return _REFERENCE.sub(lambda found: found[1] or match[int(found[2])] or "", substitution)

    return compiled.sub(replacement, text)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise EvaluationError(f"{pattern!r} is not a regular expression: {error}") from error
