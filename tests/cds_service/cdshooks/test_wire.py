from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cdshooks.wire import DEEPEST_NESTING, NotJson, read_json, write_json

NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,20})\.[0-9]{1,12}([eE][+-]?[0-9]{1,2})?", fullmatch=True)


@given(NUMBERS)
def test_a_fraction_is_written_as_it_was_read(text: str) -> None:
    value = read_json(text.encode())
    assert isinstance(value, Decimal)
    assert value == Decimal(text)
    assert write_json(value) == text.encode()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    assert read_json(write_json(value)) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_as_not_json(body: bytes) -> None:
    with contextlib.suppress(NotJson):
        write_json(read_json(body))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "line 1, column 1"),
        (b'{"a": 1,}', "line 1"),
        (b'{"a": 1} // comment', "Extra data"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b"[1e999999999999999999999]", "out of range"),
        (b"[1.0e999999]", "out of range"),
        (b"[1.0e-999999]", "out of range"),
        (b"[" + b"9" * 5000 + b"]", "too many digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "UTF-8"),
        ('{"a": "ä"}'.encode("latin-1"), "UTF-8"),
        (b'"\\ud800"', "UTF-8"),
    ],
)
def test_what_cannot_be_worked_with_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(NotJson, match=reason):
        read_json(body)


def test_a_refusal_quotes_nothing_of_the_text() -> None:
    with pytest.raises(NotJson) as caught:
        read_json(b'{"name": "Jane Doe" "birthDate"}')
    assert "Jane" not in str(caught.value)


def test_nesting_is_allowed_up_to_the_limit() -> None:
    allowed = "[" * DEEPEST_NESTING + "]" * DEEPEST_NESTING
    assert read_json(allowed.encode()) == json.loads(allowed)
    with pytest.raises(NotJson, match="nested too deeply"):
        read_json(f"[{allowed}]".encode())


def test_a_pair_of_surrogate_escapes_is_one_character() -> None:
    assert read_json(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_json(b"\xef\xbb\xbf{}") == {}
