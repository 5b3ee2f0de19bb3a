"""determine: one order against one policy. Pure: no clock, no network, no randomness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cql_like_rules.advice import advice_on
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.trace import Trace
from cql_like_rules.cql.values.concept import Code
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.criteria import applied_criteria, blocking_criteria, is_ruled_out
from cql_like_rules.determination import (
    Alternative,
    Approval,
    Comparison,
    CriterionResult,
    Determination,
    DoseLimit,
    Evidence,
    Finding,
    Status,
    Verdict,
)
from cql_like_rules.findings import Sizes, dose_limit_of, findings_of
from cql_like_rules.orders.order import Order
from cql_like_rules.orders.parameter import order_parameter
from cql_like_rules.plans import HEALTH_PLAN, Paying, plan_parameter
from cql_like_rules.policy import DOSING_SIZES, ORDERABLE_DOSES, Criterion, Policy
from cql_like_rules.record import Record

_NO_PLAN = Paying()


def determine(
    policy: Policy, record: Record, order: Order, as_of: DateTime, paying: Paying = _NO_PLAN
) -> Determination:
    """The determination of an order by a policy, `not-applicable` when the policy is not about this order.

    `as_of` is the evaluation time; ages, intervals and policy dates go by the date of the order. `paying` is the health
    plan of the patient, as far as it is known.
    A define that fails is told in `failures`: its criteria are missing, never met and never refused.
    """
    return _Determining(policy, record, order, as_of, paying).determination()


class _Determining:
    """The evaluation of one order, with what has been asked of it so far."""

    def __init__(self, policy: Policy, record: Record, order: Order, as_of: DateTime, paying: Paying) -> None:
        self.policy = policy
        self.order = order
        self.evaluation = Evaluation(policy.library, record, supplied_parameters(record, order, paying), as_of)
        self.failures: list[str] = []
        self.results: dict[str, CriterionResult] = {}

    def determination(self) -> Determination:
        if self.value("Applies") is not True and not self.failures:
            return Determination(self.order, self.policy, Verdict.NOT_APPLICABLE)
        section = self.section()
        root = self.result(self.policy.criteria[section]) if section else None
        status = Verdict.of(root.status) if root else Verdict.MISSING_INFORMATION
        blocking = self.blocking(root)
        limits = [limit for limit in map(self.dose_limit, blocking) if limit]
        approval = None if status is Verdict.NOT_MET else self.approval()
        advisories = (*self.advisories(), *self.advice(section, approval))
        findings = findings_of(blocking, advisories, limits)
        return Determination(
            order=self.order,
            policy=self.policy,
            status=status,
            phase=self.value("Phase") or "",
            section=section,
            root=root,
            advisories=advisories,
            findings=findings,
            dose_limit=self.overall_limit(root, findings),
            approval=approval if status is Verdict.MET else None,
            referral=self.optional("Referral"),
            alternative=self.alternative(blocking),
            orderable_doses=self.orderable_doses(),
            failures=tuple(dict.fromkeys(self.failures)),
        )

    # --- values ------------------------------------------------------------------------------------------------------

    def value(self, define: str) -> Any:
        """The value of a define; None, and a failure noted, when it failed."""
        outcome = self.evaluation.outcome(define)
        if outcome.failure is not None:
            self.failures.append(str(outcome.failure))
        return outcome.value

    def optional(self, define: str) -> Any:
        """The value of a define that a policy may leave out."""
        return self.value(define) if define in self.policy.library.defines else None

    def section(self) -> str:
        """The number of the criterion that the order is held against; "" and a failure noted when there is none."""
        section = self.value("Section")
        if section in self.policy.criteria:
            return str(section)
        if not self.failures:
            found = "null" if section is None else section
            self.failures.append(f'"Section" names no criterion of {self.policy.id}: {found}')
        return ""

    # --- criteria ----------------------------------------------------------------------------------------------------

    def result(self, criterion: Criterion) -> CriterionResult:
        known = self.results.get(criterion.name)
        if known is None:
            known = self.results[criterion.name] = self.node(criterion) if criterion.structure else self.leaf(criterion)
        return known

    def node(self, criterion: Criterion) -> CriterionResult:
        assert criterion.structure is not None
        names = applied_criteria(criterion.structure, self.value)
        children = tuple(self.result(self.policy.criteria[name]) for name in names)
        return self.result_of(criterion, Status.of(self.value(criterion.name)), "node", children=children)

    def leaf(self, criterion: Criterion) -> CriterionResult:
        trace = self.evaluation.trace(criterion.name)
        value = self.value(criterion.name)
        parts = _parts(trace)
        return self.result_of(
            criterion,
            Status.of(value),
            "leaf",
            evidence=_evidence(parts),
            comparisons=tuple(_comparisons(parts)),
            failure=str(trace.failure) if trace.failure else None,
        )

    def result_of(self, criterion: Criterion, status: Status, structure: str, **rest: Any) -> CriterionResult:
        return CriterionResult(
            id=criterion.id,
            kind=criterion.kind,
            title=criterion.title,
            status=status,
            structure=structure,
            ask=criterion.ask,
            unmet=criterion.unmet,
            indicator=self.indicator(criterion),
            source=criterion.source,
            drug=criterion.drug,
            **rest,
        )

    def indicator(self, criterion: Criterion) -> str:
        """The weight that the policy gives to the criterion, "" for the usual one."""
        if criterion.critical and self.value(criterion.critical) is True:
            return "critical"
        return criterion.indicator

    def blocking(self, result: CriterionResult | None) -> tuple[CriterionResult, ...]:
        """The leaves that stand between the order and an approval, in the order of the document.

        A node below which nothing does (it does not say why in criteria) stands there itself.
        """
        if result is None or result.status is Status.MET:
            return ()
        structure = self.policy.criteria[result.section].structure
        if structure is None:
            return (result,)
        names = blocking_criteria(structure, self.value, self.offers_way_out)
        below = (self.policy.criteria[name] for name in names)
        leaves = tuple(
            leaf
            for criterion in below
            if not self.is_ruled_out(criterion)
            for leaf in self.blocking(self.result(criterion))
        )
        return leaves or (result,)

    def is_ruled_out(self, criterion: Criterion) -> bool:
        return criterion.structure is not None and is_ruled_out(criterion.structure, self.value)

    def offers_way_out(self, name: str) -> bool:
        return bool(name in self.policy.criteria and self.policy.criteria[name].alternative)

    def advisories(self) -> Iterator[CriterionResult]:
        """The advisories that hold for this order."""
        for advisory in self.policy.advisories:
            if self.value(advisory.name) is True:
                yield self.leaf(advisory)

    # --- what follows ------------------------------------------------------------------------------------------------

    def dose_limit(self, result: CriterionResult) -> DoseLimit | None:
        if result.kind != "dose":
            return None
        told = self.policy.criteria[result.section].limit
        return dose_limit_of(result, self.dosing_sizes(), self.value(told) if told else None)

    def dosing_sizes(self) -> Sizes:
        """The body size that limits are multiplied with: what the policy counts, else what was measured."""
        body = self.order.body_size
        sizes = {"m2": body.surface_area and body.surface_area.value, "kg": body.weight and body.weight.value}
        counted = {unit: self.value(name) for unit, name in DOSING_SIZES.items() if name in self.policy.library.defines}
        return {**sizes, **counted}

    def overall_limit(self, root: CriterionResult | None, findings: tuple[Finding, ...]) -> DoseLimit | None:
        """The limit of the dose finding, else the one of the first dose criterion that applies."""
        for finding in findings:
            if finding.dose is not None and not finding.dose.drug:
                return finding.dose
        limits = (self.dose_limit(result) for result in (root.walk() if root else ()))
        return next((limit for limit in limits if limit and not limit.drug), None)

    def approval(self) -> Approval | None:
        until = self.optional("Approval until")
        if isinstance(until, Date):
            return Approval(until=until)
        months = self.optional("Approval months")
        return None if months is None else Approval(months=months)

    def advice(self, section: str, approval: Approval | None) -> Iterator[CriterionResult]:
        """What is told whatever the policy: a request longer than the approval, a version that has ended."""
        trace = self.evaluation.trace("Approval until") if approval and approval.until else None
        sources = _evidence(_parts(trace)) if trace else ()
        return advice_on(self.policy, self.order, section, approval, sources)

    def orderable_doses(self) -> tuple[Quantity, ...]:
        doses = self.optional(ORDERABLE_DOSES)
        return tuple(dose for dose in doses or () if isinstance(dose, Quantity))

    def alternative(self, blocking: tuple[CriterionResult, ...]) -> Alternative | None:
        """The drug to use instead, when a criterion that names one stands in the way."""
        for result in blocking:
            criterion = self.policy.criteria[result.section]
            drug = self.value(criterion.alternative) if criterion.alternative else None
            if isinstance(drug, Tuple):
                return _alternative(drug, result.id)
        return None


def supplied_parameters(record: Record, order: Order, paying: Paying = _NO_PLAN) -> Mapping[str, Any]:
    """The values of the parameters that policies are given, by name."""
    return {
        "Order": order_parameter(order),
        "Delivered": sorted(record.delivered),
        HEALTH_PLAN: plan_parameter(paying),
    }


def _evidence(parts: Iterable[Trace]) -> tuple[Evidence, ...]:
    sources = dict.fromkeys(source for part in parts for source in part.sources)
    return tuple(Evidence(source.reference, source.path) for source in sources)


def _comparisons(parts: Iterable[Trace]) -> Iterator[Comparison]:
    for part in parts:
        for made in part.comparisons:
            yield Comparison(made.operator, made.left, made.right, made.result, made.left_name, made.right_name)


def _parts(trace: Trace) -> list[Trace]:
    """The trace and those of the defines it rests on, each once, however many of them use it; a define before those
    that it names, in the order in which it names them."""
    found: dict[int, Trace] = {}
    waiting = [trace]
    while waiting:
        part = waiting.pop()
        if id(part) not in found:
            found[id(part)] = part
            waiting.extend(reversed(part.uses))
    return list(found.values())


def _alternative(drug: Tuple, source: str) -> Alternative | None:
    product, name, dose, route = (drug.get(element) for element in ("product", "name", "dose", "route"))
    if not isinstance(product, Code):
        return None
    return Alternative(
        name=name if isinstance(name, str) and name else product.display or product.code,
        system=product.system or "",
        code=product.code,
        display=product.display or "",
        dose=dose if isinstance(dose, Quantity) else None,
        route_code=route.code if isinstance(route, Code) else "",
        route_display=(route.display or "") if isinstance(route, Code) else "",
        source=source,
    )
