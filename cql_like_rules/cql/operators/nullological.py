"""Null: tests and defaults (CQL 1.5.3, Appendix B, Nullological Operators)."""

from __future__ import annotations

from typing import Any


def coalesce(*values: Any) -> Any:
    """`Coalesce(a, b, …)`: the first that is not null; of a single list, its first element that is not null."""
    candidates = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return next((value for value in candidates if value is not None), None)


def is_null(value: Any) -> bool:
    """`x is null`."""
    return value is None


def is_true(value: bool | None) -> bool:
    """`x is true`: false for null."""
    return value is True


def is_false(value: bool | None) -> bool:
    """`x is false`: false for null."""
    return value is False
