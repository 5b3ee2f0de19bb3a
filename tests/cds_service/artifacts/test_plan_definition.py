"""A policy as a PlanDefinition: its actions say the same as its criteria."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cds_service.artifacts.expressions import EXPRESSION, IDENTIFIER
from cds_service.artifacts.plan_definition import plan_definition
from cql_like_rules.cql.library import FolderSource, SourceText, compile_text
from cql_like_rules.cql.types import BOOLEAN
from cql_like_rules.policy import LIBRARY, POLICIES, Policy
from cql_like_rules.terminology import Terminology

FOLDERS = sorted(path.parent.name for path in POLICIES.glob("*/policy.cql"))


def plan_of(policy: Policy) -> dict[str, Any]:
    return plan_definition(policy, policy.id, lambda section: None)


def below(action: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield action
    for each in action.get("action", ()):
        yield from below(each)


def actions_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for action in plan["action"]:
        yield from below(action)


def expressions_of(plan: dict[str, Any]) -> Iterator[dict[str, str]]:
    for action in actions_of(plan):
        for condition in action.get("condition", ()):
            yield condition["expression"]


def section(policy: Policy, name: str = "I") -> dict[str, Any]:
    (root,) = plan_of(policy)["action"]
    (found,) = (action for action in root["action"] if action.get("prefix") == name)
    return dict(found)


def applies(action: dict[str, Any]) -> list[str]:
    conditions = (each for each in action["condition"] if each["kind"] == "applicability")
    return [each["expression"]["expression"] for each in conditions]


@pytest.fixture(params=FOLDERS)
def policy(request: pytest.FixtureRequest, policies: tuple[Policy, ...]) -> Policy:
    return next(each for each in policies if each.folder.name == request.param)


def test_every_criterion_and_advisory_has_an_action_with_its_text(policy: Policy) -> None:
    told = {action["prefix"]: action for action in actions_of(plan_of(policy)) if "prefix" in action}
    wanted = {each.name: each for each in (*policy.criteria.values(), *policy.advisories)}
    assert set(told) == set(wanted)
    for name, criterion in wanted.items():
        action = told[name]
        assert action["title"] == criterion.title
        assert action.get("description", "") == criterion.unmet
        assert action.get("textEquivalent", "") == criterion.ask
        assert action["code"] == [{"text": criterion.kind}]


def test_a_criterion_is_told_until_it_is_true_and_an_advisory_when_it_is(policy: Policy) -> None:
    advisories = {each.name for each in policy.advisories}
    for action in actions_of(plan_of(policy)):
        name = action.get("prefix")
        conditions = [(each["kind"], each["expression"]["expression"]) for each in action.get("condition", ())]
        if name in advisories:
            assert conditions == [("applicability", name)]
        elif name:
            assert conditions[-2:] == [("applicability", f'"{name}" is not true'), ("stop", name)]


def test_every_expression_is_cql_of_the_library(policy: Policy, shipped_terminology: Terminology) -> None:
    expressions = list(expressions_of(plan_of(policy)))
    names = {each["expression"] for each in expressions if each["language"] == IDENTIFIER}
    assert names <= set(policy.library.defines)
    assert {each["language"] for each in expressions} == {IDENTIFIER, EXPRESSION}
    written = {each["expression"] for each in expressions if each["language"] == EXPRESSION}
    defines = [f'define "An expression of the plan {number}": {text}' for number, text in enumerate(sorted(written))]
    text = SourceText("plan.cql", "\n".join((policy.library.syntax.source, *defines)))
    library = compile_text(text, FolderSource(policy.folder, LIBRARY), shipped_terminology)
    types = {define.type for name, define in library.defines.items() if name.startswith("An expression of the plan")}
    assert types == {BOOLEAN}


def test_it_names_the_library_at_its_version_and_the_event(policy: Policy) -> None:
    plan = plan_of(policy)
    assert plan["library"] == [f"{policy.url}|{policy.version}"]
    (root,) = plan["action"]
    assert {"type": "named-event", "name": "order-sign"} in root["trigger"]
    assert applies(root) == ["Applies"]


class TestStructures:
    """How criteria combine, on tiny policies."""

    @pytest.fixture
    def plan(self, tiny: Any, criterion_define: Any) -> Any:
        def plan(structure: str, *conditions: str) -> dict[str, Any]:
            leaves = "".join(criterion_define(name, '"Order".dosesPerDay > 1') for name in ("I.1", "I.2", "I.3"))
            shared = "".join(f'define "{name}": "Order".dosesPerDay > 2\n' for name in conditions)
            return section(tiny.policy(leaves + "\n" + shared + criterion_define("I", structure)))

        return plan

    def test_all_of(self, plan: Any) -> None:
        action = plan('"I.1" and "I.2" and "I.3"')
        assert action["selectionBehavior"] == "all"
        assert [each["prefix"] for each in action["action"]] == ["I.1", "I.2", "I.3"]
        assert applies(action) == ["\"Section\" = 'I'", '"I" is not true']

    def test_any_of(self, plan: Any) -> None:
        action = plan('"I.1" or "I.2" is true or "I.3"')
        assert action["selectionBehavior"] == "one-or-more"
        assert [each["prefix"] for each in action["action"]] == ["I.1", "I.2", "I.3"]
        assert applies(action["action"][1]) == ['"I.2" is not true']

    def test_a_group_within_a_group_is_an_action_of_its_own(self, plan: Any) -> None:
        first, group = plan('"I.1" and ("I.2" or "I.3")')["action"]
        assert first["prefix"] == "I.1"
        assert group["title"] == "One of these"
        assert applies(group) == ['("I.2" or "I.3") is not true']
        assert group["condition"][-1] == {
            "kind": "stop",
            "expression": {"language": EXPRESSION, "expression": '"I.2" or "I.3"'},
        }
        assert [each["prefix"] for each in group["action"]] == ["I.2", "I.3"]

    def test_a_guard_lets_go_only_when_it_is_known_to_be_false(self, plan: Any) -> None:
        action = plan('"I.1" and ("Cond" implies "I.2") and "I.3"', "Cond")
        assert applies(action["action"][1]) == ['not ("Cond" is false)', '"I.2" is not true']

    def test_of_a_choice_the_first_that_holds_applies(self, plan: Any) -> None:
        action = plan('case when "A" then "I.1" when "B" then "I.2" else "I.3" end', "A", "B")
        assert [applies(each) for each in action["action"]] == [
            ["A", '"I.1" is not true'],
            ['(not ("A" is true)) and "B"', '"I.2" is not true'],
            ['(not ("A" is true)) and (not ("B" is true))', '"I.3" is not true'],
        ]

    def test_otherwise_after_one_condition(self, plan: Any) -> None:
        action = plan('if "A" is null then null else "I.1" and "I.2"', "A")
        (group,) = action["action"]
        assert applies(group)[0] == 'not (("A" is null) is true)'
        assert "selectionBehavior" not in action

    def test_conditions_and_constants_alone_are_nothing_to_tell(self, plan: Any) -> None:
        action = plan('("I.1" or "I.2") and ("I.1" is null or "A" or null) and (if "A" then false else "I.3")', "A")
        assert [each.get("prefix", each["title"]) for each in action["action"]] == ["One of these", "I.3"]

    def test_what_must_not_be_is_told_until_it_is_false(self, plan: Any) -> None:
        first, second = plan('(not "I.1") and "I.2" is false')["action"]
        assert first["condition"][-1]["expression"] == {"language": EXPRESSION, "expression": 'not "I.1"'}
        assert applies(second) == ['("I.2" is false) is not true']

    def test_a_condition_within_a_condition(self, plan: Any) -> None:
        action = plan('("A" implies "B") implies "I.1"', "A", "B")
        assert applies(action["action"][0])[0] == 'not (("A" implies "B") is false)'
        action = plan('(if "A" then "B" else false) implies "I.1"', "A", "B")
        assert applies(action["action"][0])[0] == 'not (case when "A" then "B" else false end is false)'

    def test_a_node_of_conditions_only_has_no_actions_below(self, tiny: Any, criterion_define: Any) -> None:
        text = criterion_define("I.1", '"Order".dosesPerDay > 1') + criterion_define(
            "I", 'if "I.1" then false else null'
        )
        assert "action" not in section(tiny.policy(text))


class TestWeight:
    @pytest.mark.parametrize(
        ("tags", "priority"),
        [({}, "urgent"), ({"indicator": "critical"}, "stat"), ({"indicator": "info"}, "routine")],
    )
    def test_the_indicator_of_the_card_is_the_priority(
        self, tiny: Any, criterion_define: Any, tags: dict[str, str], priority: str
    ) -> None:
        action = section(tiny.policy(criterion_define("I", '"Order".dosesPerDay > 1', **tags)))
        assert action["priority"] == priority

    def test_the_place_in_the_document_is_told_where_it_is_not_the_number(
        self, tiny: Any, criterion_define: Any
    ) -> None:
        action = section(tiny.policy(criterion_define("I", '"Order".dosesPerDay > 1', source="page 3")))
        assert action["documentation"] == [{"type": "documentation", "label": "page 3"}]


def test_a_section_with_a_form_names_it(tiny: Any, criterion_define: Any) -> None:
    policy = tiny.policy(criterion_define("I", '"Order".dosesPerDay > 1'))
    plan = plan_definition(policy, "T.1", {"I": "https://example.org/Questionnaire/I|1"}.get)
    (root,) = plan["action"]
    assert root["action"][0]["definitionCanonical"] == "https://example.org/Questionnaire/I|1"
