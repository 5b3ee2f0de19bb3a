"""A policy is read from its CQL and the tags in it, and every problem is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.criteria import AllOf, Name
from cql_like_rules.policy import load_policies

Define = Callable[..., str]


def problems(tiny: Any, defines: str, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(CqlError) as refused:
        tiny.policy(defines, **options)
    return refused.value.problems


def messages(tiny: Any, defines: str, **options: Any) -> list[str]:
    return [problem.message for problem in problems(tiny, defines, **options)]


def test_a_policy_is_what_its_tags_say_it_is(tiny: Any, criterion_define: Define) -> None:
    policy = tiny.policy(criterion_define("I", "true"))
    assert (policy.id, policy.version, policy.title, policy.publisher) == ("T.1", "1.0", "A tiny policy", "Nobody")
    assert policy.url.endswith("/T.1")


def test_criteria_are_the_tagged_defines_in_the_order_of_the_file(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I.B", "true") + 'define "Helper": true' + criterion_define("I", '"I.B" and "I.A"')
    policy = tiny.policy(defines + criterion_define("I.A", '"Helper"'))
    assert list(policy.criteria) == ["I.B", "I", "I.A"]
    assert [criterion.id for criterion in policy.criteria.values()] == ["T.1/I.B", "T.1/I", "T.1/I.A"]


def test_a_criterion_that_names_criteria_is_a_node_and_every_other_a_leaf(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I.A", '"Helper"') + 'define "Helper": true' + criterion_define("I.B", "true")
    policy = tiny.policy(defines + criterion_define("I", '"I.A" and "I.B"'))
    assert policy.criteria["I"].structure == AllOf((Name("I.A", True), Name("I.B", True)))
    assert not policy.criteria["I.A"].is_node
    assert not policy.criteria["I.B"].is_node


def test_a_criterion_carries_the_words_of_its_author(tiny: Any, criterion_define: Define) -> None:
    tags = {"ask": "Say it", "unmet": "It is not", "indicator": "critical", "alternative": "Drug B", "source": "p. 3"}
    criterion = tiny.policy(criterion_define("I", "true", "step-therapy", **tags)).criteria["I"]
    assert criterion.kind == "step-therapy"
    assert criterion.title == "Title of I"
    assert {name: getattr(criterion, name) for name in tags} == tags


def test_a_finding_is_an_advisory_and_no_criterion(tiny: Any, criterion_define: Define) -> None:
    policy = tiny.policy(criterion_define("I", "true") + criterion_define("V.1", "true", "safety", finding="critical"))
    assert list(policy.criteria) == ["I"]
    (advisory,) = policy.advisories
    assert (advisory.id, advisory.kind, advisory.indicator) == ("T.1/V.1", "safety", "critical")


@pytest.mark.parametrize("name", ["policy", "title"])
def test_a_policy_without_a_tag_that_it_needs_is_refused(tiny: Any, criterion_define: Define, name: str) -> None:
    tags = {"policy": "T.1", "title": "A tiny policy"}
    written = "\n".join(f"// @{tag}: {value}" for tag, value in tags.items() if tag != name)
    assert messages(tiny, criterion_define("I", "true"), tags=written) == [f"the policy has no @{name}"]


@pytest.mark.parametrize("name", ["Applies", "Phase", "Section"])
def test_a_policy_without_a_define_that_all_share_is_refused(tiny: Any, criterion_define: Define, name: str) -> None:
    shared = "\n".join(line for line in tiny.shared.splitlines() if f'"{name}"' not in line)
    found = messages(tiny, criterion_define("I", "true"), shared=shared)
    assert found == [f'the policy has no define "{name}"']


def test_a_shared_define_of_another_type_is_refused_where_it_stands(tiny: Any, criterion_define: Define) -> None:
    shared = tiny.shared.replace("define \"Section\": 'I'", 'define "Section": 1')
    (problem,) = problems(tiny, criterion_define("I", "true"), shared=shared)
    assert (problem.message, problem.found) == ('"Section" is of another type', "System.Integer")
    assert problem.position.line > 1


def test_a_criterion_that_is_no_boolean_is_refused(tiny: Any, criterion_define: Define) -> None:
    (problem,) = problems(tiny, criterion_define("I", "'yes'"))
    assert (problem.message, problem.found, problem.expected) == ('"I" has a @kind', "System.String", "a Boolean")


def test_a_kind_that_no_card_has_is_refused(tiny: Any, criterion_define: Define) -> None:
    (problem,) = problems(tiny, criterion_define("I", "true", "weather"))
    assert (problem.message, problem.found) == ("no such kind", "weather")
    assert "step-therapy" in problem.expected


def test_a_finding_with_an_unknown_indicator_is_refused(tiny: Any, criterion_define: Define) -> None:
    (problem,) = problems(tiny, criterion_define("V.1", "true", finding="alarming"))
    assert (problem.message, problem.found) == ("no such indicator", "alarming")


def test_a_criterion_without_a_title_is_refused(tiny: Any) -> None:
    found = messages(tiny, '// @kind: age\ndefine "I": true')
    assert found == ['"I" has a @kind but no @title']


def test_a_node_of_more_than_names_is_refused_where_it_stops_being_one(tiny: Any, criterion_define: Define) -> None:
    defines = criterion_define("I.A", "true") + criterion_define("I", '"I.A" and "Order".dosesPerDay > 1')
    (problem,) = problems(tiny, defines)
    assert "names only" in problem.message
    assert problem.position.file.endswith("policy.cql")


def test_all_problems_of_a_policy_are_told_at_once_in_the_order_of_the_file(
    tiny: Any, criterion_define: Define
) -> None:
    defines = (
        criterion_define("I.A", "true", "weather")
        + criterion_define("I", '"I.A" and exists ({ 1 })')
        + criterion_define("V.1", "true", finding="alarming")
    )
    found = messages(tiny, defines, tags="// nothing said", shared="")
    assert found[:5] == [
        "the policy has no @policy",
        "the policy has no @title",
        *(f'the policy has no define "{name}"' for name in ("Applies", "Phase", "Section")),
    ]
    assert found[5] == "no such kind"
    assert "names only" in found[6]
    assert found[7:] == ["no such indicator"]


def test_the_problems_of_all_policies_are_told_at_once(tiny: Any, criterion_define: Define, tmp_path: Path) -> None:
    tiny.written(criterion_define("I", "true", "weather"), name="A")
    tiny.written('define "I": tru', name="B")
    with pytest.raises(CqlError) as refused:
        load_policies(tmp_path / "policies", tiny.terminology)
    files = {Path(problem.position.file).parent.name for problem in refused.value.problems}
    assert files == {"A", "B"}


def test_policies_come_by_their_id(tiny: Any, criterion_define: Define, tmp_path: Path) -> None:
    for name, policy_id in (("first", "Z.1"), ("second", "A.1")):
        tags = f"/* @policy: {policy_id}\n@title: A policy */"
        tiny.written(criterion_define("I", "true"), tags=tags, name=name)
    loaded = load_policies(tmp_path / "policies", tiny.terminology)
    assert [policy.id for policy in loaded] == ["A.1", "Z.1"]


def test_a_policy_includes_libraries_of_its_own_folder(tiny: Any, criterion_define: Define) -> None:
    folder = tiny.written(criterion_define("I", 'Local."Holds"'))
    text = (folder / "policy.cql").read_text(encoding="utf-8")
    text = text.replace("codesystem", "include Local version '1' called Local\ncodesystem", 1)
    (folder / "policy.cql").write_text(text, encoding="utf-8")
    local = "library Local version '1'\nusing FHIR version '4.0.1'\ncontext Patient\ndefine \"Holds\": true\n"
    (folder / "Local.cql").write_text(local, encoding="utf-8")
    (policy,) = load_policies(folder.parent, tiny.terminology)
    assert tiny.determination(policy).status == "met"


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_criterion_names_the_define_with_its_limit(tiny: Any, criterion_define: Define) -> None:
    defines = "define \"Recommended\": 16 'mg/kg'\n" + criterion_define("I", "true", "dose", limit="Recommended")
    assert tiny.policy(defines).criteria["I"].limit == "Recommended"


@pytest.mark.parametrize("limit", ["Recommanded", "Phase"])
def test_a_limit_that_is_no_quantity_of_the_policy_is_refused(tiny: Any, criterion_define: Define, limit: str) -> None:
    (problem,) = problems(tiny, criterion_define("I", "true", "dose", limit=limit))
    assert (problem.message, problem.found) == ('@limit of "I"', limit)


@pytest.mark.parametrize("condition", ["Grave", "Limit"])
def test_what_makes_a_criterion_critical_is_a_boolean(tiny: Any, criterion_define: Define, condition: str) -> None:
    defines = "define \"Limit\": 16 'mg/kg'\n" + criterion_define("I", "true", critical=condition)
    (problem,) = problems(tiny, defines)
    assert (problem.message, problem.found) == ('@critical of "I"', condition)


@pytest.mark.parametrize("name", ["Dosing weight", "Dosing body surface area"])
def test_a_body_size_to_count_is_a_quantity(tiny: Any, criterion_define: Define, name: str) -> None:
    tiny.policy(f"define \"{name}\": 70 'kg'\n" + criterion_define("I", "true"))
    assert messages(tiny, f'define "{name}": 70\n' + criterion_define("I", "true")) == [f'"{name}" is of another type']


# --- coverage and guidance -------------------------------------------------------------------------------------------


def test_a_document_is_about_coverage_unless_it_says_that_it_is_guidance(tiny: Any, criterion_define: Define) -> None:
    assert not tiny.policy(criterion_define("I", "true")).is_guidance
    tags = "/* @policy: T.1\n   @title: An article\n   @nature: guidance */"
    assert tiny.policy(criterion_define("I", "true"), tags=tags).is_guidance
    assert messages(tiny, criterion_define("I", "true"), tags=tags.replace("guidance", "advice")) == ["no such @nature"]


def test_the_doses_that_a_product_can_give_are_a_list_of_quantities(tiny: Any, criterion_define: Define) -> None:
    assert messages(tiny, "define \"Orderable doses\": 10 'mg'\n" + criterion_define("I", "true")) == [
        '"Orderable doses" is of another type'
    ]


# --- parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "message", "found"),
    [
        ("Tuple { perDosis System.Quantity }", '"Order" has no such element', "perDosis"),
        ("Tuple { perDose String }", '"Order".perDose is of another type', "System.String"),
        ("Tuple { daysOfCycle List<String> }", '"Order".daysOfCycle is of another type', "System.String"),
        ("Tuple { daysOfCycle Integer }", '"Order".daysOfCycle is of another type', "System.Integer"),
        ("Tuple { weight System.Quantity }", '"Order".weight is of another type', "System.Quantity"),
        ("Tuple { weight Tuple { kilograms Decimal } }", '"Order".weight has no such element', "kilograms"),
        ("String", '"Order" is of another type', "System.String"),
    ],
)
def test_a_parameter_that_is_declared_otherwise_than_it_is_supplied_is_refused(
    tiny: Any, criterion_define: Define, declared: str, message: str, found: str
) -> None:
    head = re.sub(r'parameter "Order" Tuple \{.*?\n\}', f'parameter "Order" {declared}', tiny.head, flags=re.DOTALL)
    shared = 'define "Applies": true\ndefine "Phase": \'initial\'\ndefine "Section": \'I\'\n'
    (problem,) = problems(tiny, criterion_define("I", "true"), head=head, shared=shared)
    assert (problem.message, problem.found) == (message, found)


def test_parameters_of_other_names_are_the_policys_own(tiny: Any, criterion_define: Define) -> None:
    own = 'parameter "Days" Integer default 30\nparameter "Delivered" List<String>\n'
    plan = 'parameter "Health plan" Tuple { id String, state System.String }\n'
    tiny.policy(criterion_define("I", "true"), head=tiny.head.replace("context Patient", f"{own}{plan}context Patient"))
