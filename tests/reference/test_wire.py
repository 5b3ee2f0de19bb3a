"""Values cross to the other engine and back, and are the same when they mean the same."""

from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.element import Element
from tests.reference.wire import agree, canonical, from_json, to_json

D = Decimal


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        D("0.5"),
        "text",
        [1, None],
        Quantity(D("2.5"), "mg/m2"),
        Date(2026, 5),
        DateTime.parse("2026-05-12T10:30:00.000+02:00"),
        Time(10, 30),
        Interval(1, 10, True, False),
        Uncertainty(12, 23),
        Concept((Code("a", "http://example.org", None, "A"),)),
        Tuple({"a": 1, "b": None}),
    ],
    ids=repr,
)
def test_a_value_comes_back_as_it_went(value: Any) -> None:
    assert agree(value, from_json(to_json(value)))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (D("0.33333333"), 0.3333333333),
        (D(5), 5),
        (Quantity(D(1), "g"), {"quantity": [1000, "mg"]}),
        (Quantity(D(3), "month"), {"quantity": [3, "months"]}),
        (Interval(1, 10, True, False), {"interval": [1, 9, True, True]}),
        (Interval(D(1), D("9.99999999")), {"interval": [1, 10, True, False]}),
        (DateTime.parse("2026-05-12T10:30:00.000+02:00"), {"dateTime": "2026-05-12T08:30:00.000+00:00"}),
        (Tuple({"a": 1}), {"tuple": {"a": 1, "b": None}}),
        (Element("Condition", {"resourceType": "Condition", "id": "c"}), {"resource": ["Condition", "c"]}),
    ],
    ids=repr,
)
def test_values_that_are_written_otherwise_agree(ours: Any, theirs: Any) -> None:
    assert agree(ours, from_json(theirs))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (None, False),
        (True, 1),
        (D("0.333"), 0.3333333333),
        (Quantity(D(1), "g"), {"quantity": [1, "mg"]}),
        (Quantity(D(1), "g"), {"quantity": [1, "m"]}),
        (Date(2026, 5), {"date": "2026-05-01"}),
        (Interval(1, 10), {"interval": [1, 10, True, False]}),
        ([1, 2], [2, 1]),
        (Element("Condition", {"resourceType": "Condition", "id": "c"}), {"resource": ["Condition", "d"]}),
    ],
    ids=repr,
)
def test_values_that_differ_do_not_agree(ours: Any, theirs: Any) -> None:
    assert not agree(ours, from_json(theirs))


def test_codings_go_over_in_their_canonical_spelling_and_quantities_as_they_are() -> None:
    amount = {"value": D("2.5"), "system": "urn:oid:2.16.840.1.113883.6.8", "code": "mg"}
    resource = {"code": {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.90", "code": "C9200"}]}, "amount": amount}
    assert canonical(resource) == {
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "C92.00"}]},
        "amount": {"value": 2.5, "system": "urn:oid:2.16.840.1.113883.6.8", "code": "mg"},
    }
