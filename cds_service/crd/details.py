"""What limits an assertion, or tells more of it (CRD 2.2.1, coverage-information `detail`)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from cds_service.cards.amounts import UCUM, rounded_down, unit_words
from cds_service.cards.determination_json import dose_limit_json
from cql_like_rules.advice import approval_end
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import Determination, Verdict
from cql_like_rules.orders.dates import day_of

LIMITATION = "cat-limitation"
OTHER = "cat-other"


@dataclass(frozen=True, slots=True)
class Detail:
    """A name-value pair: a code of the CRD coverage details, its value, and words that qualify it ("" for none)."""

    category: str
    code: str
    value: Quantity | tuple[datetime.date, datetime.date] | str
    qualification: str = ""

    @property
    def value_json(self) -> dict[str, Any]:
        """The `value[x]` member: a Quantity, a Period, or a url."""
        if isinstance(self.value, Quantity):
            return {"valueQuantity": _quantity(self.value)}
        if isinstance(self.value, str):
            return {"valueUrl": self.value}
        start, end = self.value
        return {"valuePeriod": {"start": start.isoformat(), "end": end.isoformat()}}


def details_of(determination: Determination, policy_page: str = "") -> Iterator[Detail]:
    """The most that the policy allows, how long an approval lasts, and where the policy can be read.

    `policy_page` is the address below which each policy has a page; with "" nothing is linked.
    """
    limit = determination.dose_limit
    told = dose_limit_json(determination)
    if limit is not None and told is not None:
        ceiling = limit.absolute or limit.limit
        most = Quantity(rounded_down(ceiling.value, ceiling.unit), ceiling.unit)
        yield Detail(LIMITATION, "allowed-quantity", most, f"Per {told['per']}: {told['basis']}")
    begin, end = determination.order.day, day_of(approval_end(determination.order, determination.approval))
    if determination.status is Verdict.MET and begin is not None and end is not None and begin <= end:
        yield Detail(LIMITATION, "allowed-period", (begin, end), "How long an approval lasts")
    if policy_page:
        yield Detail(OTHER, "policy-link", f"{policy_page.rstrip('/')}/{quote(determination.policy.id, safe='')}")


def _quantity(quantity: Quantity) -> dict[str, Any]:
    value = quantity.value
    whole = value == value.to_integral_value()
    # The unit of UCUM `1` is not written: it says nothing to a reader.
    words = unit_words(quantity.unit)
    unit = {"unit": words} if words else {}
    return {"value": int(value) if whole else _plain(value), **unit, "system": UCUM, "code": quantity.unit}


def _plain(value: Decimal) -> Decimal:
    """The number without an exponent and without trailing zeros."""
    return Decimal(f"{value.normalize():f}")
