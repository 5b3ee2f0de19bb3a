"""FHIR JSON as it comes."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules import lenient

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_no_json_makes_a_reader_stumble(json):
    lenient.items(json)
    lenient.objects(json)
    lenient.first_object(json)
    lenient.text(json)
    lenient.number(json)
    lenient.whole_number(json)
    lenient.codings(json)
    lenient.extensions(json, "http://example.org")


@pytest.mark.parametrize(
    ("json", "value"),
    [
        (80, Decimal(80)),
        (80.5, Decimal("80.5")),
        ("80.5", Decimal("80.5")),
        (" 80 ", Decimal(80)),
        (Decimal("1.10"), Decimal("1.10")),
        (True, None),
        ("eighty", None),
        (float("nan"), None),
        (None, None),
        ([80], None),
    ],
)
def test_a_number_is_read_also_when_it_is_quoted(json, value):
    assert lenient.number(json) == value


@pytest.mark.parametrize("json", ["1e999999", "-1e999999", "1e-999999", 1e300, 10**30, "sNaN", "Infinity"])
def test_a_number_that_no_amount_can_have_is_not_read(json):
    assert lenient.number(json) is None
    assert lenient.whole_number(json) is None


def test_nothing_is_nothing_however_it_is_written():
    assert lenient.whole_number("0e999999") == 0
    assert lenient.number("0.00") == 0


def test_a_whole_number_has_no_fraction():
    assert lenient.whole_number("5") == 5
    assert lenient.whole_number(5.0) == 5
    assert lenient.whole_number(5.5) is None


def test_one_object_counts_as_an_array_of_one():
    assert lenient.objects({"a": 1}) == [{"a": 1}]
    assert lenient.objects([{"a": 1}, "x", None]) == [{"a": 1}]


def test_a_bare_coding_counts_as_a_concept_of_one():
    assert lenient.codings({"system": "s", "code": "c"}) == [{"system": "s", "code": "c"}]
    assert lenient.codings({"coding": {"code": "c"}}) == [{"code": "c"}]
    assert lenient.codings({"text": "no code"}) == []


@pytest.mark.parametrize(
    ("reference", "relative"),
    [
        ("Patient/1", "Patient/1"),
        ("https://ehr.example.org/fhir/Patient/1", "Patient/1"),
        ("https://ehr.example.org/fhir/Patient/1/_history/2", "Patient/1"),
        ("#med", None),
        ("urn:uuid:7b7b1b0a-0000-0000-0000-000000000000", None),
        ("", None),
    ],
)
def test_a_reference_is_known_by_its_type_and_id(reference, relative):
    assert lenient.relative_reference(reference) == relative
