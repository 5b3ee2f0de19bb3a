"""Cases of a policy: small stories with the determination they must have, kept beside the policy they test.

A case file holds one base (a draft order and a record) and many cases, each a JSON Patch (RFC 6902) on the base and
what to expect. Resources have nicknames, so that a patch reads `/resources/patient/birthDate`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonpatch

from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.determination import Determination
from cql_like_rules.determine import determine
from cql_like_rules.orders import Order, OrderSettings, read_order
from cql_like_rules.plans import HealthPlan, HealthPlans, Paying, plan_of_json
from cql_like_rules.policy import Policy
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology

AS_OF = DateTime(2026, 1, 1, 0, 0, 0, 0, Decimal(0))
"""The evaluation time of every case. Rules go by the date of the order, so it decides nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One story, and what must come of it.

    `expect` may name `status`, `phase`, `section`, `criteria` (number -> status), `findings` (`kind:indicator`, all of
    them), `advisories` (numbers, all of them), `limit` (`450 ug/d`), `approval` (`6 months`, `until 2026-11-13`),
    `referral`, `alternative` (name, dose and route: `… 5 ug/kg/d, Intravenous route`).
    A define that fails fails the case. `plan` is the health plan that pays, None where it is not known.
    """

    file: Path
    name: str
    order: Mapping[str, Any]
    resources: tuple[Mapping[str, Any], ...]
    delivered: tuple[str, ...]
    expect: Mapping[str, Any]
    plan: HealthPlan | None = None


def cases_of(folder: Path) -> Iterator[Case]:
    """The cases of a policy folder. Raises ValueError for a file that is not a case file."""
    for path in sorted((folder / "cases").glob("*.json")):
        yield from cases_in(path)


def cases_in(path: Path) -> Iterator[Case]:
    """The cases of one file, in its order.

    Raises ValueError (naming file and case) for a patch that does not fit and a plan that cannot be read.
    """
    content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    for case in content["cases"]:
        try:
            story = jsonpatch.apply_patch(content["base"], case.get("change", []))
            plan = plan_of_json(story["plan"]) if story.get("plan") else None
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, ValueError) as error:
            raise ValueError(f"{path.name}, case {case['name']!r}: {error}") from error
        yield Case(
            file=path,
            name=case["name"],
            order=story["order"],
            resources=tuple(story["resources"].values()),
            delivered=tuple(story["delivered"]),
            expect=case["expect"],
            plan=plan,
        )


def read_case(case: Case, terminology: Terminology, settings: OrderSettings | None = None) -> tuple[Record, Order]:
    """The record and the order of a case, as rules see them."""
    record = Record([case.order, *case.resources], case.delivered, None, terminology)
    return record, read_order(case.order, record, terminology, settings or OrderSettings())


def determination_of(
    case: Case, policy: Policy, terminology: Terminology, settings: OrderSettings | None = None
) -> Determination:
    """What the policy determines for the case."""
    return determined(case, policy, *read_case(case, terminology, settings))


def determined(case: Case, policy: Policy, record: Record, order: Order) -> Determination:
    """What the policy determines for a case that has been read already."""
    return determine(policy, record, order, AS_OF, Paying(case.plan, HealthPlans().paying(record).sources))


def differences(case: Case, determination: Determination) -> list[str]:
    """What differs from the expectation, a line each; empty when the case passes."""
    different = [
        f"{name}: expected {wanted!r}, got {got!r}"
        for name, wanted, got in _compared(case.expect, determination)
        if wanted != got
    ]
    return [*different, *determination.failures]


def _compared(expect: Mapping[str, Any], determination: Determination) -> Iterator[tuple[str, Any, Any]]:
    got = {result.section: str(result.status) for result in determination.criteria}
    for name, wanted in expect.items():
        match name:
            case "criteria":
                for number, status in wanted.items():
                    yield number, status, got.get(number, "absent")
            case "findings":
                found = sorted(f"{finding.kind}:{finding.indicator}" for finding in determination.findings)
                yield name, sorted(wanted), found
            case "advisories":
                yield name, sorted(wanted), sorted(advisory.section for advisory in determination.advisories)
            case "limit":
                yield name, wanted, _limit(determination)
            case "alternative":
                yield name, wanted, _alternative(determination)
            case "approval":
                yield name, wanted, _approval(determination)
            case "status" | "section" | "referral" | "phase":
                value = getattr(determination, name)
                yield name, wanted, None if value is None else str(value)
            case _:
                yield name, wanted, "no such expectation"


def _limit(determination: Determination) -> str | None:
    limit = determination.dose_limit
    quantity = limit and (limit.absolute or limit.limit)
    return f"{quantity.value.normalize():f} {quantity.unit}" if quantity else None


def _approval(determination: Determination) -> str | None:
    approval = determination.approval
    if approval is None:
        return None
    return f"until {approval.until}" if approval.until else f"{approval.months} months"


def _alternative(determination: Determination) -> str | None:
    drug = determination.alternative
    if drug is None:
        return None
    dose = f" {drug.dose.value.normalize():f} {drug.dose.unit}" if drug.dose else ""
    return f"{drug.name}{dose}, {drug.route_display}"
