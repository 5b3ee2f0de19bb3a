"""What is told whatever the policy is: advisories that no author has to write."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cql_like_rules.cql.operators import comparison
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Approval, Comparison, CriterionResult, Evidence, Status
from cql_like_rules.orders.dates import date_value, plus
from cql_like_rules.orders.order import Order
from cql_like_rules.policy import Policy


def advice_on(
    policy: Policy, order: Order, section: str, approval: Approval | None, evidence: tuple[Evidence, ...] = ()
) -> Iterator[CriterionResult]:
    """The advisories for an order under a section; `approval` is what it would get, `evidence` what that rests on."""
    until = approval_end(order, approval)
    if until is not None and comparison.greater(order.requested_until, until):
        yield _longer_than_approval(policy, order, section, until, evidence)
    if policy.until is not None and order.day is not None and order.day > policy.until:
        yield _ended(policy, order, date_value(policy.until))


def approval_end(order: Order, approval: Approval | None) -> Date | None:
    """The last day of an approval that begins with the order; None where it, or the date of the order, is not known."""
    if approval is None or approval.until is not None:
        return approval.until if approval else None
    if order.day is None or approval.months is None:
        return None
    end = plus(order.day, Decimal(approval.months), "mo")
    return date_value(end) if end else None


def _longer_than_approval(
    policy: Policy, order: Order, section: str, until: Date, evidence: tuple[Evidence, ...]
) -> CriterionResult:
    requested = order.requested_until
    return CriterionResult(
        id=f"{policy.id}/{section}.dur#requested",
        kind="duration",
        title=f"Requested until {requested}; an approval would end on {until}",
        status=Status.MET,
        structure="leaf",
        indicator="info",
        evidence=(Evidence(order.reference), *evidence),
        comparisons=(Comparison("Greater", requested, until, True, "Order.requestedUntil", "Approval until"),),
    )


def _ended(policy: Policy, order: Order, until: Date) -> CriterionResult:
    return CriterionResult(
        id=f"{policy.id}/HDR.until",
        kind="documentation",
        title=f"This version of the policy ended on {until}, and none in force on the day of the order is known here",
        status=Status.MET,
        structure="leaf",
        indicator="info",
        source="Validity",
        evidence=(Evidence(order.reference, "authoredOn"),),
        comparisons=(Comparison("Greater", order.date, until, True, "Order.date", ""),),
    )
