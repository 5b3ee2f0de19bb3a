"""Values as CQL writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.conformance import same
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.library import SourceText, compile_text
from cql_like_rules.cql.notation import in_cql
from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.record import Record

CODE = Code("1", "http://loinc.org", None, "One")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-3, "-3"),
        (Decimal("2"), "2.0"),
        (Decimal("1E+3"), "1000.0"),
        ("it's\n\\", r"'it\'s\n\\'"),
        (Quantity(Decimal("5"), "mg"), "5 'mg'"),
        (Quantity(Decimal("2"), "year"), "2 years"),
        (Ratio(Quantity(Decimal(1)), Quantity(Decimal(128))), "1 '1':128 '1'"),
        (Date(2026, 1), "@2026-01"),
        (DateTime(2026), "@2026T"),
        (DateTime(2026, 1, 15, 10, 30, offset=Decimal(0)), "@2026-01-15T10:30+00:00"),
        (Time(10, 30), "@T10:30"),
        (Interval(1, None, True, False), "Interval[1, null)"),
        (Uncertainty(1, 3), "Interval[1, 3]"),
        ([], "{}"),
        ([1, None], "{ 1, null }"),
        (Tuple({"a": 1, "b c": None}), 'Tuple { a: 1, "b c": null }'),
        (Tuple({}), "Tuple { : }"),
        (CODE, "System.Code { code: '1', system: 'http://loinc.org', display: 'One' }"),
        (Concept((Code("1"),), "One"), "System.Concept { codes: { System.Code { code: '1' } }, display: 'One' }"),
        (ValueSet("urn:x", "X"), "System.ValueSet { id: 'urn:x', name: 'X' }"),
        (CodeSystem("urn:x", "X"), "System.CodeSystem { id: 'urn:x', name: 'X' }"),
    ],
)
def test_a_value_is_written_as_its_literal_or_selector(value: Any, text: str) -> None:
    assert in_cql(value) == text


def test_a_resource_is_told_by_type_and_id_an_element_by_what_it_holds() -> None:
    json = {
        "resourceType": "Observation",
        "id": "w",
        "status": "final",
        "valueQuantity": {"value": Decimal("70.5"), "unit": "kg"},
        "component": [{"code": {"text": "x"}}],
    }
    (observation,) = Record([json]).retrieve("Observation")
    assert in_cql(observation) == "FHIR.Observation { id: 'w' }"
    assert in_cql(observation.get("status")) == "FHIR.ObservationStatus { value: 'final' }"
    assert in_cql(observation.get("value")) == (
        "FHIR.Quantity { value: FHIR.decimal { value: 70.5 }, unit: FHIR.string { value: 'kg' } }"
    )
    assert in_cql(observation.get("component")) == (
        "{ FHIR.Observation.Component { code: FHIR.CodeableConcept { text: FHIR.string { value: 'x' } } } }"
    )


def test_a_choice_within_an_element_has_its_name_in_cql() -> None:
    json = {"resourceType": "Observation", "component": [{"code": {}, "valueInteger": 3}]}
    (observation,) = Record([json]).retrieve("Observation")
    assert "value: FHIR.integer { value: 3 }" in in_cql(observation.get("component")[0])


def test_what_is_no_value_of_cql_has_no_notation() -> None:
    with pytest.raises(TypeError, match="no notation"):
        in_cql(object())


numbers = st.decimals(min_value=-1000, max_value=1000, places=3, allow_nan=False)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    numbers,
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12),
    numbers.map(lambda value: Quantity(value, "mg")),
    st.dates().map(lambda day: Date(day.year, day.month, day.day)),
    st.times().map(lambda time: Time(time.hour, time.minute, time.second, time.microsecond // 1000)),
    st.just(CODE),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "b", "c d", "date"]), inner, min_size=1, max_size=3).map(Tuple),
    ),
    max_leaves=6,
)


class _Nothing:
    def read(self, name: str, version: str | None) -> SourceText | None:
        return None

    def resolve(self, url: str) -> None:
        return None


@given(values)
def test_what_is_written_is_read_as_the_same_value(value: Any) -> None:
    text = f"library T version '1'\ndefine X:\n  {in_cql(value)}\n"
    library = compile_text(SourceText("t", text), _Nothing(), _Nothing(), strict=False)
    again = Evaluation(library, Record([]), {}, DateTime(2026)).value("X")
    assert same(again, value) or again == value
