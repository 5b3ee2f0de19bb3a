"""A tiny policy, written into a folder of its own, and orders to hold against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.determination import Determination
from cql_like_rules.determine import determine
from cql_like_rules.orders import OrderSettings, read_order
from cql_like_rules.plans import HealthPlans
from cql_like_rules.policy import Policy, load_policy
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology, load_terminology

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"

TAGS = """/* @policy: T.1
   @title: A tiny policy
   @publisher: Nobody */"""

HEAD = """library T_1 version '1.0'
using FHIR version '4.0.1'
codesystem "RxNorm": 'http://www.nlm.nih.gov/research/umls/rxnorm'
codesystem "SNOMED CT": 'http://snomed.info/sct'
code "Drug": '203878' from "RxNorm" display 'Leukine'
code "Other drug": '1605067' from "RxNorm" display 'Zarxio'
code "By injection": '34206005' from "SNOMED CT" display 'Subcutaneous route'
parameter "Order" Tuple {
  product System.Concept, date Date, dosesPerDay Integer,
  perDay System.Quantity, perDayPerM2 System.Quantity, perDayPerKg System.Quantity
}
context Patient
"""

SHARED = """
define "Applies": exists ("Order".product.codes C where C ~ "Drug")
define "Phase": 'initial'
define "Section": 'I'
"""

Quantity = Mapping[str, Any]


class Tiny:
    """Writes tiny policies and evaluates them."""

    head = HEAD
    shared = SHARED

    def __init__(self, folder: Path, terminology: Terminology) -> None:
        self.folder = folder
        self.terminology = terminology

    def written(
        self, defines: str, *, tags: str = TAGS, shared: str = SHARED, name: str = "T.1", head: str = HEAD
    ) -> Path:
        """The folder of a policy with these defines."""
        folder = self.folder / "policies" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.cql").write_text("\n".join((tags, head, shared, defines)), encoding="utf-8")
        return folder

    def policy(self, defines: str, **options: Any) -> Policy:
        library = self.folder / "library"
        library.mkdir(exist_ok=True)
        return load_policy(self.written(defines, **options), self.terminology, library)

    def request(self, value: float | None = 300, unit: str = "ug/m2", **elements: Any) -> dict[str, Any]:
        """A draft order for the drug, once a day."""
        dose = {} if value is None else {"doseQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}
        return {
            "resourceType": "MedicationRequest",
            "id": "order",
            "status": "draft",
            "authoredOn": "2026-05-12",
            "medicationCodeableConcept": {"coding": [{"system": RXNORM, "code": "203878", "display": "Leukine"}]},
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [dose],
                }
            ],
            **elements,
        }

    def determination(
        self,
        policy: Policy | str,
        request: Mapping[str, Any] | None = None,
        *resources: Mapping[str, Any],
        plans: HealthPlans | None = None,
    ) -> Determination:
        """What the policy (or these defines of one) determines for an order (300 ug/m2 a day) with these resources."""
        loaded = self.policy(policy) if isinstance(policy, str) else policy
        draft = self.request() if request is None else request
        record = Record([draft, *resources], ["Condition"], None, self.terminology)
        order = read_order(draft, record, self.terminology, OrderSettings())
        return determine(loaded, record, order, DateTime.parse("2026-05-12"), (plans or HealthPlans()).paying(record))

    def measured(self, code: str, value: float, unit: str) -> dict[str, Any]:
        """A body measurement of the day before the order, by its LOINC code."""
        return {
            "resourceType": "Observation",
            "id": f"o-{code}",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "effectiveDateTime": "2026-05-11",
            "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        }

    def weight(self, kilograms: float) -> dict[str, Any]:
        return self.measured("29463-7", kilograms, "kg")

    def surface_area(self, square_metres: float) -> dict[str, Any]:
        return self.measured("8277-6", square_metres, "m2")


@pytest.fixture(scope="session")
def shipped_terminology() -> Terminology:
    return load_terminology()


@pytest.fixture
def tiny(tmp_path: Path, shipped_terminology: Terminology) -> Tiny:
    return Tiny(tmp_path, shipped_terminology)


@pytest.fixture
def criterion_define() -> Callable[..., str]:
    """The text of a criterion: number, expression, kind and further tags."""

    def text(number: str, expression: str, kind: str = "diagnosis", **tags: str) -> str:
        lines = [f"@kind: {kind}", f"@title: Title of {number}", *(f"@{name}: {value}" for name, value in tags.items())]
        return f'\n/* {chr(10).join(lines)} */\ndefine "{number}": {expression}\n'

    return text
