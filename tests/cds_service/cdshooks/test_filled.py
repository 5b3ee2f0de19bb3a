from __future__ import annotations

from typing import Any

import pytest

from cds_service.cdshooks.filled import filled


@pytest.mark.rules("C-3", "D-8")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": None, "b": "", "c": [], "d": {}, "e": 0, "f": False}, {"e": 0, "f": False}),
        ({"a": {"b": {"c": None}}}, {}),
        ({"a": ["", None, "x"]}, {"a": ["x"]}),
        ([{}, {"a": 1}], [{"a": 1}]),
        ({"a": ("x",)}, {"a": ["x"]}),
        ({"r": {"resourceType": "Patient", "name": []}}, {"r": {"resourceType": "Patient", "name": []}}),
    ],
)
def test_null_and_empty_members_are_left_out_at_any_depth_but_in_resources(value: Any, expected: Any) -> None:
    assert filled(value) == expected
