"""Whether an order gives more than the one it renews."""

from __future__ import annotations

from cql_like_rules.cql.values import ucum
from cql_like_rules.orders.order import Amounts, Dosage


def dose_increase(order: Dosage, previous: Dosage) -> bool | None:
    """True for a higher amount per administration or per week, or a shorter interval; None when it is not known.

    False only when the amounts of both orders are known, per administration and per week.
    """
    by_dose = _is_higher(order.per_administration, previous.per_administration)
    by_week = _is_higher(order.per_week, previous.per_week)
    now, before = order.schedule.interval_days, previous.schedule.interval_days
    if by_dose or by_week or (now is not None and before is not None and now < before):
        return True
    return None if by_dose is None or by_week is None else False


def _is_higher(now: Amounts, before: Amounts) -> bool | None:
    """Compared in the first way of stating an amount that both orders have."""
    pairs = ((now.mass, before.mass), (now.per_m2, before.per_m2), (now.per_kg, before.per_kg))
    for one, other in pairs:
        if one is not None and other is not None:
            converted = ucum.convert(one.value, one.unit, other.unit)
            return None if converted is None else converted > other.value
    return None
