from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.cards import CardLinks, cards_for, determination_json
from cds_service.cards.overrides import REASONS, SYSTEM
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Approval, Comparison, Evidence, Finding, Status, Verdict

KINDS = (
    "documentation",
    "dose",
    "step-therapy",
    "diagnosis",
    "age",
    "regimen",
    "prescriber",
    "duration",
    "concurrent-drug",
    "safety",
    "referral",
)


def only_card(cards: list[dict[str, Any]]) -> dict[str, Any]:
    (card,) = cards
    return card


def card_of(build: Any, kind: str, unmet: str = "It is not so", **rest: Any) -> dict[str, Any]:
    criterion = build.criterion("I.A.3", kind, unmet=unmet)
    return only_card(cards_for(build.determination(None, Finding(kind, "warning", (criterion,)), **rest)))


def hollow(value: Any) -> Iterator[Any]:
    """Every null or empty value below this one."""
    if value is None or value in ("", [], {}):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from hollow(below)


def test_nothing_to_say_is_no_card(build: Any) -> None:
    assert cards_for(build.determination()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_card_with_all_that_the_contract_asks_for(build: Any, kind: str) -> None:
    card = card_of(build, kind)
    assert uuid.UUID(card["uuid"]).version == 5
    assert card["summary"] == "Leukine: It is not so"
    assert card["indicator"] == "warning"
    assert card["source"]["label"] == "Centene: Sargramostim (Leukine)"
    assert card["source"]["topic"]["system"] == "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"
    assert card["source"]["topic"]["code"]
    assert card["extension"]["oncology-cds"] == {
        "order": "MedicationRequest/order-1",
        "policy": "CP.PHAR.295",
        "kind": kind,
        "criteria": [{"id": "CP.PHAR.295/I.A.3", "status": "not-met"}],
    }
    assert "I.A.3: It is not so." in card["detail"]
    assert card["detail"].endswith("Policy: CP.PHAR.295 version 2026.03, section I.A.")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_offers_three_to_five_reasons_to_override_from_our_code_system(build: Any, kind: str) -> None:
    reasons = card_of(build, kind)["overrideReasons"]
    assert 3 <= len(reasons) <= 5
    for reason in reasons:
        assert reason == {"code": reason["code"], "system": SYSTEM, "display": REASONS[reason["code"]]}


def test_the_source_links_the_page_of_the_policy_where_there_is_one(build: Any) -> None:
    criterion = build.criterion("I.A.3", "age", unmet="Too young")
    determination = build.determination(None, Finding("age", "warning", (criterion,)))
    linked = only_card(cards_for(determination, links=CardLinks(policy_page="https://cds.example/policies/")))
    assert linked["source"]["url"] == "https://cds.example/policies/CP.PHAR.295"
    assert "url" not in only_card(cards_for(determination))["source"]


def test_a_policy_without_publisher_is_its_title(build: Any) -> None:
    card = card_of(build, "age", policy=build.policy(publisher="", title="A review"))
    assert card["source"]["label"] == "A review"


def test_the_same_call_gives_the_same_uuids_and_another_call_others(build: Any) -> None:
    def uuids(hook_instance: str) -> list[str]:
        cards = cards_for(build.overdose(), links=CardLinks(hook_instance))
        return [cards[0]["uuid"], cards[0]["suggestions"][0]["uuid"]]

    assert uuids("one") == uuids("one")
    assert not set(uuids("one")) & set(uuids("other"))


def test_the_same_call_gives_the_same_bytes(build: Any) -> None:
    assert json.dumps(cards_for(build.step_therapy())) == json.dumps(cards_for(build.step_therapy()))


def test_the_age_card_says_the_age_and_what_is_required(build: Any) -> None:
    criterion = build.criterion(
        "I.A.3",
        "age",
        unmet="For AML it is covered from 55 years of age",
        comparisons=(Comparison("GreaterOrEqual", 54, 55, False, "Age", ""),),
        evidence=(Evidence("Patient/p", "birthDate"),),
    )
    card = only_card(cards_for(build.determination(None, Finding("age", "warning", (criterion,)))))
    assert "The patient is 54; required: at least 55." in card["detail"]
    assert "Rests on: Patient/p." in card["detail"]


@pytest.mark.parametrize(
    "comparison",
    [
        Comparison("GreaterOrEqual", 54, 55, True, "Age", ""),
        Comparison("Equal", 54, 55, False, "Age", ""),
        Comparison("GreaterOrEqual", Date(2026), Date(2027), False, "Day", ""),
        Comparison("Greater", True, False, False, "", ""),
    ],
)
def test_a_comparison_that_is_not_one_of_ages_is_not_told_as_one(build: Any, comparison: Comparison) -> None:
    criterion = build.criterion("I.A.3", "age", comparisons=(comparison,))
    card = only_card(cards_for(build.determination(None, Finding("age", "warning", (criterion,)))))
    assert "The patient is" not in card["detail"]


def test_an_age_compared_the_other_way_round_is_told_from_the_patients_side(build: Any) -> None:
    criterion = build.criterion("I.A.3", "age", comparisons=(Comparison("LessOrEqual", 55, 54, False, "", "Age"),))
    card = only_card(cards_for(build.determination(None, Finding("age", "warning", (criterion,)))))
    assert "The patient is 54; required: at least 55." in card["detail"]


@pytest.mark.parametrize("kind", ["diagnosis", "referral"])
def test_a_use_that_is_not_listed_names_the_policy_that_reviews_it(build: Any, kind: str) -> None:
    card = card_of(build, kind, "This use is not listed here", referral="CP.PMN.53")
    assert "Reviewed under policy CP.PMN.53." in card["detail"]


def test_a_use_that_is_not_listed_is_not_said_once_for_each_listed_use(build: Any) -> None:
    criteria = (build.criterion("III.A", unmet="This use is not listed"), build.criterion("I.A.1", unmet="Not for AML"))
    finding = Finding("diagnosis", "warning", criteria)
    card = only_card(cards_for(build.determination(None, finding, referral="CP.PMN.53")))
    assert card["summary"].endswith("This use is not listed")
    assert "Not for AML" not in card["detail"]
    assert [each["id"] for each in card["extension"]["oncology-cds"]["criteria"]] == [
        "CP.PHAR.295/III.A",
        "CP.PHAR.295/I.A.1",
    ]


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (Approval(months=6), "An approval would last 6 months."),
        (Approval(months=1), "An approval would last 1 month."),
        (Approval(until=Date(2027, 1, 31)), "An approval would last until 2027-01-31."),
    ],
)
def test_the_duration_card_says_how_long_an_approval_would_last(build: Any, approval: Approval, words: str) -> None:
    assert words in card_of(build, "duration", "More is requested than is approved", approval=approval)["detail"]


def test_a_contraindication_is_critical_and_said_in_its_title(build: Any) -> None:
    advisory = build.criterion(
        "IV.AppC.ci.yeast",
        "safety",
        Status.MET,
        title="Serious allergy to yeast on record: Leukine is contraindicated",
        source="Appendix C",
    )
    finding = Finding("safety", "critical", (advisory,))
    card = only_card(cards_for(build.determination(None, finding, status=Verdict.MET)))
    assert card["indicator"] == "critical"
    assert card["summary"] == "Serious allergy to yeast on record: Leukine is contraindicated"
    assert card["detail"].startswith("Appendix C: Serious allergy to yeast on record")
    assert card["source"]["topic"]["code"] == "contraindication"


def test_what_is_not_met_is_said_before_what_is_missing(build: Any) -> None:
    missing = build.criterion("I.A.2", "regimen", Status.MISSING, ask="Document the regimen")
    unmet = build.criterion("I.A.5", "regimen", unmet="The regimen is not recognized")
    card = only_card(cards_for(build.determination(None, Finding("regimen", "warning", (missing, unmet)))))
    assert card["summary"] == "Leukine: The regimen is not recognized (and 1 more)"


def test_what_was_read_from_words_instead_of_codes_is_said(build: Any) -> None:
    order = build.order(notes=('The drug was identified by its text, "<Leukine>".', "The route too."))
    card = only_card(cards_for(build.overdose(order)))
    assert card["detail"].endswith('The drug was identified by its text, "&lt;Leukine&gt;". The route too.')


def test_more_evidence_than_fits_is_counted(build: Any) -> None:
    criterion = build.criterion("I.A.5", "safety", evidence=tuple(Evidence(f"Observation/{n}") for n in range(9)))
    card = only_card(cards_for(build.determination(None, Finding("safety", "warning", (criterion,)))))
    assert "Rests on: Observation/0; Observation/1; Observation/2; Observation/3; 5 more." in card["detail"]


def test_the_detail_has_neither_tables_nor_html(build: Any) -> None:
    for card in (*cards_for(build.overdose(), ["<table>|a|b|"]), *cards_for(build.step_therapy())):
        assert "<" not in card["detail"]
        assert not any(line.startswith("|") for line in card["detail"].splitlines())


any_text = st.text(max_size=250)
statuses = st.sampled_from(Status)


@given(
    name=any_text,
    kind=st.sampled_from(KINDS),
    status=statuses,
    title=any_text,
    ask=any_text,
    unmet=any_text,
    section=any_text,
    failures=st.lists(st.text(min_size=1, max_size=250), max_size=2),
    notes=st.lists(any_text, max_size=2),
)
def test_for_any_texts_cards_are_json_without_null_or_empty_values_and_summaries_are_short(
    build: Any,
    name: str,
    kind: str,
    status: Status,
    title: str,
    ask: str,
    unmet: str,
    section: str,
    failures: list[str],
    notes: list[str],
) -> None:
    order = build.order(name=name)
    criterion = build.criterion("I.A.6", kind, status, title=title, ask=ask, unmet=unmet)
    limit = build.dose_limit(order) if kind == "dose" else None
    determination = build.determination(
        order,
        Finding(kind, "warning", (criterion,), limit),
        section=section,
        failures=tuple(failures),
        alternative=build.alternative(),
    )
    cards = cards_for(determination, notes, CardLinks("hook"))
    assert cards
    for card in cards:
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]
        assert "<" not in card["detail"]
        assert list(hollow(json.loads(json.dumps(card)))) == []
        assert all(len(suggestion["label"]) <= 60 for suggestion in card.get("suggestions", ()))


# --- guidance --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_guidance_speaks_of_no_coverage(build: Any, kind: str) -> None:
    article = build.policy(nature="guidance", title="Practical considerations (Doe et al., 2016)")
    finding = Finding(kind, "warning", (build.criterion("5.1", kind, unmet="Do it otherwise"),))
    (card,) = cards_for(build.determination(None, finding, policy=article))
    assert card["source"]["label"] == "Practical considerations (Doe et al., 2016)"
    assert card["source"]["topic"]["code"] not in ("insurance", "limits", "off-guideline")
    assert "Guidance: CP.PHAR.295 version 2026.03" in card["detail"]
    codes = [reason["code"] for reason in card["overrideReasons"]]
    assert "other-guidance" in codes
    assert not {"evidence-supports", "reviewed-separately", "will-be-reviewed"} & set(codes)
    assert 2 <= len(codes) <= 6


def test_the_json_of_guidance_says_that_it_is(build: Any) -> None:
    assert (
        determination_json(build.determination(policy=build.policy(nature="guidance")))["policy"]["nature"]
        == "guidance"
    )
    assert "nature" not in determination_json(build.determination())["policy"]
