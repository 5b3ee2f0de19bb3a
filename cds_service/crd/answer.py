"""From what was decided to what a CRD client is answered: cards as it wants them, and a note on each order."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cds_service.cards.text import plain
from cds_service.decision import CoverageNote, Decision, EvaluationRow, Question
from cql_like_rules import lenient
from cql_like_rules.determination import Determination

from .assertions import Assertion, Forms, by_policies, no_coverage, no_policy, unread_drug, until_coverage_ends
from .call import CrdCall
from .cards import adapted, configured
from .coverage import PrimaryCoverage
from .coverage_information import coverage_information
from .orders import day_of, is_unread, name_of
from .system_actions import Action, coverage_action, update_of

Order = Mapping[str, Any]


def crd_answer(
    call: CrdCall,
    coverage: PrimaryCoverage | None,
    question: Question,
    decision: Decision,
    forms: Forms,
    today: datetime.date,
) -> Decision:
    """The decision on a question as CRD has it: cards that the client wants, and a system action for each order.

    Each asked order of any type gets one, but for those that order nothing (`doNotPerform`) and those without an id.
    Without a coverage, and where the client has switched it off, there are none. `forms` tells which questionnaire asks
    for what is missing, `today` is the day of the assertion.
    """
    orders = list(_named(question.orders.asked))
    names = {reference: _name(order, reference, decision.outcomes) for reference, order in orders}
    insurer = coverage.payer if coverage else ""
    cards = [adapted(card, insurer, names) for card in configured(decision.cards, call.configuration)]
    actions: list[Action] = []
    told: list[CoverageNote] = []
    if coverage is not None and call.configuration.coverage_info:
        asserting = _Asserting(call, coverage, question, decision.outcomes, forms, today)
        for reference, order in orders:
            assertion = asserting.on(order, reference, names[reference])
            extension = coverage_information(assertion, coverage.reference, reference, call.client, today)
            updated = update_of(order, reference, coverage.reference, extension, call.client)
            if updated is not None:
                actions.append(coverage_action(updated, assertion, names[reference]))
                told.append(CoverageNote(reference, extension))
    shown = {card["uuid"] for card in cards}
    return replace(
        decision,
        cards=cards,
        system_actions=[*decision.system_actions, *actions],
        coverage_notes=told,
        evaluations=[_with_cards(row, shown) for row in decision.evaluations],
    )


@dataclass(frozen=True, slots=True)
class _Asserting:
    """All that an assertion on an order of the call is made from."""

    call: CrdCall
    coverage: PrimaryCoverage
    question: Question
    outcomes: Sequence[Determination]
    forms: Forms
    today: datetime.date

    def on(self, order: Order, reference: str, name: str) -> Assertion:
        """What is asserted of one order; guidance says nothing of coverage."""
        not_in_force = self.coverage.not_in_force(day_of(order) or self.today)
        if not_in_force:
            return no_coverage(not_in_force)
        about = [each for each in self.outcomes if each.order.reference == reference and not each.policy.is_guidance]
        if about:
            assertion = by_policies(self.call, about, self.question.notes, self.forms)
            return until_coverage_ends(self.call, assertion, self.coverage)
        if is_unread(order, self.question.record):
            return unread_drug(self.call)
        return no_policy(self.call, name, self.coverage.payer)


def _named(orders: Sequence[Order]) -> Iterator[tuple[str, Order]]:
    """The orders that order something, with `Type/id` of each."""
    for order in orders:
        kind, identity = lenient.text(order.get("resourceType")), lenient.text(order.get("id"))
        if kind and identity and order.get("doNotPerform") is not True:
            yield f"{kind}/{identity}", order


def _name(order: Order, reference: str, outcomes: Sequence[Determination]) -> str:
    """What a prescriber calls what is ordered: as the cards do, else as the order does; "" when neither does."""
    named = (plain(each.order.product.name) for each in outcomes if each.order.reference == reference)
    return next((name for name in named if name), "") or name_of(order)


def _with_cards(row: EvaluationRow, shown: set[str]) -> EvaluationRow:
    """The row with only those cards that are shown."""
    return replace(row, cards=tuple(card for card in row.cards if card.uuid in shown))
