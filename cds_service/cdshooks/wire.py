"""JSON in and out, with every number as it was written.

A dose of `7.50` says more than `7.5` (FHIR R4, 2.24.0.1 decimal: precision matters), and orders are echoed as they
came, so no number ever passes through a float.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import simplejson

LARGEST_EXPONENT = 400
"""Beyond this, a number is no measurement but an attempt to exhaust memory."""

DEEPEST_NESTING = 100
"""Far more than FHIR needs, and far less than any reader of the value can bear."""

_NESTED = frozenset({dict, list})
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")


class NotJson(ValueError):
    """The text is not JSON that can be worked with; the message says why and quotes nothing of it."""


class WrittenDecimal(Decimal):
    """A decimal whose own text (`1e2`, `0.00000001`) differs from the one that Python would write."""

    __slots__ = ("written",)
    written: str

    def __str__(self) -> str:
        return self.written


def read_json(body: bytes) -> Any:
    """The value that the body holds; fractions are Decimals that write themselves as they were written.

    Raises NotJson: for text that is not JSON or not UTF-8, for numbers out of every range, and for nesting that is too
    deep.
    """
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=_decimal, parse_constant=_refused)
        if _SURROGATE_ESCAPE.search(body):
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeError:
        raise NotJson("the text is not UTF-8") from None
    except RecursionError:
        raise NotJson("arrays and objects are nested too deeply") from None
    except ValueError:
        raise NotJson("a whole number has too many digits") from None
    if _deeper_than(value, DEEPEST_NESTING):
        raise NotJson("arrays and objects are nested too deeply")
    return value


def write_json(value: Any) -> bytes:
    """The value as JSON without insignificant whitespace; Decimals as they were written."""
    text: str = simplejson.dumps(value, separators=(",", ":"), use_decimal=True)
    return text.encode()


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value] if type(value) in _NESTED else []
    for _ in range(limit):
        level = [
            member
            for container in level
            for member in (container.values() if type(container) is dict else container)
            if type(member) in _NESTED
        ]
        if not level:
            return False
    return True


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise NotJson("a number is out of range") from None
    if abs(value.adjusted()) > LARGEST_EXPONENT:
        raise NotJson("a number is out of range")
    if str(value) == text:
        return value
    written = WrittenDecimal(text)
    written.written = text
    return written


def _refused(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")
