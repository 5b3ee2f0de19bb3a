"""Whatever can be parsed can be checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ATOMS = (
    "x",
    '"Order".dose',
    "1",
    "2.5",
    "'s'",
    "5 'mg'",
    "3 days",
    "null",
    "true",
    "@2026-01-01",
    "[Condition]",
    '[Condition: "Cancer"]',
    '"Weight"',
    "Interval[1, 2)",
    "{ a: 1 }",
    "Patient.name",
    "Common.Plus(1, 2)",
)
INFIX = """
    and or xor implies = != ~ < >= + - * / div ^ & union intersect in contains before starts during includes meets
    within|1|day|of same|day|as
"""
PATHS = ("value", "code", "onset", "a", "low", "coding")

infix = st.sampled_from([word.replace("|", " ") for word in INFIX.split()])
prefix = st.sampled_from(["not", "exists", "-", "start of", "distinct", "flatten", "singleton from", "year from"])
function = st.sampled_from(["First", "Coalesce", "Lower", "Count", "AgeInYearsAt", "Nonsense", "ToString"])
type_name = st.sampled_from(["Integer", "FHIR.Quantity", "System.Quantity", "List<String>", "Nonsense"])


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, infix, inner).map(lambda parts: f"({parts[0]}) {parts[1]} ({parts[2]})"),
        st.tuples(prefix, inner).map(lambda parts: f"{parts[0]} ({parts[1]})"),
        st.tuples(inner, st.sampled_from(PATHS)).map(lambda parts: f"({parts[0]}).{parts[1]}"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
        st.tuples(function, inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(inner, type_name).map(lambda parts: f"({parts[0]}) as {parts[1]}"),
        st.tuples(inner, inner).map(lambda parts: f"if ({parts[0]}) then ({parts[1]}) else null"),
        st.lists(inner, max_size=3).map(lambda parts: "{ " + ", ".join(f"({part})" for part in parts) + " }"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]}) A let b: A where ({parts[1]}) return b sort by id"),
        inner.map(lambda part: f"({part}) A aggregate r starting (1): r + A"),
    )


@given(st.recursive(st.sampled_from(ATOMS), compound, max_leaves=8), st.booleans())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_expression_is_checked_and_typed(check: Callable[..., Any], text: str, strict: bool) -> None:
    found = check(
        f"""library T version '1'
        using FHIR version '4.0.1'
        include Common version '1.0.0'
        valueset "Cancer": 'http://x/cancer'
        codesystem "LOINC": 'http://loinc.org'
        code "Weight": '29463-7' from "LOINC"
        parameter "Order" Tuple {{ dose System.Quantity }}
        context Patient
        define "X": {text}""",
        strict,
    )
    assert found.type_of("X")
