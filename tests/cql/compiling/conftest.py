"""A small world for the language at work: libraries in memory, a few value sets, records of a few resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.library import CompiledLibrary, SourceText, compile_text
from cql_like_rules.cql.values.concept import LOINC, SNOMED_CT, ValueSet
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.record import Record

AS_OF = DateTime(2026, 1, 15, 9, 0, 0, 0, Decimal(0))

HEADER = """library Main version '1.0.0'
using FHIR version '4.0.1'
{includes}
codesystem "SNOMED": 'http://snomed.info/sct'
codesystem "LOINC": 'http://loinc.org'
valueset "Cancer": 'https://example.org/ValueSet/cancer'
code "Weight": '29463-7' from "LOINC" display 'Body weight'
code "Melanoma": '372244006' from "SNOMED"
code "Glioma": '393564001' from "SNOMED"
concept "Melanoma or glioma": {{ "Melanoma", "Glioma" }}
{parameters}
context Patient
"""

VALUE_SETS = {
    "https://example.org/ValueSet/cancer": ValueSet(
        "https://example.org/ValueSet/cancer",
        "Cancer",
        frozenset({(SNOMED_CT, "372244006"), (SNOMED_CT, "393564001")}),
    )
}


class Sources:
    """Libraries by name, and value sets by address."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def read(self, name: str, version: str | None) -> SourceText | None:
        text = self.texts.get(name)
        return SourceText(f"{name}.cql", text) if text is not None else None

    def resolve(self, url: str) -> ValueSet | None:
        return VALUE_SETS.get(url)


Compile = Callable[..., CompiledLibrary]
Evaluate = Callable[..., Evaluation]
Value = Callable[..., Any]


@pytest.fixture
def compile_defines() -> Compile:
    """The library that some definitions make under a common header; `libraries` can be included by name."""

    def compiled(definitions: str, libraries: Mapping[str, str] | None = None, parameters: str = "") -> CompiledLibrary:
        sources = Sources(libraries or {})
        includes = "\n".join(f"include {name} version '1' called {name}" for name in sources.texts)
        text = HEADER.format(includes=includes, parameters=parameters) + definitions
        return compile_text(SourceText("main.cql", text), sources, sources, strict=False)

    return compiled


@pytest.fixture
def evaluate(compile_defines: Compile) -> Evaluate:
    """The evaluation of some definitions over some resources."""

    def evaluated(
        definitions: str,
        resources: Sequence[Mapping[str, Any]] = (),
        values: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Evaluation:
        return Evaluation(compile_defines(definitions, **options), Record(resources), values or {}, AS_OF)

    return evaluated


@pytest.fixture
def value_of(evaluate: Evaluate) -> Value:
    """The value of one expression."""

    def value(expression: str, resources: Sequence[Mapping[str, Any]] = (), **options: Any) -> Any:
        return evaluate(f'define "It": {expression}', resources, **options).value("It")

    return value


def condition(identity: str, *codes: str, **elements: Any) -> dict[str, Any]:
    """A Condition with SNOMED CT codes."""
    coding = [{"system": SNOMED_CT, "code": code} for code in codes]
    return {"resourceType": "Condition", "id": identity, "code": {"coding": coding}, **elements}


def weight(identity: str, kilograms: float | None, when: str | None = "2026-01-01") -> dict[str, Any]:
    """A body weight in kg; without a value, an Observation that has none."""
    value = {} if kilograms is None else {"valueQuantity": {"value": kilograms, "unit": "kg", "code": "kg"}}
    date = {} if when is None else {"effectiveDateTime": when}
    code = {"coding": [{"system": LOINC, "code": "29463-7"}]}
    return {"resourceType": "Observation", "id": identity, "status": "final", "code": code, **value, **date}


@pytest.fixture
def conditions() -> Callable[..., dict[str, Any]]:
    return condition


@pytest.fixture
def weights() -> Callable[..., dict[str, Any]]:
    return weight
