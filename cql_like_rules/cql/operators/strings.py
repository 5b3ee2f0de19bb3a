"""Strings (CQL 1.5.3, Appendix B, String Operators). Null for a null operand, unless a function says otherwise."""

from __future__ import annotations

import re
from functools import lru_cache

from cql_like_rules.cql.errors import EvaluationError


def concatenate(left: str | None, right: str | None) -> str:
    """`left & right`: null counts as the empty string."""
    return (left or "") + (right or "")


def combine(parts: list[str | None] | None, separator: str | None = "") -> str | None:
    """`Combine(parts, separator)`: nulls are left out; null when the list or the separator is null."""
    if parts is None or separator is None:
        return None
    known = [part for part in parts if part is not None]
    return separator.join(known) if known or not parts else None


def split(text: str | None, separator: str | None) -> list[str] | None:
    """`Split(text, separator)`; a null separator leaves one part."""
    if text is None:
        return None
    return text.split(separator) if separator else [text]


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
    """`Substring(text, start, length)`, from 0; null when the start lies outside the text."""
    if text is None or start is None or not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + length]


def position_of(pattern: str | None, text: str | None) -> int | None:
    """`PositionOf(pattern, text)`: the first place, -1 when there is none."""
    return None if pattern is None or text is None else text.find(pattern)


def last_position_of(pattern: str | None, text: str | None) -> int | None:
    """`LastPositionOf(pattern, text)`: the last place, -1 when there is none."""
    return None if pattern is None or text is None else text.rfind(pattern)


def matches(text: str | None, pattern: str | None) -> bool | None:
    """`Matches(text, pattern)`: whether the whole text fits the regular expression."""
    return None if text is None or pattern is None else _compiled(pattern).fullmatch(text) is not None


def replace_matches(text: str | None, pattern: str | None, replacement: str | None) -> str | None:
    """`ReplaceMatches(text, pattern, replacement)`: `$1` names a group, `\\$` is a dollar sign."""
    if text is None or pattern is None or replacement is None:
        return None
    template = re.sub(r"\\\$|\$(\d+)", lambda m: "$" if m[1] is None else rf"\g<{m[1]}>", replacement)
    return _compiled(pattern).sub(template, text)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise EvaluationError(f"not a regular expression: {pattern!r} ({error})") from error
