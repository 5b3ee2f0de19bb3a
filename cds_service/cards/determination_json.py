"""A determination as JSON, the form in which the command prints it and the service returns it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cql_like_rules.determination import Approval, CriterionResult, Determination, DoseLimit, Status
from cql_like_rules.policy import Policy

from .amounts import DoseUnit, exact, iso_day, json_number, without_time
from .body_size import is_counted, size_words
from .content import printed_number, statement

_SIZES = {"m2": "BSA", "kg": "weight"}
_PERIODS = {"day": "daily", "week": "weekly", "dose": "per dose"}


def determination_json(determination: Determination) -> dict[str, Any]:
    """The determination with its criteria, dose limit, approval and referral; nothing in it is null or empty."""
    policy = determination.policy
    return _filled(
        {
            "order": determination.order.reference,
            "policy": _filled({"id": policy.id, "version": policy.version, "title": policy.title} | _nature(policy)),
            "phase": determination.phase,
            "section": determination.section,
            "status": determination.status.value,
            "criteria": [_criterion(criterion) for criterion in determination.criteria],
            "doseLimit": dose_limit_json(determination),
            "approval": _approval(determination.approval),
            "referral": determination.referral,
        }
    )


def _nature(policy: Policy) -> dict[str, str]:
    return {"nature": policy.nature} if policy.is_guidance else {}


def dose_limit_json(determination: Determination) -> dict[str, Any] | None:
    """The ceiling for this patient as a mass per dose, day or week; per m² or kg where the body size is not known.

    None when the policy sets no ceiling for this order. The time of the unit is in `per`, not in `unit`.
    """
    dose = determination.dose_limit
    if dose is None:
        return None
    ceiling = dose.absolute or dose.limit
    return {
        "value": json_number(ceiling.value),
        "unit": DoseUnit.of(ceiling.unit).per_administration,
        "per": dose.per,
        "basis": _basis(determination, dose),
    }


def _criterion(criterion: CriterionResult) -> dict[str, Any]:
    return _filled(
        {
            "id": criterion.id,
            "kind": criterion.kind,
            "status": criterion.status.value,
            "summary": _summary(criterion),
            "evidence": list(dict.fromkeys(item.reference for item in criterion.evidence)),
            "missing": _missing(criterion),
        }
    )


def _summary(criterion: CriterionResult) -> str:
    """What is wrong when it is not met, else what it requires; a dose requires the limit that its title tells."""
    is_told = criterion.status is Status.NOT_MET and criterion.kind != "dose"
    return statement(criterion) if is_told else criterion.title


def _missing(criterion: CriterionResult) -> list[str]:
    """What to supply, and what failed, for a criterion without an answer; nodes leave it to what is below them."""
    if criterion.status is not Status.MISSING:
        return []
    failed = [f"could not be evaluated: {criterion.failure}"] if criterion.failure else []
    asked = [] if criterion.children else [criterion.ask or criterion.title]
    return [text for text in (*failed, *asked) if text]


def _basis(determination: Determination, dose: DoseLimit) -> str:
    """`250 mcg/m² daily × BSA 1.80 m² (POLICY I.A.6)`."""
    unit = DoseUnit.of(dose.limit.unit)
    limit = f"{exact(without_time(dose.limit))} {_PERIODS.get(dose.per, '')}".rstrip()
    body = determination.order.body_size
    size = ""
    if dose.absolute is not None and dose.body_size is not None and unit.basis:
        measured = body.surface_area if unit.basis == "m2" else body.weight
        counted = f" (measured {size_words(measured.value)})" if measured and is_counted(body, dose) else ""
        size = f" × {_SIZES[unit.basis]} {size_words(dose.body_size)}{counted}"
    return f"{limit}{size} ({_where(determination, dose)})"


def _where(determination: Determination, dose: DoseLimit) -> str:
    found = next((each for each in determination.criteria if each.id == dose.criterion), None)
    return f"{determination.policy.id} {printed_number(found)}" if found else dose.criterion


def _approval(approval: Approval | None) -> dict[str, Any] | None:
    if approval is None:
        return None
    until = iso_day(approval.until) if approval.until else None
    return {"until": until} if until else _filled({"months": approval.months})


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that hold something: neither null nor empty."""
    return {name: value for name, value in members.items() if value is not None and value not in ("", [], {})}
