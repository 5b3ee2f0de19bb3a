"""From criteria to findings: what the prescriber must know, one finding a kind.

The kind and indicator rules are those of the output contract: a criterion that is not met speaks in its own kind, one
that is missing asks for documentation, an amount of twice the ceiling or more is critical.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from cql_like_rules.cql.operators import arithmetic, comparison, quantities
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import CriterionResult, DoseLimit, Finding, Status
from cql_like_rules.orders.order import BodySize, Measurement

CRITICAL_MULTIPLE = Decimal(2)
"""An order of at least this many times the ceiling is critical (output contract, section 4)."""

_WEIGHT = {"info": 0, "warning": 1, "critical": 2}
_PER = {"d": "day", "wk": "week"}


def findings_of(
    blocking: Iterable[CriterionResult], advisories: Iterable[CriterionResult], limits: Iterable[DoseLimit]
) -> tuple[Finding, ...]:
    """One finding a kind, from the criteria that stand in the way and the advisories that hold.

    `limits` are the dose limits of the blocking criteria.
    """
    limit_of = {limit.criterion: limit for limit in limits}
    by_kind: dict[str, list[CriterionResult]] = {}
    for criterion in blocking:
        kind = "documentation" if criterion.status is Status.MISSING else criterion.kind
        by_kind.setdefault(kind, []).append(criterion)
    findings = [_finding(kind, criteria, limit_of) for kind, criteria in by_kind.items()]
    return tuple(_with_advisories(findings, advisories))


def _finding(kind: str, criteria: list[CriterionResult], limit_of: dict[str, DoseLimit]) -> Finding:
    exceeded = [limit_of[criterion.id] for criterion in criteria if kind == "dose" and criterion.id in limit_of]
    worst = next((limit for limit in exceeded if limit.exceeded), None) or next(iter(exceeded), None)
    indicators = [criterion.indicator or "warning" for criterion in criteria]
    if worst is not None and is_critical(worst):
        indicators.append("critical")
    return Finding(kind, max(indicators, key=_WEIGHT.__getitem__), tuple(criteria), worst)


def _with_advisories(findings: list[Finding], advisories: Iterable[CriterionResult]) -> list[Finding]:
    """Each advisory joins the finding of its kind and indicator; another indicator makes a finding of its own."""
    merged = list(findings)
    for advisory in advisories:
        same = next(
            (
                index
                for index, finding in enumerate(merged)
                if finding.kind == advisory.kind and finding.indicator == advisory.indicator
            ),
            None,
        )
        if same is None:
            merged.append(Finding(advisory.kind, advisory.indicator, (advisory,)))
        else:
            known = merged[same]
            merged[same] = Finding(known.kind, known.indicator, (*known.criteria, advisory), known.dose)
    return merged


def is_critical(limit: DoseLimit) -> bool:
    """Whether the ordered amount is at least twice the ceiling; False when it is not known."""
    if limit.ordered is None:
        return False
    return comparison.greater_or_equal(limit.ordered, arithmetic.multiply(limit.limit, CRITICAL_MULTIPLE)) is True


def dose_limit_of(criterion: CriterionResult, body_size: BodySize) -> DoseLimit | None:
    """The ceiling that a dose criterion compared the order with; None when it compared no amounts.

    The ceiling is the right operand of the comparison that the trace recorded, so it is the one the policy writes.
    """
    for made in criterion.comparisons:
        if made.operator in ("LessOrEqual", "Less") and isinstance(made.right, Quantity):
            ordered = made.left if isinstance(made.left, Quantity) else None
            return DoseLimit(
                limit=made.right,
                per=_PER.get(made.right.unit.rpartition("/")[2], "dose"),
                criterion=criterion.id,
                ordered=ordered,
                absolute=_for_patient(made.right, body_size),
            )
    return None


def _for_patient(limit: Quantity, body_size: BodySize) -> Quantity | None:
    """The ceiling as a mass: `250 ug/m2/d` at 1.8 m2 is `450 ug/d`. None when the body size it needs is not known."""
    mass, *divisors = limit.unit.split("/")
    for unit, measurement in (("m2", body_size.surface_area), ("kg", body_size.weight)):
        if unit in divisors:
            return _scaled(limit, unit, measurement, [mass, *(each for each in divisors if each != unit)])
    return limit


def _scaled(limit: Quantity, unit: str, measurement: Measurement | None, rest: list[str]) -> Quantity | None:
    if measurement is None:
        return None
    size = quantities.converted(measurement.value, unit)
    return None if size is None else Quantity(limit.value * size.value, "/".join(rest))
