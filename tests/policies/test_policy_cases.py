"""Every case of every policy has the determination that it must have, and together they try every criterion."""

from collections.abc import Mapping

import pytest

from cql_like_rules.cases import Case, cases_of, determination_of, differences
from cql_like_rules.policy import POLICIES, Policy
from cql_like_rules.terminology import Terminology

CASES = {path.parent.name: list(cases_of(path.parent)) for path in sorted(POLICIES.glob("*/policy.cql"))}

STATUSES = {"met", "not-met", "missing"}

# What cannot happen, and why. Whatever else is not expected by any case is a hole in the cases.
CANNOT_BE: Mapping[str, Mapping[str, tuple[set[str], str]]] = {
    "CP.PHAR.295": {
        "I": ({"met", "not-met"}, "stands for the whole only while the use is not known; it asks for the indication"),
        "I.C.1.a": (
            {"missing"},
            "a lymphoma without a purpose on record is looked at under I.B",
        ),
        "I.D.4": ({"not-met"}, "an old weight asks for a new one, it refutes nothing"),
        "I.G": ({"met", "missing"}, "gives no verdict: III.A fails whenever the section applies"),
        "I.G.2": ({"not-met"}, "one of the two policies always takes over"),
        "I.G.2.b": ({"missing"}, "a label change counts only when it is attested"),
        "II.B": ({"met", "missing"}, "as I.G"),
        "II.B.2": ({"not-met"}, "as I.G.2"),
        "II.B.2.b": ({"missing"}, "as I.G.2.b"),
        "III.A": ({"met", "missing"}, "is reported only for uses that are not listed"),
    },
}


@pytest.mark.parametrize(
    ("policy_id", "case"),
    [
        pytest.param(policy_id, case, id=f"{policy_id}/{case.file.stem}: {case.name}")
        for policy_id, cases in CASES.items()
        for case in cases
    ],
)
def test_the_determination_is_the_expected_one(
    policy_id: str, case: Case, policies: Mapping[str, Policy], terminology: Terminology
) -> None:
    determination = determination_of(case, policies[policy_id], terminology)
    assert differences(case, determination) == []


@pytest.mark.parametrize("policy_id", CASES)
def test_every_criterion_is_expected_met_and_not_met_and_missing(
    policy_id: str, policies: Mapping[str, Policy]
) -> None:
    expected: dict[str, set[str]] = {name: set() for name in policies[policy_id].criteria}
    for case in CASES[policy_id]:
        for name, status in case.expect.get("criteria", {}).items():
            expected[name].add(status)
    never = {name: STATUSES - seen for name, seen in expected.items() if seen != STATUSES}
    assert never == {name: statuses for name, (statuses, _) in CANNOT_BE.get(policy_id, {}).items()}


@pytest.mark.parametrize("policy_id", CASES)
def test_every_advisory_is_expected_by_a_case(policy_id: str, policies: Mapping[str, Policy]) -> None:
    expected = {name for case in CASES[policy_id] for name in case.expect.get("advisories", ())}
    assert {advisory.name for advisory in policies[policy_id].advisories} - expected == set()


@pytest.mark.parametrize("policy_id", CASES)
def test_every_case_expects_something_and_has_a_name_of_its_own(policy_id: str) -> None:
    names = [(case.file.name, case.name) for case in CASES[policy_id]]
    assert len(set(names)) == len(names)
    assert [case.name for case in CASES[policy_id] if not case.expect] == []
