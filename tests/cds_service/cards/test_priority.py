from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards import cards_for, in_order, priority
from cds_service.cards.priority import INDICATORS, KINDS
from cql_like_rules import policy
from cql_like_rules.determination import Finding

ORDER = "MedicationRequest/1"


def card(
    indicator: str, kind: str, order: str = "MedicationRequest/1", policy: str = "P", **rest: Any
) -> dict[str, Any]:
    about = {
        "order": order,
        "policy": policy,
        "kind": kind,
        "criteria": [{"id": f"{policy}/{kind}", "status": "not-met"}],
    }
    return {
        "summary": f"{indicator} {kind}",
        "detail": f"{indicator} detail",
        "indicator": indicator,
        "extension": {"oncology-cds": about},
        **rest,
    }


def summaries(cards: list[dict[str, Any]]) -> list[str]:
    return [each["summary"] for each in cards]


def test_critical_comes_before_warning_before_info() -> None:
    cards = [card("info", "safety"), card("warning", "dose"), card("critical", "duration")]
    assert summaries(in_order(cards)) == ["critical duration", "warning dose", "info safety"]


def test_among_warnings_what_can_harm_comes_first_and_paper_last() -> None:
    cards = [card("warning", kind) for kind in reversed(KINDS)]
    assert [each["extension"]["oncology-cds"]["kind"] for each in in_order(cards)] == [
        "safety",
        "dose",
        "step-therapy",
        "concurrent-drug",
        "age",
        "diagnosis",
        "regimen",
        "prescriber",
        "documentation",
        "duration",
        "referral",
    ]


def test_each_order_keeps_its_own_card_of_a_kind() -> None:
    cards = [card("warning", "dose", "MedicationRequest/1"), card("warning", "dose", "MedicationRequest/2")]
    assert in_order(cards) == cards


def test_two_cards_of_one_order_and_kind_become_one_that_says_both() -> None:
    first = card("critical", "dose", detail="500 is above 250")
    second = card("warning", "dose", detail="500 is above 400\n\n500 is above 250")
    (joined,) = in_order([second, first])
    assert joined["summary"] == "critical dose"
    assert joined["detail"] == "500 is above 250\n\n500 is above 400"
    assert len(joined["extension"]["oncology-cds"]["criteria"]) == 2


def test_each_policy_keeps_its_own_card_of_a_kind() -> None:
    one, other = card("critical", "dose"), card("warning", "dose", policy="Q")
    assert in_order([other, one]) == [one, other]


def test_cards_of_one_policy_keep_what_one_of_them_suggests() -> None:
    suggestion = {"suggestions": [{"label": "Change dose"}], "selectionBehavior": "at-most-one"}
    for first, second in ((suggestion, {}), ({}, suggestion)):
        (joined,) = in_order([card("critical", "dose", **first), card("warning", "dose", **second)])
        assert joined["suggestions"] == suggestion["suggestions"]
        assert joined["selectionBehavior"] == "at-most-one"


def test_a_joined_card_keeps_headings_with_their_lists() -> None:
    first = card("warning", "documentation", detail="Please supply:\n\n- this.\n\nPolicy: A.")
    second = card("warning", "documentation", detail="Please supply:\n\n- that.\n\nPolicy: A.")
    (joined,) = in_order([first, second])
    assert joined["detail"] == "Please supply:\n\n- this.\n\nPlease supply:\n\n- that.\n\nPolicy: A."


@given(
    st.lists(st.builds(card, st.sampled_from(INDICATORS), st.sampled_from(KINDS), st.sampled_from("ab")), max_size=12)
)
def test_for_an_order_and_kind_there_is_at_most_one_card_that_warns_and_one_that_informs(
    cards: list[dict[str, Any]],
) -> None:
    shown = in_order(cards)
    about = [(each["extension"]["oncology-cds"], each["indicator"] == "info") for each in shown]
    places = [(each["order"], each["kind"], informs) for each, informs in about]
    assert len(places) == len(set(places))
    assert sorted(shown, key=lambda each: INDICATORS.index(each["indicator"])) == shown


def test_findings_of_one_kind_with_two_indicators_share_the_graver_card(build: Any) -> None:
    grave = Finding("safety", "critical", (build.criterion("C.1", "safety", unmet="Contraindicated"),))
    light = Finding("safety", "warning", (build.criterion("D.2", "safety", unmet="Use with caution"),))
    (joined,) = cards_for(build.determination(None, light, grave))
    assert joined["indicator"] == "critical"
    assert joined["summary"] == "Leukine: Contraindicated"
    assert "D.2: Use with caution." in joined["detail"]


def test_a_note_does_not_lengthen_a_warning_and_comes_after_it(build: Any) -> None:
    grave = Finding("safety", "critical", (build.criterion("C.1", "safety", unmet="Contraindicated"),))
    note = Finding("safety", "info", (build.criterion("D.2", "safety", unmet="Give the patient a card"),))
    warning, information = cards_for(build.determination(None, note, grave))
    assert (warning["indicator"], information["indicator"]) == ("critical", "info")
    assert "Give the patient a card" not in warning["detail"]
    assert warning["source"]["topic"]["code"] == "contraindication"
    assert information["source"]["topic"]["code"] == "guideline"
    assert warning["uuid"] != information["uuid"]


def test_every_kind_that_a_policy_may_name_has_its_place_among_the_cards() -> None:
    assert sorted(priority.KINDS) == sorted(policy.KINDS)


def test_what_two_cards_close_with_closes_the_joined_one() -> None:
    first = card("critical", "safety", detail="One.\n\nPolicy: P.")
    second = card("warning", "safety", detail="Two.\n\nPolicy: P.")
    (joined,) = in_order([second, first])
    assert joined["detail"] == "One.\n\nTwo.\n\nPolicy: P."
