"""The decider of the service: every draft order against every policy, findings out as cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from cds_service.cards import CardLinks, cards_for, determination_json, in_order, orders_of, told_once
from cds_service.cards.priority import Card, of_kinds
from cds_service.cdshooks.orders import Orders
from cds_service.decision import CardIdentity, Decision, EvaluationRow, Question
from cds_service.fhir.deadline import Deadline
from cql_like_rules.cql.values.temporal import Date, DateTime
from cql_like_rules.determination import Determination, Verdict
from cql_like_rules.determine import determine
from cql_like_rules.orders import Order, OrderSettings, read_order
from cql_like_rules.plans import HealthPlans
from cql_like_rules.policy import Policy
from cql_like_rules.record import Record, RecordNote
from cql_like_rules.requirements import requirements_of_policies
from cql_like_rules.terminology import Terminology
from cql_like_rules.versions import PolicyVersions

NO_DATE = DateTime(1, 1, 1, 0, 0, 0, 0, Decimal(0))
"""The time of an evaluation where nothing tells one."""

OUT_OF_TIME = "The time for one call was over before this order was checked."
"""What is told of an order that was not begun."""


class PolicyDecider:
    """Decides by a set of policies. Holds no state of a call, so that one serves all threads."""

    def __init__(
        self,
        policies: Sequence[Policy],
        terminology: Terminology,
        order_settings: OrderSettings | None = None,
        plans: HealthPlans | None = None,
    ) -> None:
        self.policies = tuple(policies)
        self._needed: dict[tuple[str, str], frozenset[str]] = {}
        self._versions = PolicyVersions(policies)
        self._terminology = terminology
        self._plans = plans or HealthPlans()
        self._order_settings = order_settings or OrderSettings()

    def decide(self, question: Question) -> Decision:
        """Cards, determinations and what is remembered, for the orders of the call."""
        record = question.record
        links = CardLinks(question.request.hook_instance, question.policy_page)
        cards: list[Card] = []
        determinations: list[Determination] = []
        for determination in self.determinations(question.orders, record, question.until):
            determinations.append(determination)
            about = self._about(determination.policy, question.notes)
            cards += cards_for(determination, [*about, *record.notes], links, record)
        orders = {determination.order.reference: determination.order for determination in determinations}
        shown = told_once(in_order(of_kinds(cards, question.kinds)), orders)
        return Decision(
            cards=shown,
            determinations=[determination_json(determination) for determination in determinations],
            evaluations=[_row(determination, shown) for determination in determinations],
            outcomes=determinations,
        )

    def determinations(self, orders: Orders, record: Record, until: Deadline | None = None) -> Iterator[Determination]:
        """The determinations of every order by every policy that is about it, in the order of the call.

        Of an order that was not begun in time, each policy says that it could not be evaluated.
        """
        paying = self._plans.paying(record)
        begun = 0
        for resource in orders.for_drugs:
            if resource.get("doNotPerform") is True:
                continue
            order = read_order(resource, record, self._terminology, self._order_settings, orders.beside)
            if begun and until is not None and until.passed:
                for policy in self._versions.in_force(order.day):
                    yield Determination(order, policy, Verdict.NOT_APPLICABLE, failures=(OUT_OF_TIME,))
                continue
            begun += 1
            for policy in self._versions.in_force(order.day):
                determination = determine(policy, record, order, evaluation_time(order), paying)
                if determination.status is not Verdict.NOT_APPLICABLE or determination.failures:
                    yield determination

    def _about(self, policy: Policy, notes: Sequence[RecordNote]) -> Iterator[RecordNote]:
        """The notes but for those on data that other policies need and this one does not."""
        needed = self._types_for(policy)
        return (note for note in notes if not note.types or not needed.isdisjoint(note.types))

    def _types_for(self, policy: Policy) -> frozenset[str]:
        """The resource types that a policy reads; worked out when it is first asked for, as few calls need it."""
        name = _name(policy)
        if name not in self._needed:
            self._needed[name] = frozenset(requirement.type for requirement in requirements_of_policies([policy]))
        return self._needed[name]


def _name(policy: Policy) -> tuple[str, str]:
    return policy.id, policy.version


def evaluation_time(order: Order) -> DateTime:
    """The date of the order, never the clock. Without one, rules that need a date find theirs missing."""
    date = order.date
    if isinstance(date, Date):
        return DateTime(date.year, date.month, date.day, offset=Decimal(0))
    return date or NO_DATE


def _row(determination: Determination, cards: Sequence[Card]) -> EvaluationRow:
    return EvaluationRow(
        order=determination.order.reference,
        policy=determination.policy.id,
        policy_version=determination.policy.version,
        status=determination.status.value,
        phase=determination.phase,
        section=determination.section,
        cards=tuple(_identities(determination, cards)),
    )


def _identities(determination: Determination, cards: Sequence[Card]) -> Iterator[CardIdentity]:
    for card in cards:
        about = card["extension"]["oncology-cds"]
        if determination.order.reference in orders_of(card) and about["policy"] == determination.policy.id:
            yield CardIdentity(card["uuid"], about["kind"])
