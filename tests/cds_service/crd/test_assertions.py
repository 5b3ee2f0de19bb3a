"""What is asserted of an order, from what its coverage policies determine."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from cds_service.crd import CrdCall, PrimaryCoverage, no_forms
from cds_service.crd.assertions import Assertion, by_policies, no_coverage, no_policy, until_coverage_ends
from cds_service.crd.details import Detail
from cds_service.crd.versions import Edition
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.cql.values.temporal import Date
from cql_like_rules.determination import Approval, Determination, Verdict
from cql_like_rules.record import RecordNote

Define = Callable[..., str]
Make = Callable[..., Determination]

SHARED = CrdCall(True)
NEW = CrdCall(True, edition=Edition.STU_2_2)
LOST = RecordNote("", "", "The goals could not be fetched: the record system could not be reached.", ("Goal",))
FAILS = "singleton from ({ true, false })"


@dataclass(frozen=True)
class Form:
    canonical: str = "https://oncology-cds.example/Questionnaire/T.1-I|1.0"


def a_form(determination: Determination) -> Form:
    return Form()


@pytest.fixture
def determined(tiny: Any, criterion_define: Define) -> Make:
    """What a policy of one criterion determines; the text of the criterion is given."""

    def determined(expression: str, kind: str = "age", more: str = "", **tags: str) -> Determination:
        found: Determination = tiny.determination(criterion_define("I", expression, kind, **tags) + more)
        return found

    return determined


def words(assertion: Assertion) -> str:
    return " | ".join(reason.text for reason in assertion.reasons)


def asserted(*determinations: Determination, call: CrdCall = SHARED, **rest: Any) -> Assertion:
    return by_policies(call, determinations, rest.get("notes", ()), rest.get("forms", no_forms))


@pytest.mark.parametrize("call", [SHARED, NEW])
def test_a_met_policy_still_asks_for_an_authorization(determined: Make, call: CrdCall) -> None:
    assertion = asserted(determined("true"), call=call)
    assert (assertion.covered, assertion.pa_needed, assertion.doc_needed) == ("covered", "auth-needed", "")
    assert words(assertion) == "T.1 version 1.0, section I: every criterion is met."


def test_a_policy_that_is_not_met_says_why(determined: Make) -> None:
    assertion = asserted(determined("false", unmet="For adults only. And so on."))
    assert (assertion.covered, assertion.pa_needed) == ("covered", "auth-needed")
    assert words(assertion) == "T.1 version 1.0, section I. Not met: For adults only."
    assert "Not met: Title of I." in words(asserted(determined("false")))


@pytest.mark.rules("B-3", "B-8")
def test_what_is_missing_is_asked_for(determined: Make) -> None:
    missing = asserted(determined("null", ask="Supply the age"), forms=a_form)
    assert words(missing) == "T.1 version 1.0, section I. To be documented: Supply the age."
    assert (missing.pa_needed, missing.doc_needed, missing.doc_purpose) == ("auth-needed", "clinical", "withpa")
    assert missing.questionnaires == (Form().canonical,)


def test_what_no_questionnaire_asks_for_needs_no_documentation(determined: Make) -> None:
    missing = asserted(determined("null", ask="Complete the order"))
    assert (missing.pa_needed, missing.doc_needed, missing.doc_purpose) == ("auth-needed", "", "")
    assert missing.questionnaires == ()
    assert "To be documented: Complete the order." in words(missing)


def test_a_met_policy_has_nothing_to_document_whatever_questionnaires_there_are(determined: Make) -> None:
    assert asserted(determined("true"), forms=a_form).questionnaires == ()


@pytest.mark.rules("R-42")
def test_nobody_documents_anything_for_an_order_that_is_not_written_yet(determined: Make) -> None:
    call = CrdCall(True, early=True)
    early = asserted(determined("null", ask="Supply the age"), call=call, forms=a_form)
    assert (early.doc_needed, early.doc_purpose, early.questionnaires) == ("", "", ())
    assert early.pa_needed == "auth-needed"
    assert words(early) == "T.1 version 1.0, section I: not decided yet."
    assert "Not met: For adults only." in words(asserted(determined("false", unmet="For adults only"), call=call))


@pytest.mark.rules("B-10")
def test_an_authorization_is_given_only_where_it_is_wanted_and_everything_is_met(determined: Make) -> None:
    giving = CrdCall(True, unsolicited=True)
    met, refused, missing = determined("true"), determined("false"), determined("null")
    assert asserted(met, call=giving).is_satisfied
    assert not asserted(met).is_satisfied
    for others in ((refused,), (missing,), (met, refused), (met, missing)):
        assert asserted(*others, call=giving).pa_needed == "auth-needed"


def test_what_may_harm_the_patient_is_not_approved_unseen(determined: Make, criterion_define: Define) -> None:
    giving = CrdCall(True, unsolicited=True)
    for indicator, approved in (("info", True), ("warning", True), ("critical", False)):
        warned = determined("true", more=criterion_define("V.1", "true", "safety", finding=indicator))
        assert [finding.indicator for finding in warned.findings] == [indicator]
        assert asserted(warned, call=giving).is_satisfied is approved


def test_an_approval_is_told_with_its_length(determined: Make) -> None:
    met = determined("true")
    giving = CrdCall(True, unsolicited=True)
    for approval, held, given in (
        (Approval(months=6), "An approval would hold for 6 months.", "Approved for 6 months."),
        (Approval(months=1), "An approval would hold for 1 month.", "Approved for 1 month."),
        (Approval(until=Date(2026, 8, 1)), "An approval would hold until 2026-08-01.", "Approved until 2026-08-01."),
    ):
        lasting = replace(met, approval=approval)
        assert words(asserted(lasting)).endswith(held)
        assert words(asserted(lasting, call=giving)).endswith(given)
    assert words(asserted(replace(met, approval=Approval()))).endswith("every criterion is met.")


def test_a_dose_above_its_limit_is_told_in_figures(determined: Make) -> None:
    limit = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"
    assertion = asserted(determined(limit, "dose", unmet="The dose is too high"))
    assert words(assertion).endswith("Not met: Leukine 300 mcg/m² is above the 250 mcg/m² daily limit.")


def test_a_use_that_goes_to_another_policy_says_only_that(determined: Make) -> None:
    more = "\ndefine \"Referral\": 'T.2'\n"
    assertion = asserted(determined("false", more=more, unmet="This use is not listed"), forms=a_form)
    assert assertion.questionnaires == ()
    assert words(assertion) == ("T.1 version 1.0, section I. This use is not listed. Reviewed under policy T.2.")


def test_many_reasons_are_told_by_the_first_of_them(tiny: Any, criterion_define: Define) -> None:
    numbers = [f"I.{letter}" for letter in "ABCDE"]
    leaves = "".join(criterion_define(number, "false", "age", unmet=f"No {number}") for number in numbers)
    names = " and ".join(f'"{number}"' for number in numbers)
    determination = tiny.determination(criterion_define("I", names, "diagnosis") + leaves)
    assert words(asserted(determination)).endswith("Not met: No I.A; No I.B; No I.C; and 2 more.")


def test_a_verdict_without_any_words_is_told_all_the_same(determined: Make) -> None:
    bare = replace(determined("false"), findings=(), section="")
    assert words(asserted(bare)) == "T.1 version 1.0: not met."
    missing = replace(bare, status=Verdict.MISSING_INFORMATION)
    assert words(asserted(missing)) == "T.1 version 1.0: not decided yet."
    nameless = replace(bare, referral="T.2", policy=replace(bare.policy, version=""))
    assert words(asserted(nameless)) == "T.1. Reviewed under policy T.2."
    assert words(asserted(replace(missing, referral="T.2"))) == "T.1 version 1.0: not decided yet."


@pytest.mark.rules("X-14")
def test_several_policies_on_one_order_have_to_be_met_together(determined: Make) -> None:
    both = asserted(determined("true"), determined("null"), forms=a_form)
    assert (both.covered, both.pa_needed, both.doc_needed) == ("covered", "auth-needed", "clinical")
    assert len(both.reasons) == 2
    assert both.questionnaires == (Form().canonical,)


@pytest.mark.rules("B-4", "E-4")
def test_a_rule_that_failed_is_a_technical_failure(determined: Make) -> None:
    failed = determined(FAILS)
    assert failed.failures
    new = asserted(failed, call=NEW, forms=a_form)
    assert (new.covered, new.pa_needed, new.info_needed) == ("indeterminate", "indeterminate", "")
    assert [reason.code for reason in new.reasons] == ["technical"]
    assert "T.1 version 1.0, section I could not be decided for technical reasons: " in words(new)
    assert new.questionnaires == ()
    shared = asserted(failed)
    assert (shared.covered, shared.pa_needed, shared.info_needed) == ("conditional", "conditional", "OTH")
    assert [reason.code for reason in shared.reasons] == [""]
    assert words(shared) == words(new)


def test_a_policy_that_could_not_be_asked_whether_it_applies_is_a_technical_failure(determined: Make) -> None:
    failed = replace(determined("true"), status=Verdict.NOT_APPLICABLE, failures=("it failed",))
    assert asserted(failed, call=NEW).covered == "indeterminate"


@pytest.mark.rules("B-4", "P-31")
def test_a_record_that_could_not_be_read_leaves_open_what_rests_on_it(determined: Make) -> None:
    open_verdict = determined("if exists [Goal] then true else null")
    new = asserted(open_verdict, call=NEW, notes=[LOST])
    assert (new.covered, new.reasons[0].code) == ("indeterminate", "technical")
    assert words(new).endswith("The goals could not be fetched: the record system could not be reached.")
    assert asserted(open_verdict, notes=[LOST]).covered == "conditional"


def test_what_a_policy_does_not_read_is_not_missed(determined: Make) -> None:
    open_verdict = determined("if exists [Goal] then true else null")
    others = [RecordNote("", "", "The encounters could not be fetched.", ("Encounter",)), RecordNote("", "", "Hm.")]
    assert asserted(open_verdict, call=NEW, notes=others).covered == "covered"


@pytest.mark.parametrize("expression", ["true", "false"])
def test_a_verdict_that_stands_stands_whatever_could_not_be_read(determined: Make, expression: str) -> None:
    decided = determined(f"if exists [Goal] then null else {expression}")
    assert asserted(decided, call=NEW, notes=[LOST]).pa_needed == "auth-needed"
    failed_beside = replace(decided, failures=("something else failed",))
    assert asserted(failed_beside, call=NEW).pa_needed == "auth-needed"


def test_a_technical_failure_of_one_policy_leaves_the_order_undecided(determined: Make) -> None:
    both = asserted(determined("true"), determined(FAILS), call=CrdCall(True, unsolicited=True))
    assert (both.covered, len(both.reasons)) == ("conditional", 1)


@pytest.mark.rules("B-6")
def test_without_coverage_nothing_is_covered_and_nothing_else_is_said() -> None:
    assertion = no_coverage("The coverage ended on 2025-12-31.")
    assert assertion == Assertion("not-covered", reasons=assertion.reasons)
    assert [(reason.code, reason.text) for reason in assertion.reasons] == [
        ("no-active-coverage", "The coverage ended on 2025-12-31.")
    ]


def test_without_a_policy_nothing_is_known() -> None:
    shared, new = no_policy(SHARED, "aspirin", "Pelican Health"), no_policy(NEW, "", "")
    assert (shared.covered, shared.pa_needed, shared.info_needed) == ("conditional", "conditional", "OTH")
    assert words(shared) == (
        "This service holds no coverage policy for aspirin under Pelican Health, so coverage is not known here."
    )
    assert (new.covered, new.pa_needed, new.info_needed) == ("indeterminate", "indeterminate", "")
    assert words(new) == "This service holds no coverage policy for this order, so coverage is not known here."


LIMIT = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"


@pytest.mark.rules("X-14")
def test_version_2_2_tells_the_most_that_is_allowed(determined: Make) -> None:
    (detail,) = asserted(determined(LIMIT, "dose"), call=NEW).details
    assert detail == Detail(
        "cat-limitation",
        "allowed-quantity",
        Quantity(Decimal(250), "ug/m2/d"),
        "Per day: 250 mcg/m² daily (T.1 I)",
    )
    assert asserted(determined(LIMIT, "dose")).details == ()


def test_an_amount_for_the_patient_is_never_rounded_up(tiny: Any, criterion_define: Define) -> None:
    determination = tiny.determination(criterion_define("I", LIMIT, "dose"), None, tiny.surface_area(1.777))
    (detail,) = asserted(determination, call=NEW).details
    assert detail.value == Quantity(Decimal(444), "ug/d")
    assert detail.value_json["valueQuantity"] == {
        "value": 444,
        "unit": "mcg daily",
        "system": "http://unitsofmeasure.org",
        "code": "ug/d",
    }


def test_version_2_2_tells_how_long_an_approval_of_a_met_order_lasts(determined: Make) -> None:
    met = replace(determined("true"), approval=Approval(months=6))
    period = (datetime.date(2026, 5, 12), datetime.date(2026, 11, 12))
    (detail,) = asserted(met, call=NEW).details
    assert (detail.category, detail.code, detail.value) == ("cat-limitation", "allowed-period", period)
    assert detail.value_json == {"valuePeriod": {"start": "2026-05-12", "end": "2026-11-12"}}
    for none in (
        replace(met, status=Verdict.NOT_MET),
        replace(met, approval=None),
        replace(met, approval=Approval(until=Date(2026, 1, 1))),
        replace(met, approval=Approval(until=Date(2027))),
        replace(met, order=replace(met.order, date=None)),
    ):
        assert asserted(none, call=NEW).details == ()


def test_version_2_2_links_the_policy_where_it_has_a_page(determined: Make) -> None:
    linked = replace(NEW, policy_page="https://cds.example.org/policies")
    (detail,) = asserted(determined("true"), call=linked).details
    assert (detail.category, detail.code) == ("cat-other", "policy-link")
    assert detail.value_json == {"valueUrl": "https://cds.example.org/policies/T.1"}


def test_what_two_policies_tell_alike_is_told_once(determined: Make) -> None:
    twice = asserted(determined(LIMIT, "dose"), determined(LIMIT, "dose"), call=NEW)
    assert len(twice.details) == 1


UNTIL = datetime.date(2026, 12, 31)


def test_version_2_2_tells_the_last_day_on_which_it_can_hold(determined: Make) -> None:
    met = replace(determined("true"), approval=Approval(until=Date(2026, 9, 1)))
    ending = replace(met, policy=replace(met.policy, until=UNTIL))
    giving = replace(NEW, unsolicited=True)
    assert asserted(met, call=NEW).expires is None
    assert asserted(ending, call=NEW).expires == UNTIL
    assert asserted(met, call=giving).expires == datetime.date(2026, 9, 1)
    assert asserted(ending, call=giving).expires == datetime.date(2026, 9, 1)
    assert asserted(ending).expires is None


def test_a_policy_that_ended_before_the_order_tells_no_last_day(determined: Make) -> None:
    met = determined("true")
    ended = replace(met, policy=replace(met.policy, until=datetime.date(2026, 5, 11)))
    assert asserted(ended, call=NEW).expires is None


def test_an_assertion_holds_no_longer_than_the_coverage(determined: Make) -> None:
    ends = datetime.date(2026, 6, 30)
    coverage = PrimaryCoverage("Coverage/c", ends=ends)
    covered = asserted(determined("true"), call=NEW)
    assert until_coverage_ends(NEW, covered, coverage).expires == ends
    assert until_coverage_ends(NEW, replace(covered, expires=datetime.date(2026, 7, 1)), coverage).expires == ends
    earlier = datetime.date(2026, 6, 1)
    assert until_coverage_ends(NEW, replace(covered, expires=earlier), coverage).expires == earlier
    assert until_coverage_ends(NEW, covered, PrimaryCoverage("Coverage/c")).expires is None
    assert until_coverage_ends(SHARED, covered, coverage).expires is None
    assert until_coverage_ends(NEW, no_policy(NEW, "", ""), coverage).expires is None
