"""The CQL parameter "Order": an order as policies see it, and as the reference engine can be given it too.

The names of the elements are fixed: policies are written against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.orders.order import Amounts, Dosage, Measurement, Order, Schedule

_DOSAGE_TYPE = """\
    route System.Code,
    perDose System.Quantity,
    perDosePerM2 System.Quantity,
    perDosePerKg System.Quantity,
    perDay System.Quantity,
    perDayPerM2 System.Quantity,
    perDayPerKg System.Quantity,
    perWeek System.Quantity,
    perWeekPerM2 System.Quantity,
    perWeekPerKg System.Quantity,
    dosesPerDay Integer,
    dosesPerWeek Integer,
    intervalDays Decimal,
    numberOfDoses Integer,
    daysOfCycle List<Integer>,
    cycleLength Integer,
    firstDose DateTime"""

_MEASUREMENT_TYPE = "Tuple { value System.Quantity, date Date, ageInDays Integer, method String }"

ORDER_TYPE_CQL = f"""\
Tuple {{
    id String,
    product System.Concept,
{_DOSAGE_TYPE},
    date Date,
    requestedUntil Date,
    weight {_MEASUREMENT_TYPE},
    height {_MEASUREMENT_TYPE},
    bodySurfaceArea {_MEASUREMENT_TYPE},
    continued Boolean,
    doseIncrease Boolean,
    previous Tuple {{
{_DOSAGE_TYPE.replace("    ", "        ")}
    }},
    problems List<String>
}}"""
"""The CQL type of the parameter. A policy may declare the elements that it uses, by these names and types."""

_PLACES = Decimal("1E-8")


def order_parameter(order: Order) -> Tuple:
    """The value of the parameter "Order", of the type `ORDER_TYPE_CQL`; what the order does not tell is null.

    Numbers have at most the eight decimals of a CQL Decimal. The order itself is the source of the tuple, and
    what a body measurement rests on is the source of that, so that a trace names them.
    """
    body = order.body_size
    return Tuple(
        {
            "id": order.id,
            "product": order.product.concept,
            **_dosage(order.dosage),
            "date": _day(order.date),
            "requestedUntil": order.requested_until,
            "weight": _measurement(body.weight),
            "height": _measurement(body.height),
            "bodySurfaceArea": _measurement(body.surface_area),
            "continued": order.continued,
            "doseIncrease": order.dose_increase,
            "previous": None if order.previous is None else Tuple(_dosage(order.previous)),
            "problems": list(order.problems),
        },
        (order.reference,),
    )


def _dosage(dosage: Dosage) -> Mapping[str, Any]:
    return {
        "route": dosage.route,
        **_amounts("perDose", dosage.per_administration),
        **_amounts("perDay", dosage.per_day),
        **_amounts("perWeek", dosage.per_week),
        **_schedule(dosage.schedule),
        "firstDose": _time(dosage.first_dose),
    }


def _amounts(name: str, amounts: Amounts) -> Mapping[str, Quantity | None]:
    return {
        name: _quantity(amounts.mass),
        f"{name}PerM2": _quantity(amounts.per_m2),
        f"{name}PerKg": _quantity(amounts.per_kg),
    }


def _schedule(schedule: Schedule) -> Mapping[str, Any]:
    interval = schedule.interval_days
    return {
        "dosesPerDay": schedule.per_day,
        "dosesPerWeek": schedule.per_week,
        "intervalDays": None if interval is None else _decimal(Decimal(str(interval))),
        "numberOfDoses": schedule.doses,
        "daysOfCycle": list(schedule.cycle_days),
        "cycleLength": schedule.cycle_length,
    }


def _measurement(measurement: Measurement | None) -> Tuple | None:
    if measurement is None:
        return None
    return Tuple(
        {
            "value": _quantity(measurement.value),
            "date": _day(measurement.date),
            "ageInDays": measurement.age_in_days,
            "method": measurement.method,
        },
        measurement.sources,
    )


def _quantity(quantity: Quantity | None) -> Quantity | None:
    return None if quantity is None else Quantity(_decimal(quantity.value), quantity.unit)


def _decimal(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return value.quantize(_PLACES, ROUND_HALF_UP) if isinstance(exponent, int) and exponent < -8 else value


def _day(date: Date | DateTime | None) -> Date | None:
    return None if date is None else Date(date.year, date.month, date.day)


def _time(time: Date | DateTime | None) -> DateTime | None:
    return DateTime(time.year, time.month, time.day) if isinstance(time, Date) else time
