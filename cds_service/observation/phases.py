"""The phases of a call, as traces show them. Costs next to nothing while nobody traces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

Spans = Callable[[str], AbstractContextManager[Any]]

_NOTHING: AbstractContextManager[None] = nullcontext()
_spans: Spans | None = None


def phase(name: str) -> AbstractContextManager[Any]:
    """What surrounds a phase of a call."""
    return _NOTHING if _spans is None else _spans(name)


def traced_by(spans: Spans | None) -> None:
    """From now on each phase is surrounded by what this makes of its name; None for nothing."""
    global _spans  # noqa: PLW0603
    _spans = spans
