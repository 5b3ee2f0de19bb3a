"""Three-valued logic: true, false and null (`None`), as pure functions.

Source: CQL 1.5.3, Appendix B, section Logical Operators.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

Truth: TypeAlias = bool | None


def and_(a: Truth, b: Truth) -> Truth:
    """True when both are, false when either is false, otherwise null."""
    if a is False or b is False:
        return False
    return True if a is True and b is True else None


def or_(a: Truth, b: Truth) -> Truth:
    """True when either is, false when both are false, otherwise null."""
    if a is True or b is True:
        return True
    return False if a is False and b is False else None


def xor(a: Truth, b: Truth) -> Truth:
    """True when exactly one is true; null when either is null."""
    if a is None or b is None:
        return None
    return a is not b


def not_(a: Truth) -> Truth:
    """The opposite; null when null."""
    return None if a is None else not a


def implies(a: Truth, b: Truth) -> Truth:
    """`not a or b`: true when a is false or b is true, false when a is true and b false, otherwise null."""
    if a is False or b is True:
        return True
    return False if a is True and b is False else None


def is_true(a: Truth) -> bool:
    """Whether it is true; null is not."""
    return a is True


def is_false(a: Truth) -> bool:
    """Whether it is false; null is not."""
    return a is False


def all_of(truths: Iterable[Truth]) -> Truth:
    """`and` over any number of values: true when there are none."""
    known = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            known = False
    return True if known else None


def any_of(truths: Iterable[Truth]) -> Truth:
    """`or` over any number of values: false when there are none."""
    known = True
    for truth in truths:
        if truth is True:
            return True
        if truth is None:
            known = False
    return False if known else None
