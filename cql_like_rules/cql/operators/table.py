"""Operator: one row of the tables of operators and system functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator or system function.

    `function` is called with as many operands as one of `arities`; with the keyword `precision` when it takes one, and
    with the keyword `context` when it is `contextual`. `section` is its place in the specification, `nulls` what it
    makes of null operands.
    """

    name: str
    arities: frozenset[int]
    function: Callable[..., Any]
    section: str
    nulls: str
    precision: bool = False
    contextual: bool = False
