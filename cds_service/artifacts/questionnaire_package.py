"""`$questionnaire-package`: forms with all that is needed to fill them in, and the draft of an answer to each.

A package is a Bundle: the Questionnaire, a draft QuestionnaireResponse where it is known for whom, and the libraries
and value sets that the prepopulation of the form rests on. Which forms are wanted is told by their addresses, or found
by what the orders are about and what came along of the record: a form is given when it asks for something that is
missing. What was asked for and is not given has its reason in the outcome.

Two things of DTR are not done. Libraries hold CQL and no ELM: nothing here compiles to it. Nothing is prepopulated by
this service: what the record shows is decided from the record, and need not be answered.

Source: Da Vinci DTR 2.2, OperationDefinition questionnaire-package, DTR Questionnaire Package Bundle, DTR Questionnaire
Response; FHIR R4, Bundle and Parameters.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds_service.artifacts.collection import Artifact, Artifacts
from cds_service.artifacts.identity import canonical
from cds_service.artifacts.questionnaire import CQF_LIBRARY
from cds_service.artifacts.questionnaire_request import PackageRequest, read_package_request
from cds_service.cdshooks.orders import Orders
from cds_service.cdshooks.wire import read_json
from cds_service.crd.coverage_information import URL as COVERAGE_INFORMATION
from cds_service.crd.versions import Edition
from cds_service.deciding import PolicyDecider
from cql_like_rules import lenient
from cql_like_rules.questions import form_needed
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology

CONTEXT = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/qr-context"
INTENDED_USE = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition/intendedUse"

_CRD_CODES = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_WITH_AUTHORIZATION = {
    "coding": [{"system": _CRD_CODES, "code": "withpa", "display": "Include in prior authorization"}]
}
_DRAFTS = uuid.uuid5(uuid.NAMESPACE_URL, canonical("QuestionnaireResponse", "draft"))
_EXPANDED_BELOW = 40
"""Value sets with fewer codes are expanded (DTR, oper-15)."""

_NAMES = {Edition.SHARED: ("PackageBundle", "Outcome"), Edition.STU_2_2: ("packagebundle", "outcome")}
"""What the parameters of the answer are called: DTR 2.0.1 and 2.1, and 2.2."""

_NOT_HELD = "There is no questionnaire of this address and version here; GET /fhir/Questionnaire lists those there are."
_NO_CONTEXT = "Nothing is known of this context here. Send the orders: they tell which questionnaires are needed."
_NO_POLICY = "No policy here is about this order: no questionnaire is needed for it."
_NOTHING_OPEN = "What is known of this order leaves nothing open that a questionnaire could answer."
_FAILED = "A rule of the policy could not be evaluated for this order: whether something is to be asked is not known."

Json = Mapping[str, Any]
Recalled = Callable[[str], Sequence[str]]
"""The addresses of the questionnaires that an assertion of CRD named, by its id; none for an unknown one."""


def _nothing_recalled(assertion_id: str) -> Sequence[str]:
    return ()


@dataclass(slots=True)
class _Found:
    """The questionnaires that are wanted, each with the orders it is about; and what is to be said of the rest."""

    packages: dict[str, tuple[Artifact, list[Json]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)

    def add(self, artifact: Artifact, orders: Iterable[Json]) -> None:
        _, about = self.packages.setdefault(f"{artifact.url}|{artifact.version}", (artifact, []))
        about += [order for order in orders if order not in about]

    def say(self, severity: str, code: str, text: str, place: str = "") -> None:
        issue: dict[str, Any] = {"severity": severity, "code": code, "details": {"text": text}}
        self.issues.append({**issue, "expression": [place]} if place else issue)


class QuestionnairePackages:
    """Answers `$questionnaire-package` from the artifacts of the policies.

    `recalled` remembers what was asserted to CRD clients; `edition` is how the answer names its parts.
    """

    def __init__(
        self,
        artifacts: Artifacts,
        decider: PolicyDecider,
        terminology: Terminology,
        *,
        recalled: Recalled = _nothing_recalled,
        edition: Edition = Edition.SHARED,
    ) -> None:
        self._artifacts = artifacts
        self._decider = decider
        self._terminology = terminology
        self._recalled = recalled
        self._bundle_name, self._outcome_name = _NAMES[edition]

    def answer(self, parameters: Any, now: datetime.datetime) -> dict[str, Any]:
        """The Parameters with a Bundle for each questionnaire, and an outcome where there is something to say.

        Raises CallRefused with 400 for a request that cannot be read (see `read_package_request`).
        """
        request = read_package_request(parameters)
        found = self._found(request)
        bundles = [self._bundle(artifact, request, orders, now) for artifact, orders in found.packages.values()]
        parts = [{"name": self._bundle_name, "resource": bundle} for bundle in bundles]
        if found.issues:
            outcome = {"resourceType": "OperationOutcome", "issue": found.issues}
            parts.append({"name": self._outcome_name, "resource": outcome})
        return {"resourceType": "Parameters", "parameter": parts}

    # --- which ones --------------------------------------------------------------------------------------------------

    def _found(self, request: PackageRequest) -> _Found:
        """Those that are named, and only those; else those of the context and those that the orders need."""
        found = _Found()
        orders = list(request.orders.values())
        if request.questionnaires:
            for place, address in request.questionnaires.items():
                self._named(found, address, orders, f"{place}.value")
            return found
        if request.context:
            addresses = [*_asserted(request), *self._recalled(request.context)]
            for address in addresses:
                self._named(found, address, orders)
            if not addresses and not orders:
                found.say("warning", "not-found", _NO_CONTEXT)
        self._needed(found, request)
        return found

    def _named(self, found: _Found, address: str, orders: Iterable[Json], place: str = "") -> None:
        artifact = self._artifacts.by_canonical(address)
        if artifact is None or artifact.type != "Questionnaire":
            found.say("warning", "not-found", _NOT_HELD, place)
        else:
            found.add(artifact, orders)

    def _needed(self, found: _Found, request: PackageRequest) -> None:
        """What the orders need, by the policies that say what is paid for."""
        beside = tuple(dict(order) for order in request.orders.values())
        resources = [*beside, *request.coverages, *request.referenced]
        record = Record(resources, {"Coverage"}, None, self._terminology)
        for place, order in request.orders.items():
            determined = self._decider.determinations(Orders((dict(order),), beside), record)
            determinations = [each for each in determined if not each.policy.is_guidance]
            if not determinations:
                found.say("information", "informational", _NO_POLICY, place)
            for determination in determinations:
                form = form_needed(determination)
                if form is not None:
                    self._named(found, form.canonical, [order])
                elif determination.failures:
                    found.say("warning", "exception", _FAILED, place)
                else:
                    found.say("information", "informational", _NOTHING_OPEN, place)

    # --- packages ----------------------------------------------------------------------------------------------------

    def _bundle(
        self, artifact: Artifact, request: PackageRequest, orders: Sequence[Json], now: datetime.datetime
    ) -> dict[str, Any]:
        questionnaire = read_json(artifact.body)
        resources = [questionnaire, *self._rests_on(questionnaire, now)]
        entries = [{"fullUrl": canonical(each["resourceType"], each["id"]), "resource": each} for each in resources]
        draft = draft_response(questionnaire, request, orders, now)
        if draft is not None:
            seed = "|".join(
                (draft["questionnaire"], *(each["valueReference"]["reference"] for each in _contexts(draft)))
            )
            entries.insert(1, {"fullUrl": uuid.uuid5(_DRAFTS, seed).urn, "resource": draft})
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}

    def _rests_on(self, questionnaire: Json, now: datetime.datetime) -> Iterator[dict[str, Any]]:
        """The libraries that a questionnaire names, all that they depend on, and the value sets, each once."""
        waiting = [each["valueCanonical"] for each in lenient.extensions(questionnaire, CQF_LIBRARY)]
        seen: set[tuple[str, str]] = set()
        while waiting:
            artifact = self._artifacts.by_canonical(waiting.pop(0))
            if artifact is None or (artifact.type, artifact.id) in seen:
                continue
            seen.add((artifact.type, artifact.id))
            resource = read_json(artifact.body)
            if artifact.type == "ValueSet":
                resource = expanded(resource, now)
            waiting += [
                each["resource"] for each in resource.get("relatedArtifact", ()) if each["type"] == "depends-on"
            ]
            yield resource


def draft_response(
    questionnaire: Json, request: PackageRequest, orders: Sequence[Json], now: datetime.datetime
) -> dict[str, Any] | None:
    """An answer with nothing answered yet, that says for whom it is, on which coverage and for which orders.

    None where no patient is known to answer for.
    """
    if not request.subject:
        return None
    about = [reference for each in (*request.coverages, *orders) if (reference := _reference(each))]
    return {
        "resourceType": "QuestionnaireResponse",
        "extension": [
            *({"url": CONTEXT, "valueReference": {"reference": reference}} for reference in about),
            {"url": INTENDED_USE, "valueCodeableConcept": _WITH_AUTHORIZATION},
        ],
        "questionnaire": f"{questionnaire['url']}|{questionnaire['version']}",
        "status": "in-progress",
        "subject": {"reference": request.subject},
        "authored": now.isoformat(timespec="seconds"),
        "item": _unanswered(questionnaire["item"]),
    }


def expanded(value_set: dict[str, Any], now: datetime.datetime) -> dict[str, Any]:
    """The value set with its codes as an expansion, where they are few and each is listed in it; else as it is."""
    included = value_set.get("compose", {}).get("include", [])
    codes = [
        {"system": include["system"], **{name: concept[name] for name in ("code", "display") if name in concept}}
        for include in included
        for concept in include.get("concept", [])
    ]
    is_listed = all("concept" in include for include in included) and "exclude" not in value_set.get("compose", {})
    if not is_listed or not 0 < len(codes) < _EXPANDED_BELOW:
        return value_set
    expansion = {"timestamp": now.isoformat(timespec="seconds"), "total": len(codes), "contains": codes}
    return {**value_set, "expansion": expansion}


def _unanswered(items: Iterable[Json]) -> list[dict[str, Any]]:
    """The items of an answer, nested as the questions are; what is only told has none."""
    drafted: list[dict[str, Any]] = []
    for item in items:
        if item["type"] != "display":
            below = _unanswered(item.get("item", [])) if item["type"] == "group" else []
            drafted.append({"linkId": item["linkId"], "text": item["text"], **({"item": below} if below else {})})
    return drafted


def _contexts(draft: Json) -> list[Any]:
    return lenient.extensions(draft, CONTEXT)


def _reference(resource: Json) -> str:
    identity = lenient.text(resource.get("id"))
    return f"{resource['resourceType']}/{identity}" if identity else ""


def _asserted(request: PackageRequest) -> Iterator[str]:
    """The questionnaires that the orders name for the context, in the answer of CRD that was kept on them."""
    for order in request.orders.values():
        for extension in lenient.extensions(order, COVERAGE_INFORMATION):
            ids = lenient.extensions(extension, "coverage-assertion-id")
            if any(each.get("valueString") == request.context for each in ids):
                named = lenient.extensions(extension, "questionnaire")
                yield from filter(None, (lenient.text(each.get("valueCanonical")) for each in named))
