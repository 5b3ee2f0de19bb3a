"""Policies as FHIR PlanDefinitions: when an order is signed, what to tell for each criterion that is not met.

One action for each section, below it one for each criterion, combined as the policy combines them. An action applies
while its criterion is false or null, and stops when it is true. Its `prefix` is the number in the document, `title`
what is required, `description` what is told when it is not met, `textEquivalent` what to supply when it is missing.

Sources: FHIR R4, PlanDefinition (eca-rule) and TriggerDefinition (a hook of CDS Hooks is a named event); HL7's map from
the indicator of a card to the priority of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from cds_service.artifacts.expressions import expression_of, identifier, is_section, not_yet
from cds_service.artifacts.identity import canonical
from cds_service.artifacts.logic_library import NATURES, PATIENTS, effective_period
from cql_like_rules.criteria import AllOf, AnyOf, Choice, Guarded, Name, Negation, Structure, Test, names_of
from cql_like_rules.policy import Criterion, Policy

HOOKS = ("order-sign", "order-dispatch")
"""The hooks at which every criterion is told; `order-select` only warns early of some."""

_EVENT_CONDITION_ACTION = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/plan-definition-type", "code": "eca-rule"}]
}
_PRIORITIES = {"info": "routine", "warning": "urgent", "critical": "stat"}
_GROUPS = {AllOf: ("All of these", "all"), AnyOf: ("One of these", "one-or-more")}

Action = dict[str, Any]
Expression = Mapping[str, Any]
Questionnaires = Callable[[str], str | None]
"""The canonical address of the Questionnaire for a section; None when nothing is asked in it."""


def plan_definition(policy: Policy, identity: str, questionnaires: Questionnaires) -> dict[str, Any]:
    """The PlanDefinition of one version of a policy, with that id."""
    actions = _Actions(policy, questionnaires)
    return {
        "resourceType": "PlanDefinition",
        "id": identity,
        "url": canonical("PlanDefinition", policy.id),
        "version": policy.version,
        "name": policy.library.name,
        "title": policy.title,
        "type": _EVENT_CONDITION_ACTION,
        "status": "active",
        "subjectCodeableConcept": PATIENTS,
        **({"publisher": policy.publisher} if policy.publisher else {}),
        "description": NATURES[policy.nature],
        **effective_period(policy),
        "relatedArtifact": [{"type": "derived-from", "label": policy.id, "display": policy.title}],
        "library": [f"{policy.url}|{policy.version}"],
        "action": [
            {
                "title": policy.title,
                "trigger": [{"type": "named-event", "name": hook} for hook in HOOKS],
                "condition": [_applies(identifier("Applies"))],
                "action": [*actions.sections(), *actions.advisories()],
            }
        ],
    }


class _Actions:
    """The actions of a policy. A criterion that stands in several places has an action in each."""

    def __init__(self, policy: Policy, questionnaires: Questionnaires) -> None:
        self._policy = policy
        self._questionnaires = questionnaires

    def sections(self) -> list[Action]:
        """An action for each criterion that no other rests on, in the order of the document."""
        criteria = self._policy.criteria
        below = {name for each in criteria.values() if each.structure for name in names_of(each.structure)}
        return [self._section(name) for name in criteria if name not in below]

    def advisories(self) -> list[Action]:
        """What is told whatever the criteria say: an action that applies when its define is true."""
        return [
            {**_told(advisory), "condition": [_applies(identifier(advisory.name))]}
            for advisory in self._policy.advisories
        ]

    def _section(self, name: str) -> Action:
        action = self._criterion(name, Name(name, True), [is_section(name)])
        questionnaire = self._questionnaires(name)
        return {**action, **({"definitionCanonical": questionnaire} if questionnaire else {})}

    def _criterion(self, name: str, wanted: Structure, guards: Sequence[Expression]) -> Action:
        """The action for a criterion; `wanted` is what is asked of it, nearly always that it is true."""
        criterion = self._policy.criteria[name]
        action = {**_told(criterion), "condition": _conditions(wanted, guards)}
        return action if criterion.structure is None else {**action, **self._parts(criterion.structure)}

    def _parts(self, structure: Structure) -> Action:
        """The elements of an action that hold the parts of a structure, and how these combine."""
        if isinstance(structure, AllOf | AnyOf):
            below = self._each(structure.parts)
            behaviour = {"groupingBehavior": "logical-group", "selectionBehavior": _GROUPS[type(structure)][1]}
            return {**behaviour, "action": below} if below else {}
        below = self._of(structure)
        return {"action": below} if below else {}

    def _each(self, parts: Iterable[Structure], guards: Sequence[Expression] = ()) -> list[Action]:
        return [action for part in parts for action in self._of(part, guards)]

    def _of(self, structure: Structure, guards: Sequence[Expression] = ()) -> list[Action]:
        """The actions for a part of a criterion, which apply only where the guards hold; none for bare conditions."""
        match structure:
            case Name(name, True) | Test(Name(name, True), True | False) | Negation(Name(name, True)):
                wanted = Name(name, True) if isinstance(structure, Test) and structure.expected is True else structure
                return [self._criterion(name, wanted, guards)]
            case AllOf() | AnyOf():
                parts = self._parts(structure)
                title = _GROUPS[type(structure)][0]
                return [{"title": title, "condition": _conditions(structure, guards), **parts}] if parts else []
            case Guarded(condition, part):
                return self._of(part, [*guards, expression_of(Negation(Test(condition, False)))])
            case Choice():
                return self._choice(structure, guards)
        return []

    def _choice(self, choice: Choice, guards: Sequence[Expression]) -> list[Action]:
        actions: list[Action] = []
        earlier: tuple[Structure, ...] = ()
        for condition, part in choice.branches:
            applies = AllOf((*earlier, condition)) if earlier else condition
            actions += self._of(part, [*guards, expression_of(applies)])
            earlier = (*earlier, Negation(Test(condition, True)))
        otherwise = earlier[0] if len(earlier) == 1 else AllOf(earlier)
        return actions + self._of(choice.otherwise, [*guards, expression_of(otherwise)])


def _told(criterion: Criterion) -> Action:
    source = {"type": "documentation", "label": criterion.source}
    members = {
        "prefix": criterion.name,
        "title": criterion.title,
        "description": criterion.unmet,
        "textEquivalent": criterion.ask,
        "priority": _PRIORITIES[criterion.indicator or "warning"],
        "code": [{"text": criterion.kind}],
        "documentation": [source] if criterion.source else [],
    }
    return {name: value for name, value in members.items() if value}


def _conditions(wanted: Structure, guards: Sequence[Expression]) -> list[dict[str, Any]]:
    stop = {"kind": "stop", "expression": expression_of(wanted)}
    return [*map(_applies, guards), _applies(not_yet(wanted)), stop]


def _applies(expression: Expression) -> dict[str, Any]:
    return {"kind": "applicability", "expression": dict(expression)}
