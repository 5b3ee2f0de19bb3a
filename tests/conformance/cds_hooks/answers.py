"""What is wrong with an answer, as a client of CDS Hooks 2.0 sees it, and as a client of CRD does besides."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from tests.conformance.cds_hooks.coverage_information import (
    URL,
    V_2_0_1,
    V_2_2_1,
    coverage_information_violations,
    read_coverage_information,
    without_coverage_information,
)
from tests.conformance.cds_hooks.exact import Number, blanks, differences

Json = Mapping[str, Any]

ORDER_TYPES = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
CARD_TYPES = frozenset(
    {
        "coverage-info",
        "unsolicited-determ",
        "claim",
        "insurance",
        "limits",
        "network",
        "appropriate-use",
        "cost",
        "therapy-alternatives-opt",
        "therapy-alternatives-req",
        "clinical-reminder",
        "duplicate-therapy",
        "contraindication",
        "guideline",
        "off-guideline",
    }
)
CARD_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/cdshooks-card-type"

_CARD_MEMBERS = frozenset(
    {
        "uuid",
        "summary",
        "detail",
        "indicator",
        "source",
        "suggestions",
        "selectionBehavior",
        "overrideReasons",
        "links",
        "extension",
    }
)
_DOSE_ELEMENTS = frozenset({"dosageInstruction", "dispenseRequest"})


def order_reference(order: Json) -> str:
    return f"{order.get('resourceType')}/{order.get('id')}"


def is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


# CDS Hooks


def hooks_violations(answer: Any, orders: Sequence[Json], *, tidy: bool = True) -> list[str]:
    """What breaks CDS Hooks 2.0 in an answer to these orders.

    With `tidy` nothing may be blank anywhere; otherwise FHIR resources may be, as they echo what was sent.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("cards"), list):
        return ["the answer is no object with a list of cards"]
    found = [f"unknown member {name}" for name in answer if name not in ("cards", "systemActions", "extension")]
    found += [f"blank: {place}" for place in blanks(answer if tidy else without_resources(answer)) if place != "cards"]
    for card in answer["cards"]:
        found += [f"card {card.get('summary')!r}: {problem}" for problem in card_violations(card, orders)]
    for action in answer.get("systemActions", []):
        found += [f"system action: {problem}" for problem in action_violations(action, orders)]
    uuids = [card["uuid"] for card in answer["cards"] if "uuid" in card]
    uuids += [each["uuid"] for card in answer["cards"] for each in card.get("suggestions", []) if "uuid" in each]
    if len(set(uuids)) != len(uuids):
        found.append("two cards or suggestions share a uuid")
    return found


def without_resources(value: Any) -> Any:
    """The value with every FHIR resource replaced by a word."""
    if isinstance(value, dict):
        if "resourceType" in value:
            return "a resource"
        return {name: without_resources(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_resources(member) for member in value]
    return value


def card_violations(card: Json, orders: Sequence[Json]) -> Iterator[str]:
    """What breaks CDS Hooks 2.0 in a card ("Card Attributes", "Source", "Suggestion", "Link")."""
    yield from (f"unknown member {name}" for name in card if name not in _CARD_MEMBERS)
    summary = card.get("summary")
    if not (isinstance(summary, str) and 0 < len(summary) < 140 and "\n" not in summary):
        yield "summary is not one line of less than 140 characters"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield f"indicator is {card.get('indicator')!r}"
    if not isinstance(card.get("detail", "text"), str):
        yield "detail is no text"
    yield from _source_violations(card.get("source"))
    for reason in card.get("overrideReasons", []):
        if not all(isinstance(reason.get(name), str) for name in ("code", "system", "display")):
            yield f"override reason without code, system or display: {reason}"
    yield from _links_violations(card)
    yield from _suggestions_violations(card, orders)


def _source_violations(source: Any) -> Iterator[str]:
    if not isinstance(source, dict) or not isinstance(source.get("label"), str):
        yield "source has no label"
        return
    for name in ("url", "icon"):
        if name in source and not is_web_address(source[name]):
            yield f"source.{name} is no absolute URL"
    topic = source.get("topic")
    if topic is not None and not all(isinstance(topic.get(name), str) for name in ("code", "system")):
        yield "source.topic has no code or system"


def is_web_address(value: Any) -> bool:
    parts = urlsplit(value) if isinstance(value, str) else None
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


def _links_violations(card: Json) -> Iterator[str]:
    for link in card.get("links", []):
        if not isinstance(link.get("label"), str) or not is_web_address(link.get("url")):
            yield f"link without label or URL: {link}"
        if link.get("type") not in ("absolute", "smart"):
            yield f"link of type {link.get('type')!r}"
        if link.get("type") == "absolute" and "appContext" in link:
            yield "appContext on an absolute link"
    addresses = {link.get("url") for link in card.get("links", [])}
    for address in re.findall(r"\]\((https?://[^)\s]+)\)", card.get("detail") or ""):
        if address not in addresses:
            yield f"detail links {address}, and links do not"


def _suggestions_violations(card: Json, orders: Sequence[Json]) -> Iterator[str]:
    suggestions = card.get("suggestions", [])
    if suggestions and card.get("selectionBehavior") not in ("at-most-one", "any"):
        yield f"selectionBehavior is {card.get('selectionBehavior')!r}"
    recommended = [each for each in suggestions if each.get("isRecommended")]
    if card.get("selectionBehavior") == "at-most-one" and len(recommended) > 1:
        yield "several suggestions are recommended, and at most one may be chosen"
    for suggestion in suggestions:
        if not isinstance(suggestion.get("label"), str):
            yield "a suggestion has no label"
        if "actionSelectionBehavior" in suggestion:
            yield "actionSelectionBehavior is not known to every client"
        if not suggestion.get("actions"):
            yield "a suggestion has no actions"
        for action in suggestion.get("actions", []):
            yield from action_violations(action, orders)


def action_violations(action: Json, orders: Sequence[Json]) -> Iterator[str]:
    """What breaks CDS Hooks 2.0 in an action of a suggestion, or in a system action."""
    yield from (
        f"unknown member {name}"
        for name in action
        if name not in ("type", "description", "resource", "resourceId", "extension")
    )
    kind = action.get("type")
    if kind not in ("create", "update", "delete"):
        yield f"an action of type {kind!r}"
        return
    if not isinstance(action.get("description"), str):
        yield "an action without a description"
    references = {order_reference(order) for order in orders}
    if kind == "delete":
        if "resource" in action or not re.fullmatch(r"[A-Z]\w+/[\w.\-]+", str(action.get("resourceId"))):
            yield "a delete needs resourceId as Type/id, and no resource"
        elif action["resourceId"] not in references:
            yield f"a delete of {action['resourceId']}, which is none of the orders"
    elif not isinstance(action.get("resource"), dict) or "resourceType" not in action["resource"]:
        yield f"a {kind} without a resource"
    elif "resourceId" in action:
        yield f"a {kind} with a resourceId"
    elif kind == "update" and order_reference(action["resource"]) not in references:
        yield f"an update of {order_reference(action['resource'])}, which is none of the orders"


# CRD


def crd_violations(answer: Json, orders: Sequence[Json], *, hook: str, versions: Sequence[str]) -> list[str]:
    """What breaks CRD in an answer to these orders, for a client that reads these versions.

    Not looked at is whether every order has its action: that depends on what was asked for.
    """
    found: list[str] = []
    for card in answer["cards"]:
        found += [f"card {card['summary']!r}: {problem}" for problem in _crd_card_violations(card, orders)]
    for action in answer.get("systemActions", []):
        place = f"system action for {order_reference(action.get('resource', {}))}"
        found += [f"{place}: {problem}" for problem in coverage_action_violations(action, orders, versions)]
        if hook == "order-select":
            found += [f"{place}: {problem}" for problem in _early_violations(action["resource"])]
    updated = [order_reference(action["resource"]) for action in answer.get("systemActions", [])]
    if len(set(updated)) != len(updated):
        found.append("an order has several system actions")
    return found


def _crd_card_violations(card: Json, orders: Sequence[Json]) -> Iterator[str]:
    if not is_uuid(card.get("uuid")):
        yield "no uuid"
    topic = card["source"].get("topic", {})
    if topic.get("system") != CARD_TYPE_SYSTEM or topic.get("code") not in CARD_TYPES:
        yield f"the topic is {topic}"
    if topic.get("code") == "coverage-info":
        yield "coverage information as a card"
    if "links" in card and "suggestions" in card:
        yield "links and suggestions on one card"
    if not {"links", "suggestions"} & set(card) and not card.get("detail"):
        yield "instructions without detail"
    yield from _associated_violations(card, orders)
    for suggestion in card.get("suggestions", []):
        if not is_uuid(suggestion.get("uuid")):
            yield "a suggestion has no uuid"
        yield from _alternate_violations(suggestion["actions"], orders)


def _associated_violations(card: Json, orders: Sequence[Json]) -> Iterator[str]:
    """A card names the orders that it is about (CRD 2.2.1, Deviations, "Linking Cards to Requests")."""
    named = card.get("extension", {}).get("davinci-crd.associated-resource")
    references = {order_reference(order) for order in orders}
    if not isinstance(named, list) or not named:
        yield "no associated resource"
    elif not all(set(each) == {"reference"} and each["reference"] in references for each in named):
        yield f"associated with {named}"


def _alternate_violations(actions: Sequence[Json], orders: Sequence[Json]) -> Iterator[str]:
    """Another request is one update, or one delete with one create of the same type, and stays valid."""
    kinds = sorted(action["type"] for action in actions)
    if kinds not in (["update"], ["create", "delete"]):
        yield f"a suggestion of {kinds}"
        return
    for action in actions:
        if action["type"] == "update":
            yield from _update_violations(action["resource"], orders)
        elif action["type"] == "create":
            yield from _create_violations(action["resource"])
            deleted = next(each["resourceId"] for each in actions if each["type"] == "delete")
            if deleted.partition("/")[0] != action["resource"]["resourceType"]:
                yield "what is created is of another type than what is deleted"


def _update_violations(resource: Json, orders: Sequence[Json]) -> Iterator[str]:
    order = next((each for each in orders if order_reference(each) == order_reference(resource)), None)
    if order is None:
        return
    changed = {place.partition(".")[0].partition("[")[0] for place in differences(order, resource)}
    if not changed <= _DOSE_ELEMENTS:
        yield f"an update of another dose changes {sorted(changed - _DOSE_ELEMENTS)}"
    if not changed:
        yield "an update changes nothing"


def _create_violations(resource: Json) -> Iterator[str]:
    for name in ("status", "intent", "subject", "authoredOn", "requester"):
        if name not in resource:
            yield f"a proposed order without {name}"
    if resource.get("status") != "draft":
        yield f"a proposed order with status {resource.get('status')!r}"
    if not any(name.startswith("medication") for name in resource):
        yield "a proposed order without medication"
    yield from validity_violations(resource)


def coverage_action_violations(action: Json, orders: Sequence[Json], versions: Sequence[str]) -> Iterator[str]:
    """What is wrong with an action that brings coverage information, the echo of its order included."""
    if action.get("type") != "update" or "resourceId" in action:
        yield "not an update"
        return
    resource = action["resource"]
    order = next((each for each in orders if order_reference(each) == order_reference(resource)), None)
    if resource.get("resourceType") not in ORDER_TYPES or order is None:
        yield f"{order_reference(resource)} is none of the orders"
        return
    if not read_coverage_information(resource):
        yield "no coverage-information"
    yield from echo_violations(order, resource)
    yield from coverage_information_violations(resource, versions)


def echo_violations(order: Json, resource: Json) -> Iterator[str]:
    """Where the updated order differs from the one that was sent, in anything but our coverage-information.

    What others asserted has to be there still, word by word, and before ours.
    """
    sent = [each for each in order.get("extension") or [] if each.get("url") == URL]
    returned = [each for each in resource.get("extension", []) if each.get("url") == URL]
    ours = {info.coverage for info in read_coverage_information(resource) if info.json not in sent}
    for each in read_coverage_information(order):
        if each.coverage not in ours and each.json not in returned:
            yield f"the coverage-information of {each.coverage} was changed or lost"
    before, after = without_coverage_information(order), without_coverage_information(resource)
    yield from (f"{place} was changed" for place in differences(before, after))
    if [name for name in before if name != "extension"] != [name for name in after if name != "extension"]:
        yield "the order of elements was changed"


def _early_violations(resource: Json) -> Iterator[str]:
    """order-select never asks for documentation (CRD 2.2.1, Hooks, hook-19)."""
    for information in read_coverage_information(resource):
        if {"clinical", "admin"} & set(information.all("doc-needed")):
            yield "documentation is asked for when an order is only selected"
        if information.all("questionnaire"):
            yield "a questionnaire is named when an order is only selected"


def validity_violations(resource: Json) -> Iterator[str]:
    """What FHIR R4 finds wrong with a resource."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(_plain(resource))
    except ValidationError as error:
        yield f"{order_reference(resource)} is not valid: {error.errors(include_url=False)[0]['loc']}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    if isinstance(value, Number):
        return int(value.text) if re.fullmatch(r"-?\d+", value.text) else float(value.text)
    return value


def both_versions(requested: str) -> tuple[str, ...]:
    """The versions whose shape an answer has to have: with 2.2 asked for, only that one."""
    return (V_2_2_1,) if requested == "2.2" else (V_2_0_1, V_2_2_1)
