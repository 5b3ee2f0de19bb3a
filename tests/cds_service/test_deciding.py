"""The decider: every draft order against every policy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from cds_service.cdshooks.envelope import OrderSignRequest
from cds_service.deciding import OUT_OF_TIME, PolicyDecider
from cds_service.decision import Decision, Question
from cds_service.fhir.deadline import Deadline
from cql_like_rules.determination import Verdict
from cql_like_rules.orders import OrderSettings, read_order
from cql_like_rules.policy import Policy
from cql_like_rules.record import Record, RecordNote

Define = Callable[..., str]
Decide = Callable[..., Decision]

LIMIT = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"
FAILS = "singleton from ({ true, false })"


@pytest.fixture
def policy(tiny: Any, criterion_define: Define) -> Policy:
    """At most 250 ug/m2 a day, with an advisory for every order."""
    defines = criterion_define("I", LIMIT, "dose") + criterion_define("V.1", "true", "safety", finding="critical")
    loaded: Policy = tiny.policy(defines)
    return loaded


@pytest.fixture
def decide(tiny: Any, call: dict[str, Any]) -> Decide:
    """Decides a call with these orders by these policies."""

    def decide(
        policies: Policy | list[Policy],
        *orders: Mapping[str, Any],
        resources: tuple[Mapping[str, Any], ...] = (),
        notes: tuple[RecordNote, ...] = (),
        settings: OrderSettings | None = None,
    ) -> Decision:
        sent = copy.deepcopy(call)
        sent["context"]["draftOrders"]["entry"] = [{"resource": order} for order in orders]
        request = OrderSignRequest.model_validate(sent)
        record = Record([*resources, sent["context"]["draftOrders"]], (), None, tiny.terminology)
        chosen = [policies] if isinstance(policies, Policy) else policies
        return PolicyDecider(chosen, tiny.terminology, settings).decide(
            Question(request, request.context.orders(), record, notes)
        )

    return decide


def test_orders_that_are_not_begun_in_time_are_told_and_the_first_is_always_decided(
    tiny: Any, policy: Policy, call: dict[str, Any]
) -> None:
    call["context"]["draftOrders"]["entry"] = [{"resource": {**tiny.request(), "id": name}} for name in ("a", "b", "c")]
    request = OrderSignRequest.model_validate(call)
    record = Record([call["context"]["draftOrders"]], (), None, tiny.terminology)
    question = Question(request, request.context.orders(), record, until=Deadline.after(0))
    decision = PolicyDecider([policy], tiny.terminology).decide(question)
    assert [each.status for each in decision.outcomes][1:] == [Verdict.NOT_APPLICABLE] * 2
    told = [card for card in decision.cards if OUT_OF_TIME in card["detail"]]
    about_them = [card["extension"]["oncology-cds"] for card in told]
    assert [(each["order"], each.get("orders")) for each in about_them] == [
        ("MedicationRequest/b", ["MedicationRequest/b", "MedicationRequest/c"])
    ]
    assert {card["indicator"] for card in told} == {"warning"}
    assert ("MedicationRequest/a", "T.1", "dose") in about(decision)


def about(decision: Decision) -> list[tuple[str, str, str]]:
    found = [card["extension"]["oncology-cds"] for card in decision.cards]
    return [(each["order"], each["policy"], each["kind"]) for each in found]


def orders_of(decision: Decision) -> list[str]:
    return [determination["order"] for determination in decision.determinations]


def another(tiny: Any, criterion_define: Define, policy_id: str, value: str) -> Policy:
    tags = f"/* @policy: {policy_id}\n@title: Another policy */"
    loaded: Policy = tiny.policy(criterion_define("I", value, "age"), tags=tags, name=policy_id)
    return loaded


def test_an_order_gets_its_cards_its_determination_and_its_row(decide: Decide, tiny: Any, policy: Policy) -> None:
    decision = decide(policy, tiny.request())
    assert about(decision) == [("MedicationRequest/order", "T.1", kind) for kind in ("safety", "dose")]
    (determination,) = decision.determinations
    assert (determination["order"], determination["status"]) == ("MedicationRequest/order", "not-met")
    (row,) = decision.evaluations
    assert (row.order, row.policy, row.policy_version, row.status) == (
        "MedicationRequest/order",
        "T.1",
        "1.0",
        "not-met",
    )
    assert (row.phase, row.section) == ("initial", "I")
    assert [(card.uuid, card.kind) for card in row.cards] == [
        (card["uuid"], card["extension"]["oncology-cds"]["kind"]) for card in decision.cards
    ]


def test_every_order_is_decided_in_the_order_of_the_bundle(decide: Decide, tiny: Any, policy: Policy) -> None:
    decision = decide(policy, tiny.request(id="b"), tiny.request(100, id="a"))
    assert orders_of(decision) == ["MedicationRequest/b", "MedicationRequest/a"]
    assert [determination["status"] for determination in decision.determinations] == ["not-met", "met"]
    assert ("MedicationRequest/a", "T.1", "dose") not in about(decision)
    assert ("MedicationRequest/b", "T.1", "dose") in about(decision)


def test_an_order_is_held_against_the_version_in_force_on_its_date(
    decide: Decide, tiny: Any, criterion_define: Define
) -> None:
    versions = [
        tiny.policy(
            criterion_define("I", value),
            tags=f"/* @policy: T.1\n@title: A tiny policy\n@effective: {effective} */",
            head=tiny.head.replace("version '1.0'", f"version '{version}'"),
            name=version,
        )
        for version, effective, value in (("old", "2026-01-01", "false"), ("new", "2026-05-01", "true"))
    ]
    for date, version in (("2025-01-01", "old"), ("2026-04-30", "old"), ("2026-05-01", "new")):
        decision = decide(versions, tiny.request(authoredOn=date))
        assert [each["policy"]["version"] for each in decision.determinations] == [version]
        assert [row.policy_version for row in decision.evaluations] == [version]


def test_an_order_that_no_policy_is_about_leaves_nothing(decide: Decide, tiny: Any, policy: Policy) -> None:
    decision = decide(policy, tiny.request(medicationCodeableConcept={"text": "water"}))
    assert (decision.cards, decision.determinations, decision.evaluations) == ([], [], [])


def test_an_order_not_to_give_a_drug_is_passed_over(decide: Decide, tiny: Any, policy: Policy) -> None:
    assert decide(policy, tiny.request(doNotPerform=True)).determinations == []
    assert len(decide(policy, tiny.request(doNotPerform=False)).determinations) == 1


def test_orders_for_other_things_than_drugs_are_passed_over(decide: Decide, tiny: Any, policy: Policy) -> None:
    service = {"resourceType": "ServiceRequest", "id": "s"}
    assert orders_of(decide(policy, service, tiny.request())) == ["MedicationRequest/order"]


def test_an_order_is_held_against_every_policy_about_it(
    decide: Decide, tiny: Any, policy: Policy, criterion_define: Define
) -> None:
    decision = decide([policy, another(tiny, criterion_define, "T.2", "false")], tiny.request())
    assert [each["policy"]["id"] for each in decision.determinations] == ["T.1", "T.2"]
    assert [kind for _, _, kind in about(decision)] == ["safety", "dose", "age"]
    assert [[card.kind for card in row.cards] for row in decision.evaluations] == [["safety", "dose"], ["age"]]


def test_policies_that_say_the_same_kind_keep_a_card_each(decide: Decide, tiny: Any, criterion_define: Define) -> None:
    both = [another(tiny, criterion_define, policy_id, "false") for policy_id in ("T.2", "T.3")]
    told = [card["extension"]["oncology-cds"] for card in decide(both, tiny.request()).cards]
    assert [(each["policy"], [criterion["id"] for criterion in each["criteria"]]) for each in told] == [
        ("T.2", ["T.2/I"]),
        ("T.3", ["T.3/I"]),
    ]


def test_that_a_policy_could_not_be_asked_is_told(decide: Decide, tiny: Any, criterion_define: Define) -> None:
    shared = f'define "Applies": {FAILS}\ndefine "Phase": \'initial\'\ndefine "Section": \'I\'\n'
    decision = decide(tiny.policy(criterion_define("I", "true"), shared=shared), tiny.request())
    (card,) = decision.cards
    assert card["indicator"] == "warning"
    assert "could not be evaluated" in card["summary"]


def test_what_could_not_be_had_of_the_record_is_on_a_card(decide: Decide, tiny: Any, policy: Policy) -> None:
    notes = (RecordNote("", "", "Conditions could not be fetched: the server did not answer."),)
    decision = decide(policy, tiny.request(100), notes=notes)
    (card,) = (card for card in decision.cards if card["extension"]["oncology-cds"]["kind"] == "documentation")
    assert "Conditions could not be fetched" in card["detail"]


def test_what_only_other_policies_need_is_not_missed_on_a_card(
    decide: Decide, tiny: Any, criterion_define: Define
) -> None:
    policy = tiny.policy(criterion_define("I", "exists [Goal]"))
    notes = (
        RecordNote("", "", "The goals could not be fetched.", ("Goal",)),
        RecordNote("", "", "The encounters could not be fetched.", ("Encounter",)),
    )
    details = "".join(card["detail"] for card in decide(policy, tiny.request(100), notes=notes).cards)
    assert "The goals could not be fetched." in details
    assert "encounters" not in details


def test_what_cannot_be_read_in_the_record_is_on_a_card(decide: Decide, tiny: Any, policy: Policy) -> None:
    decision = decide(policy, tiny.request(100), resources=({"id": "nameless"},))
    assert ("MedicationRequest/order", "T.1", "documentation") in about(decision)


def test_without_a_date_of_the_order_what_rests_on_it_is_missing(
    decide: Decide, tiny: Any, criterion_define: Define
) -> None:
    dated = tiny.policy(criterion_define("I", '"Order".date >= @2026-01-01', "age"))
    orders = [tiny.request(authoredOn=date, id=str(date)) for date in ("2026-05-12", "2025-05-12", "2026-13-01", None)]
    statuses = [determination["status"] for determination in decide(dated, *orders).determinations]
    assert statuses == ["met", "not-met", "missing-information", "missing-information"]


def test_how_long_a_body_size_counts_is_a_setting(decide: Decide, tiny: Any, policy: Policy) -> None:
    per_kg = tiny.request(250, "ug")
    area = tiny.surface_area(1.8) | {"effectiveDateTime": "2026-05-01"}
    known = decide(policy, per_kg, resources=(area,))
    assert known.determinations[0]["status"] == "met"
    old = decide(policy, per_kg, resources=(area,), settings=OrderSettings(body_size_age_days=5))
    assert old.determinations[0]["status"] == "missing-information"


def test_the_same_call_gets_the_same_decision(decide: Decide, tiny: Any, policy: Policy) -> None:
    assert decide(policy, tiny.request()) == decide(policy, tiny.request())


# --- regimens: several orders in one signing -------------------------------------------------------------------------


def regimen(tiny: Any) -> list[dict[str, Any]]:
    """Five orders for the drug: four within the limit, and one above it."""
    return [tiny.request(dose, id=f"o{number}") for number, dose in enumerate((20, 56, 56, 300, 100))]


def test_what_all_orders_of_a_regimen_are_told_is_one_card_and_dose_cards_stay_with_their_order(
    decide: Decide, tiny: Any, policy: Policy
) -> None:
    decision = decide(policy, *regimen(tiny))
    assert about(decision) == [("MedicationRequest/o0", "T.1", "safety"), ("MedicationRequest/o3", "T.1", "dose")]
    safety = decision.cards[0]["extension"]["oncology-cds"]
    assert safety["orders"] == [f"MedicationRequest/o{number}" for number in range(5)]
    assert "orders" not in decision.cards[1]["extension"]["oncology-cds"]
    assert len(decision.determinations) == 5


def test_a_shared_card_is_remembered_for_each_of_its_orders(decide: Decide, tiny: Any, policy: Policy) -> None:
    decision = decide(policy, *regimen(tiny))
    shared, dose = (card["uuid"] for card in decision.cards)
    assert [[card.uuid for card in row.cards] for row in decision.evaluations] == [
        [shared],
        [shared],
        [shared],
        [shared, dose],
        [shared],
    ]


def test_every_order_of_a_regimen_has_the_others_as_partners(tiny: Any) -> None:
    drafts = regimen(tiny)
    record = Record(drafts, (), None, tiny.terminology)
    for draft in drafts:
        order = read_order(draft, record, tiny.terminology, OrderSettings(), drafts)
        others = [f"MedicationRequest/{each['id']}" for each in drafts if each is not draft]
        assert list(order.partners) == others
