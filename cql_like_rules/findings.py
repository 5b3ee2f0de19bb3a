"""From criteria to findings: what the prescriber must know, one finding a kind.

The kind and indicator rules are those of the output contract: a criterion that is not met speaks in its own kind, one
that is missing asks for documentation, an amount of twice the ceiling or more is critical.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from cql_like_rules.cql.operators import arithmetic, comparison, quantities
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import CriterionResult, DoseLimit, Finding, Status

CRITICAL_MULTIPLE = Decimal(2)
"""An order of at least this many times the ceiling is critical (output contract, section 4)."""

_WEIGHT = {"info": 0, "warning": 1, "critical": 2}
_PER = {"d": "day", "wk": "week"}
_MIRRORED = {"GreaterOrEqual": "LessOrEqual", "Greater": "Less", "LessOrEqual": "GreaterOrEqual", "Less": "Greater"}
_FROM_BELOW = ("LessOrEqual", "Less")
_FROM_ABOVE = ("GreaterOrEqual", "Greater")
_PLACES = Decimal("1E-8")
_DIVISORS = frozenset({"m2", "kg", *_PER})

Sizes = Mapping[str, Quantity | None]
"""The body surface area and the weight that limits are multiplied with, by their units `m2` and `kg`."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """An amount that the ordered one was compared with: `ordered` may be at most, or at least, as much."""

    from_above: bool
    ordered: Quantity | None
    amount: Quantity


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
    found = [limit_of[criterion.id] for criterion in criteria if kind == "dose" and criterion.id in limit_of]
    exceeded = sorted(found, key=lambda limit: bool(limit.drug))
    worst = next((limit for limit in exceeded if limit.exceeded or limit.fallen_short), None)
    worst = worst or next(iter(exceeded), None)
    indicators = [_given_weight(criterion) for criterion in criteria]
    if worst is not None and is_critical(worst):
        indicators.append("critical")
    gravest_first = sorted(criteria, key=lambda criterion: -_WEIGHT[_given_weight(criterion)])
    return Finding(kind, max(indicators, key=_WEIGHT.__getitem__), tuple(gravest_first), worst)


def _given_weight(criterion: CriterionResult) -> str:
    """The weight that the author gives to a criterion that is not met; what is missing is asked for."""
    return (criterion.indicator if criterion.status is Status.NOT_MET else "") or "warning"


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


def dose_limit_of(criterion: CriterionResult, sizes: Sizes, told: Quantity | None = None) -> DoseLimit | None:
    """The ceiling that a dose criterion compared the order with; None when it compared no amounts.

    The ceiling is the right operand of the comparison that the trace recorded, so it is the one the policy writes;
    `told` takes its place where the comparison allows for a tolerance around it.
    """
    bounds = list(_bounds(criterion))
    at_most = next((bound for bound in bounds if bound.from_above), None)
    if told is None:
        return _limit(criterion, at_most.amount, at_most.ordered, sizes) if at_most else None
    at_least = next((bound for bound in bounds if not bound.from_above), None)
    ordered = next((bound.ordered for bound in (at_most, at_least) if bound and bound.ordered), None)
    return _limit(criterion, told, ordered, sizes, at_least, at_most)


def _limit(
    criterion: CriterionResult,
    limit: Quantity,
    ordered: Quantity | None,
    sizes: Sizes,
    at_least: _Bound | None = None,
    at_most: _Bound | None = None,
) -> DoseLimit:
    basis = _basis(limit)
    size = sizes.get(basis) if basis else None
    return DoseLimit(
        limit=limit,
        per=_PER.get(limit.unit.rpartition("/")[2], "dose"),
        criterion=criterion.id,
        ordered=_on_basis(ordered, limit, basis, size),
        absolute=_for_patient(limit, basis, size),
        body_size=size,
        drug=criterion.drug,
        at_least=_on_basis(at_least.amount, limit, basis, size) if at_least else None,
        at_most=_on_basis(at_most.amount, limit, basis, size) if at_most else None,
    )


def _bounds(criterion: CriterionResult) -> Iterator[_Bound]:
    """The comparisons of amounts of a drug, with the order on the left, as they were made."""
    for made in criterion.comparisons:
        operator, ordered, amount = made.operator, made.left, made.right
        if made.right_name.startswith("Order.") and operator in _MIRRORED:
            operator, ordered, amount = _MIRRORED[operator], amount, ordered
        if operator in (*_FROM_BELOW, *_FROM_ABOVE) and isinstance(amount, Quantity) and _is_dose(amount.unit):
            yield _Bound(operator in _FROM_BELOW, ordered if isinstance(ordered, Quantity) else None, amount)


def _is_dose(unit: str) -> bool:
    """Whether it is the unit of an amount of a drug: a mass, per body size and time or not, but no body weight."""
    mass, *below = unit.split("/")
    return unit != "kg" and ucum.conversion(mass, "mg") is not None and _DIVISORS.issuperset(below)


def _basis(limit: Quantity) -> str:
    """`m2` or `kg` for a limit per body size, else ""."""
    return next((unit for unit in limit.unit.split("/")[1:] if unit in ("m2", "kg")), "")


def _for_patient(limit: Quantity, basis: str, size: Quantity | None) -> Quantity | None:
    """The ceiling as a mass: `250 ug/m2/d` at 1.8 m2 is `450 ug/d`. None when the body size it needs is not known."""
    if not basis:
        return limit
    in_basis = quantities.converted(size, basis)
    if in_basis is None:
        return None
    mass, *divisors = limit.unit.split("/")
    unit = "/".join([mass, *(each for each in divisors if each != basis)])
    return Quantity(limit.value * in_basis.value, unit)


def _on_basis(amount: Quantity | None, limit: Quantity, basis: str, size: Quantity | None) -> Quantity | None:
    """An amount that was compared as a mass, per body size as the limit is; one in the limit's dimension as it stands.

    None for any other: it can be neither told beside the limit nor compared with it.
    """
    if amount is None or ucum.conversion(amount.unit, limit.unit) is not None:
        return amount
    whole = _for_patient(Quantity(Decimal(1), limit.unit), basis, size)
    as_mass = quantities.converted(amount, whole.unit) if whole is not None and whole.value > 0 else None
    if whole is None or as_mass is None:
        return None
    return Quantity((as_mass.value / whole.value).quantize(_PLACES), limit.unit)
