"""Determinations built by hand, as the engine would make them, around one invented patient: 72 kg, 1.80 m²."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

import pytest

from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.criteria import Structure
from cql_like_rules.determination import (
    Alternative,
    CriterionResult,
    Determination,
    DoseLimit,
    Finding,
    Status,
    Verdict,
)
from cql_like_rules.orders.order import Amounts, BodySize, Dosage, Measurement, Order, Product, Schedule
from cql_like_rules.policy import Criterion, Policy

SNOMED = "http://snomed.info/sct"
WEIGHED = Date(2026, 11, 2)


class Build:
    """Makers of everything a card is written from; each takes what the test is about and fills in the rest."""

    weight = Decimal(72)
    area = Decimal("1.8")

    def quantity(self, value: str | int | Decimal, unit: str) -> Quantity:
        return Quantity(Decimal(value), unit)

    def resource(self, value: Any = 540, unit: str = "mcg", code: str = "ug", **elements: Any) -> dict[str, Any]:
        """A draft MedicationRequest as an EHR sends it."""
        return {
            "resourceType": "MedicationRequest",
            "id": "order-1",
            "status": "draft",
            "intent": "order",
            "medicationCodeableConcept": {"text": "Leukine"},
            "subject": {"reference": "Patient/p"},
            "encounter": {"reference": "Encounter/e"},
            "authoredOn": "2026-11-03",
            "requester": {"reference": "PractitionerRole/r"},
            "reasonReference": [{"reference": "Condition/c"}],
            "insurance": [{"reference": "Coverage/v"}],
            "dosageInstruction": [
                {
                    "text": f"{value} {unit} IV daily",
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [
                        {
                            "doseQuantity": {
                                "value": value,
                                "unit": unit,
                                "system": "http://unitsofmeasure.org",
                                "code": code,
                            }
                        }
                    ],
                }
            ],
        } | elements

    def measurement(self, value: Decimal, unit: str, method: str = "documented") -> Measurement:
        return Measurement(Quantity(value, unit), WEIGHED, 1, ("Observation/o",), method)

    def order(
        self,
        dose: str | Decimal = "540",
        unit: str = "ug",
        *,
        name: str = "Leukine",
        per_day: int = 1,
        schedule: str = "daily",
        resource: Mapping[str, Any] | None = None,
        notes: tuple[str, ...] = (),
        problems: tuple[str, ...] = (),
        outdated: Mapping[str, Measurement] | None = None,
        area: Decimal | None = None,
    ) -> Order:
        """An order of this dose, IV, with its amounts; the unit is a mass, one per m² or kg, or `mL` (of 500 ug)."""
        written = Quantity(Decimal(dose), unit)
        area = area or self.area
        mass_unit = unit.split("/", maxsplit=1)[0] if unit != "mL" else "ug"
        basis = unit.partition("/")[2]
        mass = written.value * {"m2": area, "kg": self.weight}.get(basis, Decimal(1))
        mass *= 500 if unit == "mL" else 1
        body = BodySize(
            weight=self.measurement(self.weight, "kg"),
            height=self.measurement(Decimal(162), "cm"),
            surface_area=self.measurement(area, "m2", "Mosteller"),
            outdated=outdated,
        )
        dosage = Dosage(
            as_ordered=written,
            per_administration=self._amounts(mass, mass_unit, "", area),
            per_day=self._amounts(mass * per_day, mass_unit, "/d", area),
            per_week=self._amounts(mass * per_day * 7, mass_unit, "/wk", area),
            schedule=Schedule(per_day=per_day, per_week=per_day * 7, text=schedule),
            route=Code("47625008", SNOMED, None, "Intravenous route (qualifier value)"),
            route_text="Intravenous route (qualifier value)",
        )
        shown = {"ug": "mcg", "ug/m2": "mcg/m2"}.get(unit, unit)
        number = int(written.value) if written.value == int(written.value) else float(written.value)
        return Order(
            reference="MedicationRequest/order-1",
            resource=resource if resource is not None else self.resource(number, shown, unit),
            product=Product(Concept((Code("203878"),)), name),
            date=Date(2026, 11, 3),
            dosage=dosage,
            body_size=body,
            continued=False,
            previous=None,
            dose_increase=None,
            problems=problems,
            notes=notes,
        )

    def _amounts(self, mass: Decimal, unit: str, time: str, area: Decimal) -> Amounts:
        eight_places = Decimal("0.00000001")
        return Amounts(
            Quantity(mass, f"{unit}{time}"),
            Quantity((mass / area).quantize(eight_places), f"{unit}/m2{time}"),
            Quantity((mass / self.weight).quantize(eight_places), f"{unit}/kg{time}"),
        )

    def criterion(
        self, number: str = "I.A.6", kind: str = "dose", status: Status = Status.NOT_MET, **rest: Any
    ) -> CriterionResult:
        rest.setdefault("title", f"Title of {number}")
        return CriterionResult(f"CP.PHAR.295/{number}", kind, status=status, structure="leaf", **rest)

    def node(self, number: str, *children: CriterionResult, status: Status = Status.NOT_MET) -> CriterionResult:
        return CriterionResult(
            f"CP.PHAR.295/{number}", "diagnosis", f"Title of {number}", status, "node", children=children
        )

    def policy(
        self, structures: Mapping[str, Structure] | None = None, alternatives: tuple[str, ...] = (), **changes: Any
    ) -> Policy:
        """The policy; `structures` say how nodes combine, `alternatives` which criteria name a drug to use instead."""
        known = {
            number: Criterion(f"CP.PHAR.295/{number}", number, "diagnosis", "", structure=structure)
            for number, structure in (structures or {}).items()
        }
        for number in alternatives:
            known[number] = Criterion(f"CP.PHAR.295/{number}", number, "step-therapy", "", alternative="Preferred drug")
        values: dict[str, Any] = {
            "id": "CP.PHAR.295",
            "version": "2026.03",
            "title": "Sargramostim (Leukine)",
            "publisher": "Centene",
            "url": "https://oncology-cds.example/Library/CP.PHAR.295",
        }
        # Cards read nothing from the compiled library.
        no_library = cast(CompiledLibrary, None)
        return Policy(**(values | changes), library=no_library, criteria=known, advisories=())

    def determination(self, order: Order | None = None, *findings: Finding, **rest: Any) -> Determination:
        criteria = tuple(criterion for finding in findings for criterion in finding.criteria)
        rest.setdefault("policy", self.policy())
        rest.setdefault("section", "I.A")
        rest.setdefault("status", Verdict.NOT_MET if findings else Verdict.MET)
        rest.setdefault("root", self.node("I.A", *criteria))
        return Determination(order=order or self.order(), findings=findings, **rest)

    def dose_limit(
        self,
        order: Order,
        limit: str = "250",
        unit: str = "ug/m2/d",
        *,
        absolute: bool = True,
        counted: Decimal | None = None,
        tolerance: str = "",
    ) -> DoseLimit:
        """A limit per day for the order, with the order in its dimension and what it comes to for the patient.

        `counted` is the body size that the policy counts; with `tolerance` the limit is a recommended dose.
        """
        mass, *below = unit.split("/")
        basis = next((part for part in below if part in ("m2", "kg")), "")
        size = order.body_size.surface_area if basis == "m2" else order.body_size.weight
        used = Quantity(counted, basis) if counted else size.value if size and basis else None
        factor = used.value if used else Decimal(1)
        around = Decimal(limit) * Decimal(tolerance or 0)
        amounts = order.dosage.per_day
        ordered = {"m2": amounts.per_m2, "kg": amounts.per_kg, "": amounts.mass}[basis]
        return DoseLimit(
            limit=Quantity(Decimal(limit), unit),
            per="day",
            criterion="CP.PHAR.295/I.A.6",
            ordered=ordered,
            absolute=Quantity(Decimal(limit) * factor, f"{mass}/d") if absolute else None,
            body_size=used,
            at_least=Quantity(Decimal(limit) - around, unit) if tolerance else None,
            at_most=Quantity(Decimal(limit) + around, unit) if tolerance else None,
        )

    def overdose(self, order: Order | None = None, limit: DoseLimit | None = None, **rest: Any) -> Determination:
        """A determination with the one finding that the dose is above the limit."""
        order = order or self.order()
        limit = limit or self.dose_limit(order)
        return self.determination(order, Finding("dose", "warning", (self.criterion(),), limit), **rest)

    def alternative(self, dose: Quantity | None = None, **changes: Any) -> Alternative:
        values: dict[str, Any] = {
            "name": "Zarxio",
            "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
            "code": "1605067",
            "display": "Zarxio",
            "dose": dose or Quantity(Decimal(5), "ug/kg/d"),
            "route_code": "34206005",
            "route_display": "Subcutaneous route",
            "source": "CP.PHAR.295/I.A.4.b",
        }
        return Alternative(**(values | changes))

    def step_therapy(self, order: Order | None = None, **rest: Any) -> Determination:
        """A determination with the one finding that another drug comes first."""
        exempt = self.criterion("I.A.4.a", "step-therapy", unmet="No state law exempts this patient")
        first = self.criterion("I.A.4.b", "step-therapy", unmet="Zarxio has to be tried first")
        rest.setdefault("policy", self.policy(alternatives=("I.A.4.b",)))
        rest.setdefault("alternative", self.alternative())
        return self.determination(order, Finding("step-therapy", "warning", (exempt, first)), **rest)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()
