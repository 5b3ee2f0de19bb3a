"""Null: tests for it and defaults instead of it.

Source: CQL 1.5.3, Appendix B, Nullological Operators.
"""

from __future__ import annotations

from typing import Any


def coalesce(*values: Any) -> Any:
    """`Coalesce(a, b, …)`: the first that is not null; of a single list, its first element that is not null."""
    candidates = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return next((value for value in candidates if value is not None), None)


def is_null(value: Any) -> bool:
    """`x is null`."""
    return value is None
