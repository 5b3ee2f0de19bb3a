"""The determination: one order against one policy, and the words for what comes out.

Made by `cql_like_rules.determine.determine`, which is pure: the same policy, record and order give the same
determination, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cql_like_rules.cql.operators import comparison
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.orders.order import Order
from cql_like_rules.policy import Policy


class Status(StrEnum):
    """Of a criterion: CQL true, false, null."""

    MET = "met"
    NOT_MET = "not-met"
    MISSING = "missing"

    @classmethod
    def of(cls, value: bool | None) -> Status:
        """The status that a CQL truth value stands for."""
        if value is None:
            return cls.MISSING
        return cls.MET if value else cls.NOT_MET


class Verdict(StrEnum):
    """Of a determination."""

    MET = "met"
    NOT_MET = "not-met"
    MISSING_INFORMATION = "missing-information"
    NOT_APPLICABLE = "not-applicable"

    @classmethod
    def of(cls, status: Status) -> Verdict:
        """The verdict when the root criterion has this status."""
        return cls.MISSING_INFORMATION if status is Status.MISSING else cls(status.value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison that was made: `left operator right` gave `result`.

    The names are those of the defines or order elements that the operands came from ("" where there is none).
    """

    operator: str
    left: Any
    right: Any
    result: bool | None
    left_name: str = ""
    right_name: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A FHIR resource that a status rests on: `reference` is `Type/id`, `path` the element read ("" for the whole)."""

    reference: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion with its status.

    `title`, `ask` (what to supply when it is missing) and `unmet` (what to say when it is not met) are the author's
    words from the policy. `structure` is `node` or `leaf`. `indicator` is set where the policy gives it another weight
    than a warning. `source` is the place in the document, when it is not the number. `drug` is the drug whose dose it
    is about, where that is not the ordered one. `failure` is set when the define failed; the status is then missing.
    """

    id: str
    kind: str
    title: str
    status: Status
    structure: str
    ask: str = ""
    unmet: str = ""
    indicator: str = ""
    source: str = ""
    drug: str = ""
    children: tuple[CriterionResult, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    failure: str | None = None

    @property
    def section(self) -> str:
        """The number within the document: `I.A.4.b`."""
        return self.id.partition("/")[2]

    def walk(self) -> Iterator[CriterionResult]:
        """This criterion and those below it, in the order of the document."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """The ceiling (or recommended dose) for this order, and what it comes to for this patient.

    `limit` is as the policy writes it (`250 ug/m2/d`); `ordered` the order in the same dimension; `absolute` the
    ceiling for this patient (`450 ug/d`), None without the body size it needs. `body_size` is the surface area or
    weight that it was multiplied with. `per` is `dose`, `day` or `week`. `criterion` is the id of the criterion that
    sets it, `drug` the drug that it is about where that is not the ordered one. Around a recommended dose, `at_least`
    and `at_most` are the lowest and the highest that still keep it.
    """

    limit: Quantity
    per: str
    criterion: str
    ordered: Quantity | None = None
    absolute: Quantity | None = None
    body_size: Quantity | None = None
    drug: str = ""
    at_least: Quantity | None = None
    at_most: Quantity | None = None

    @property
    def exceeded(self) -> bool | None:
        """Whether the order is above the limit; None when the ordered amount is not known."""
        return comparison.greater(self.ordered, self.at_most or self.limit)

    @property
    def fallen_short(self) -> bool | None:
        """Whether the order is below what is recommended; None when that, or the ordered amount, is not known."""
        return comparison.less(self.ordered, self.at_least)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the prescriber must know: one per order and kind; becomes one card.

    `kind` is one of the card kinds (documentation, dose, step-therapy, …), `indicator` info, warning or critical.
    `criteria` are the criteria it is about; `dose` the limit that was exceeded, for kind dose.
    """

    kind: str
    indicator: str
    criteria: tuple[CriterionResult, ...]
    dose: DoseLimit | None = None


@dataclass(frozen=True, slots=True)
class Alternative:
    """The drug that the policy wants first, with its own dose for this use, from the policy's `@alternative` define.

    `name` is what a prescriber calls it, `display` how its code system does. `dose` is per kilogram and day
    (`5 ug/kg/d`), None when the policy lists none.
    """

    name: str
    system: str
    code: str
    display: str
    dose: Quantity | None
    route_code: str
    route_display: str
    source: str


@dataclass(frozen=True, slots=True)
class Approval:
    """How long an approval would last: a number of months, or until a date."""

    months: int | None = None
    until: Date | None = None


@dataclass(frozen=True, slots=True)
class Determination:
    """One order against one policy: the criteria with statuses, and what follows from them.

    `orderable_doses` are those that the product can give at once, none where it can give any. `advisories` are the
    safety and other notes that hold, whatever the criteria say. `failures` are defines that could
    not be evaluated, each told in a sentence: the prescriber is told too.
    """

    order: Order
    policy: Policy
    status: Verdict
    phase: str = ""
    section: str = ""
    root: CriterionResult | None = None
    advisories: tuple[CriterionResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    dose_limit: DoseLimit | None = None
    approval: Approval | None = None
    referral: str | None = None
    alternative: Alternative | None = None
    orderable_doses: tuple[Quantity, ...] = ()
    failures: tuple[str, ...] = ()

    @property
    def criteria(self) -> tuple[CriterionResult, ...]:
        """Every criterion of the section, nodes and leaves, in the order of the document."""
        return tuple(self.root.walk()) if self.root else ()
