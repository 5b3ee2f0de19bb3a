"""Reading an order: a draft MedicationRequest, the record and the terminology in, an Order out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cql_like_rules import lenient
from cql_like_rules.lenient import Json
from cql_like_rules.orders.amounts import Instruction, total_amounts, total_schedule
from cql_like_rules.orders.body_size import read_body_size
from cql_like_rules.orders.bounds import requested_until
from cql_like_rules.orders.dates import day_of, earliest_day, read_time
from cql_like_rules.orders.dose import read_dose
from cql_like_rules.orders.increase import dose_increase
from cql_like_rules.orders.order import BodySize, Dosage, Order, Product
from cql_like_rules.orders.product import read_product
from cql_like_rules.orders.route import read_route
from cql_like_rules.orders.schedule import Timing, read_timing
from cql_like_rules.orders.settings import OrderSettings
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology

_DEFAULTS = OrderSettings()


def read_order(
    resource: Json,
    record: Record,
    terminology: Terminology,
    settings: OrderSettings = _DEFAULTS,
    drafts: Iterable[Any] = (),
) -> Order:
    """The order that a draft MedicationRequest makes for the patient of the record.

    `drafts` are the draft resources that are signed together, this one among them; the others are its partners.
    Nothing raises: what cannot be read is None, and `problems` of the order say why.
    """
    problems: list[str] = []
    notes: list[str] = []
    reference = _reference(resource)
    date = read_time(resource.get("authoredOn"))
    if day_of(date) is None:
        problems.append("The order has no date, so ages and intervals are not known.")
    body_size = read_body_size(record, day_of(date), settings, problems)
    product = read_product(resource, record, terminology, problems, notes)
    dosage, timings = _dosage(resource, product, body_size, problems, notes)
    previous = _previous(resource, record, terminology, body_size)
    return Order(
        reference,
        resource,
        product,
        date,
        dosage,
        body_size,
        bool(resource.get("priorPrescription")),
        previous,
        None if previous is None else dose_increase(dosage, previous),
        requested_until(resource, (timing.bounds for timing in timings), date),
        tuple(other for other in map(_reference, lenient.objects(list(drafts))) if other and other != reference),
        tuple(dict.fromkeys(problems)),
        tuple(dict.fromkeys(notes)),
    )


def _reference(resource: Json) -> str:
    return f"{resource.get('resourceType', 'MedicationRequest')}/{resource.get('id', '')}"


def _dosage(
    resource: Json, product: Product, body_size: BodySize, problems: list[str], notes: list[str]
) -> tuple[Dosage, list[Timing]]:
    written = lenient.objects(resource.get("dosageInstruction"))
    instructions = _instructions(written, product, problems, notes)
    timings = [i.timing for i in instructions] or [read_timing(one, problems) for one in written[:1]]
    amounts = total_amounts(instructions, body_size)
    route, route_text = read_route(written, problems, notes)
    firsts = [timing.first for timing in timings if timing.first is not None]
    return Dosage(
        instructions[0].dose.as_ordered if len(instructions) == 1 else None,
        *amounts,
        total_schedule(timings),
        route,
        route_text,
        min(firsts, key=earliest_day) if firsts else None,
        tuple((i.dose.as_ordered, i.timing.schedule.text) for i in instructions) if len(instructions) > 1 else (),
    ), timings


def _instructions(
    written: Sequence[Json], product: Product, problems: list[str], notes: list[str]
) -> list[Instruction]:
    """The instructions that state a dose; the steps of an infusion rate do not."""
    found = []
    for one in written:
        dose = read_dose(one, product, problems, notes)
        if dose is not None:
            found.append(Instruction(dose, read_timing(one, problems), lenient.whole_number(one.get("sequence"))))
        elif not one.get("doseAndRate") and len(written) > 1:
            problems.append(f'A dosage instruction states no coded dose and was not counted: "{one.get("text", "")}".')
    if not found:
        problems.append("The order states no coded dose.")
    return found


def _previous(resource: Json, record: Record, terminology: Terminology, body_size: BodySize) -> Dosage | None:
    """The dosage of the order that this one renews; None when the record does not hold it.

    Computed with the body size of today, so that the two orders differ by what was ordered alone.
    """
    prior = lenient.first_object(resource.get("priorPrescription"))
    element = record.find(lenient.text(prior.get("reference")))
    if element is None or element.type != "MedicationRequest":
        return None
    unread: list[str] = []
    product = read_product(element.json, record, terminology, unread, unread)
    return _dosage(element.json, product, body_size, unread, unread)[0]
