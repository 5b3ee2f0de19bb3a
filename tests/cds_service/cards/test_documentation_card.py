from __future__ import annotations

from typing import Any

from cds_service.cards import cards_for
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Evidence, Finding, Status, Verdict
from cql_like_rules.orders.order import Measurement
from cql_like_rules.record import RecordNote


def only_card(cards: list[dict[str, Any]]) -> dict[str, Any]:
    (card,) = cards
    return card


def missing(build: Any, number: str, ask: str, title: str) -> Any:
    return build.criterion(number, "regimen", Status.MISSING, ask=ask, title=title)


def test_one_missing_point_is_asked_for_in_the_title(build: Any) -> None:
    criterion = missing(build, "I.A.2", "Document that it follows induction", "Given after induction")
    finding = Finding("documentation", "warning", (criterion,))
    card = only_card(cards_for(build.determination(None, finding, status=Verdict.MISSING_INFORMATION)))
    assert card["summary"] == "Leukine: Document that it follows induction"
    assert card["indicator"] == "warning"
    assert card["detail"] == (
        "Please supply:\n\n- I.A.2: Document that it follows induction.\n\n"
        "Policy: CP.PHAR.295 version 2026.03, section I.A."
    )


def test_several_missing_points_are_counted_in_the_title_and_listed_in_the_order_of_the_document(build: Any) -> None:
    criteria = (
        missing(build, "I.A.2", "Document that it follows induction", "Given after induction"),
        missing(build, "I.A.3", "Enter the full date of birth", "Age 55 years or older"),
        missing(build, "I.A.6", "Complete the order", "AML dose"),
    )
    card = only_card(cards_for(build.determination(None, Finding("documentation", "warning", criteria))))
    assert card["summary"] == ("Leukine: 3 points to document: Given after induction; Age 55 years or older; AML dose")
    asked = [line for line in card["detail"].splitlines() if line.startswith("- ")]
    assert asked == [
        "- I.A.2: Document that it follows induction.",
        "- I.A.3: Enter the full date of birth.",
        "- I.A.6: Complete the order.",
    ]


def test_titles_that_do_not_fit_are_left_to_the_detail(build: Any) -> None:
    criteria = tuple(missing(build, f"I.A.{n}", f"Ask {n}", f"Title of some length, number {n}") for n in range(9))
    card = only_card(cards_for(build.determination(None, Finding("documentation", "warning", criteria))))
    assert card["summary"].startswith("Leukine: 9 points to document: Title of some length, number 0;")
    assert card["summary"].endswith("; …")
    assert len(card["summary"]) < 140


def test_one_question_of_several_criteria_is_asked_once(build: Any) -> None:
    criteria = (
        missing(build, "I.A.4.a", "Document the plan's state", "Exempt by law"),
        missing(build, "I.A.4.fn-IL", "Document the plan's state", "Waived in Illinois"),
    )
    card = only_card(cards_for(build.determination(None, Finding("documentation", "warning", criteria))))
    assert "- I.A.4.a, I.A.4 (footnote): Document the plan's state." in card["detail"]
    assert card["summary"] == "Leukine: Document the plan's state"


def test_a_criterion_without_a_question_is_asked_for_by_its_title(build: Any) -> None:
    criterion = build.criterion("I.A.2", "regimen", Status.MISSING, title="Given after induction")
    card = only_card(cards_for(build.determination(None, Finding("documentation", "warning", (criterion,)))))
    assert "- I.A.2: Given after induction." in card["detail"]


def test_what_the_order_lacks_and_what_is_too_old_is_listed_with_it(build: Any) -> None:
    old = Measurement(Quantity(build.weight, "kg"), Date(2026, 1, 2), 305, ("Observation/w",))
    order = build.order(problems=("How often it is given is not stated.",), outdated={"weight": old})
    criterion = build.criterion("I.A.6", "dose", Status.MISSING, ask="Complete the order")
    card = only_card(cards_for(build.determination(order, Finding("documentation", "warning", (criterion,)))))
    assert "In the order:\n\n- How often it is given is not stated." in card["detail"]
    assert "Too old to count:\n\n- weight 72 kg of 2026-01-02 (305 days old)." in card["detail"]


def test_what_was_answered_too_long_ago_is_named_as_an_answer(build: Any) -> None:
    old = Measurement(Quantity(build.weight, "kg"), Date(2026, 1, 2), 305, ("QuestionnaireResponse/q",), "answered")
    criterion = build.criterion("I.A.6", "dose", Status.MISSING, ask="Complete the order")
    finding = Finding("documentation", "warning", (criterion,))
    card = only_card(cards_for(build.determination(build.order(outdated={"weight": old}), finding)))
    assert "Too old to count:\n\n- weight 72 kg answered on 2026-01-02 (305 days old)." in card["detail"]


def test_old_measurements_are_not_named_where_no_dose_is_open(build: Any) -> None:
    old = Measurement(Quantity(build.weight, "kg"), Date(2026, 1, 2), 305, ("Observation/w",))
    criterion = missing(build, "I.A.3", "Enter the date of birth", "Age")
    determination = build.determination(
        build.order(outdated={"weight": old}), Finding("documentation", "warning", (criterion,))
    )
    assert "Too old" not in only_card(cards_for(determination))["detail"]


def test_a_long_list_of_unreadable_items_is_cut_and_counted(build: Any) -> None:
    card = only_card(cards_for(build.determination(), [f"item {number}" for number in range(25)]))
    assert card["summary"] == "Leukine: 25 items of the record could not be read"
    assert "- item 9.\n- 15 more." in card["detail"]


def test_a_document_that_was_refused_is_said_in_the_words_of_the_policy(build: Any) -> None:
    criterion = build.criterion("I.F.7.b", "documentation", unmet="No guideline or article supports the dose")
    card = only_card(cards_for(build.determination(None, Finding("documentation", "warning", (criterion,)))))
    assert card["summary"] == "Leukine: No guideline or article supports the dose"
    assert card["detail"].startswith("I.F.7.b: No guideline or article supports the dose.")


def test_attached_literature_is_information(build: Any) -> None:
    criterion = build.criterion(
        "I.F.7.b",
        "documentation",
        Status.MET,
        title="Literature is attached and goes to review",
        unmet="No literature",
        evidence=(Evidence("DocumentReference/d"),),
    )
    finding = Finding("documentation", "info", (criterion,))
    card = only_card(cards_for(build.determination(None, finding, status=Verdict.MET)))
    assert card["indicator"] == "info"
    assert card["summary"] == "Leukine: Literature is attached and goes to review"
    assert "Rests on: DocumentReference/d." in card["detail"]


def test_what_could_not_be_evaluated_is_a_warning_of_its_own(build: Any) -> None:
    failed = build.criterion("I.A.3", "age", Status.MISSING, failure="ages cannot be compared")
    determination = build.determination(
        status=Verdict.MISSING_INFORMATION, root=build.node("I.A", failed), failures=("I.A.3: ages cannot be compared",)
    )
    card = only_card(cards_for(determination))
    assert card["indicator"] == "warning"
    assert card["summary"] == "Leukine: could not be evaluated: I.A.3: ages cannot be compared"
    assert card["detail"].startswith("Could not be evaluated:\n\n- I.A.3: ages cannot be compared.")
    about = card["extension"]["oncology-cds"]
    assert about["kind"] == "documentation"
    assert about["criteria"] == [{"id": "CP.PHAR.295/I.A.3", "status": "missing"}]


def test_a_failure_joins_the_card_that_asks_for_documentation_and_makes_it_a_warning(build: Any) -> None:
    attached = build.criterion("I.F.7.b", "documentation", Status.MET, title="Literature is attached")
    finding = Finding("documentation", "info", (attached,))
    card = only_card(cards_for(build.determination(None, finding, failures=("Section: no such unit <x>",))))
    assert card["indicator"] == "warning"
    assert card["summary"] == "Leukine: could not be evaluated: Section: no such unit ‹x›"
    assert card["detail"].startswith("Could not be evaluated:\n\n- Section: no such unit &lt;x&gt;.")
    assert "Literature is attached" in card["detail"]


def test_a_failure_is_told_even_where_the_policy_would_not_apply(build: Any) -> None:
    determination = build.determination(
        status=Verdict.NOT_APPLICABLE, root=None, section="", failures=("Applies: no product",)
    )
    card = only_card(cards_for(determination))
    assert "Applies: no product" in card["summary"]


def test_unreadable_items_of_the_record_are_one_card_for_information(build: Any) -> None:
    notes = [RecordNote("Observation/o", "valueQuantity", "the unit is not UCUM: stones"), "a resource has no type"]
    card = only_card(cards_for(build.determination(), notes))
    assert card["indicator"] == "info"
    assert card["summary"] == "Leukine: 2 items of the record could not be read"
    assert "- Observation/o valueQuantity: the unit is not UCUM: stones." in card["detail"]
    assert "- a resource has no type." in card["detail"]
    assert "criteria" not in card["extension"]["oncology-cds"]


def test_unreadable_items_join_the_card_that_asks_for_documentation(build: Any) -> None:
    criterion = missing(build, "I.A.3", "Enter the date of birth", "Age")
    determination = build.determination(None, Finding("documentation", "warning", (criterion,)))
    card = only_card(cards_for(determination, ["the birth date cannot be read"]))
    assert "Not readable in the record:\n\n- the birth date cannot be read.\n\nPolicy:" in card["detail"]
    assert card["summary"] == "Leukine: Enter the date of birth"


def test_what_could_not_be_read_in_an_order_is_told_also_when_nothing_is_missing(build: Any) -> None:
    order = build.order(problems=("The date from which the drug is to be given cannot be read.",))
    card = only_card(cards_for(build.determination(order)))
    assert card["indicator"] == "info"
    assert card["summary"] == "Leukine: part of the order could not be read"
    assert "The date from which the drug is to be given cannot be read." in card["detail"]


def test_what_could_not_be_read_in_an_order_is_told_once(build: Any) -> None:
    order = build.order(problems=("The order states no coded dose.",))
    missing = build.criterion("I.A.6", "dose", Status.MISSING, ask="State the dose")
    card = only_card(cards_for(build.determination(order, Finding("documentation", "warning", (missing,)))))
    assert card["detail"].count("The order states no coded dose.") == 1


def test_a_policy_that_does_not_apply_says_nothing_of_the_record(build: Any) -> None:
    determination = build.determination(status=Verdict.NOT_APPLICABLE, root=None, section="")
    assert cards_for(determination, ["a resource has no type"]) == []
