"""The health plans that an operator's file tells: which plan each payer is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cds_service.operator_files import FileRefused, read_operator_file
from cql_like_rules.plans import HealthPlan, HealthPlans, PlanPayers, name_words

SHIPPED = Path(__file__).with_name("plans.toml")

Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"\w")]
Identifier = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^|]+\|[^|]+$")]


class PlansRefused(FileRefused):
    """A file of health plans cannot be used; the text names the file, and every field that is wrong."""


class _Plan(BaseModel):
    """A `[[plan]]` of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    name: Name
    affiliation: Name
    line_of_business: Literal["Medicaid", "HIM", "Commercial", "Other", ""] = ""
    state: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$")] = ""
    payers: tuple[Name, ...] = ()
    identifiers: tuple[Identifier, ...] = ()

    def known(self) -> PlanPayers:
        plan = HealthPlan(self.id, self.name, self.affiliation, self.line_of_business, self.state)
        return PlanPayers(plan, self.payers, self.identifiers)


class _Plans(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: tuple[_Plan, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _told_apart(self) -> _Plans:
        seen: dict[str, int] = {}
        for number, plan in enumerate(self.plan):
            for mark in _marks(plan):
                if seen.setdefault(mark, number) != number:
                    raise ValueError(f"plan[{seen[mark] + 1}] and plan[{number + 1}] have the same {mark}")
        return self


def _marks(plan: _Plan) -> Iterator[str]:
    """What no two plans may share."""
    yield f"id: {plan.id}"
    for name in (plan.name, *plan.payers):
        yield f"payer:{name_words(name).rstrip()}"
    for identifier in plan.identifiers:
        yield f"identifier: {identifier.casefold()}"


def load_plans(path: Path | None = None) -> HealthPlans:
    """The plans of a file; those that come with the service without one. Raises PlansRefused."""
    plans = read_operator_file(_Plans, path or SHIPPED, PlansRefused)
    return HealthPlans(plan.known() for plan in plans.plan)
