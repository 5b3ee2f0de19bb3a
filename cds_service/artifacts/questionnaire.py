"""Forms as FHIR Questionnaires, and the code system of the answers that can be chosen in them.

Criteria stand in the order of the document. A criterion about which several things are asked is a group of its
questions; there are no groups within groups, so an answer is at most one item down. Whoever fills the form in may
leave anything open: an item without an answer is unknown.

What the record alone may answer is prepopulated by the define of the policy (see `cql_like_rules.questions.facts`).
The rest rests on the order as this service reads it, which no form filler can supply; the service decides it from the
record anyway, so what is asked there is asked only of what the record leaves open.

Sources: FHIR R4, Questionnaire; HL7 Structured Data Capture, expression-based population; Da Vinci DTR, Standard
Questionnaire, Organizing CQL within Questionnaires.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape

from cds_service.artifacts.code_systems import code_system
from cds_service.artifacts.identity import canonical, fhir_id
from cds_service.artifacts.logic_library import effective_period
from cql_like_rules.policy import Policy
from cql_like_rules.questions import Form, Question, forms_of
from cql_like_rules.questions.forms import CHOICE, DISPLAY, QUANTITY

ATTESTATION = canonical("CodeSystem", "attestation")
"""The system of the codes that a question with a choice is answered with."""

CQF_LIBRARY = "http://hl7.org/fhir/StructureDefinition/cqf-library"
INITIAL_EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
LAUNCH_CONTEXT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-launchContext"
ITEM_CONTROL = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
UNIT_OPTION = "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption"

_LAUNCH_CONTEXTS = "http://hl7.org/fhir/uv/sdc/CodeSystem/launchContext"
_ITEM_CONTROLS = "http://hl7.org/fhir/questionnaire-item-control"
_NOT_ASKED = "This is not asked here: it is read from the order and the record."
_HOW = "how-to-answer"
_HOW_TO_ANSWER = "Yes: it is so. No: it is not so. Leave open what you do not know."
_UCUM = "http://unitsofmeasure.org"
_UNITS = {"[lb_av]": "lb", "[in_i]": "in", "m2": "m²"}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]")

Item = dict[str, Any]


def questionnaires_of(policy: Policy, *, newest: bool = True) -> list[dict[str, Any]]:
    """The Questionnaires of one version of a policy, one for each section in which something is asked.

    Their ids are made as those of the policy's other artifacts are.
    """
    return [questionnaire(form, newest=newest) for form in forms_of(policy)]


def questionnaire(form: Form, *, newest: bool = True) -> dict[str, Any]:
    """The Questionnaire of a form. `newest` says whether it is of the newest version of its policy."""
    policy = form.policy
    of_section = policy.criteria[form.section].title
    title = f"{policy.title}: {form.section} {of_section}"
    return {
        "resourceType": "Questionnaire",
        "id": questionnaire_id(form, newest=newest),
        "text": _narrative(title, form.questions),
        **_population(form),
        "url": form.url,
        "version": policy.version,
        "name": _NOT_IN_A_NAME.sub("_", f"{policy.library.name}_{form.section}"),
        "title": title,
        "status": "active",
        "subjectType": ["Patient"],
        **({"publisher": policy.publisher} if policy.publisher else {}),
        "description": "What a clinician may answer where the record does not show whether a criterion is met.",
        **effective_period(policy),
        "item": items_of(form),
    }


def questionnaire_id(form: Form, *, newest: bool) -> str:
    """The id of a form's Questionnaire; that of an earlier version of the policy has the version behind it."""
    return fhir_id(form.id) if newest else fhir_id(form.id, form.policy.version)


def items_of(form: Form) -> list[Item]:
    """The items: how to answer, then a question each, or a group of those about one criterion."""
    by_criterion = groupby(form.questions, key=lambda question: question.criterion)
    items = [_about(form.policy, criterion, list(questions)) for criterion, questions in by_criterion]
    return [{"linkId": _HOW, "text": _HOW_TO_ANSWER, "type": DISPLAY}, *items]


def attestation_code_system(policies: Iterable[Policy]) -> dict[str, Any]:
    """The CodeSystem of the codes that can be chosen, in alphabetical order; none when there is no choice anywhere.

    A code that several questions offer has the words that it has in the first of them.
    """
    questions = (question for policy in policies for form in forms_of(policy) for question in form.questions)
    offered: dict[str, str] = {}
    for question in questions:
        for option in question.options:
            offered.setdefault(option.code, option.display)
    title = "Answers to choose from in the questionnaires of policies"
    return code_system(ATTESTATION, "Attestation", title, dict(sorted(offered.items())))


# --- items -----------------------------------------------------------------------------------------------------------


def _about(policy: Policy, criterion: str, questions: Sequence[Question]) -> Item:
    number = criterion.partition("/")[2]
    if len(questions) == 1:
        return {"linkId": questions[0].link, "prefix": number, **_asked(policy, questions[0])}
    known = policy.criteria.get(number)
    return {
        "linkId": f"{criterion}#questions",
        "prefix": number,
        "text": known.title if known else number,
        "type": "group",
        "item": [{"linkId": question.link, **_asked(policy, question)} for question in questions],
    }


def _asked(policy: Policy, question: Question) -> Item:
    """The item but for its link and prefix."""
    if question.type == DISPLAY:
        return {"text": f"{question.text}. {_NOT_ASKED}", "type": DISPLAY}
    extensions = [*_units(question), *_initial(policy, question)]
    item: Item = {
        **({"extension": extensions} if extensions else {}),
        "text": question.text,
        "type": question.type,
    }
    if question.type == CHOICE:
        item["answerOption"] = [{"valueCoding": _coding(option.code, option.display)} for option in question.options]
    if question.help:
        item["item"] = [_help(question)]
    return item


def _coding(code: str, display: str) -> dict[str, str]:
    return {"system": ATTESTATION, "code": code, "display": display}


def _help(question: Question) -> Item:
    control = {"coding": [{"system": _ITEM_CONTROLS, "code": "help", "display": "Help-Button"}]}
    return {
        "extension": [{"url": ITEM_CONTROL, "valueCodeableConcept": control}],
        "linkId": f"{question.link}#help",
        "text": question.help,
        "type": DISPLAY,
    }


def _units(question: Question) -> list[dict[str, Any]]:
    if question.type != QUANTITY:
        return []
    codings = ({"system": _UCUM, "code": unit, "display": _UNITS.get(unit, unit)} for unit in question.units)
    return [{"url": UNIT_OPTION, "valueCoding": coding} for coding in codings]


# --- prepopulation ---------------------------------------------------------------------------------------------------


def _population(form: Form) -> dict[str, Any]:
    """What a form filler needs to evaluate the expressions of the items; nothing when there are none."""
    if not any(question.define for question in form.questions):
        return {}
    patient = {"system": _LAUNCH_CONTEXTS, "code": "patient", "display": "Patient"}
    context = [{"url": "name", "valueCoding": patient}, {"url": "type", "valueCode": "Patient"}]
    library = f"{form.policy.url}|{form.policy.version}"
    return {
        "extension": [
            {"url": LAUNCH_CONTEXT, "extension": context},
            {"url": CQF_LIBRARY, "valueCanonical": library},
        ]
    }


def _initial(policy: Policy, question: Question) -> list[dict[str, Any]]:
    if not question.define:
        return []
    name = question.define.replace("\\", "\\\\").replace('"', '\\"')
    expression = {
        "description": f"What the record shows of {question.number}",
        "language": "text/cql",
        "expression": f'"{policy.library.name}"."{name}"',
    }
    return [{"url": INITIAL_EXPRESSION, "valueExpression": expression}]


def _narrative(title: str, questions: Iterable[Question]) -> Mapping[str, str]:
    asked = "".join(
        f"<li>{escape(question.number)} {escape(question.text)}</li>" for question in questions if question.is_asked
    )
    return {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(title)}</p><ul>{asked}</ul></div>',
    }
