"""What the public CRD server test suite asserts of discovery, calls and answers, in code of our own.

Source: the davinci-crd test kit of Inferno, suites for CRD 2.0.1 and 2.2.1, read for what is asserted and by which
numbers; validation by profile, which needs a Java validator, is done with FHIR R4 models here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.conformance.cds_hooks.answers import ORDER_TYPES, validity_violations
from tests.conformance.cds_hooks.coverage_information import URL, ids_violations, read_coverage_information

Json = dict[str, Any]
Errors = Iterator[str]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NEEDS_SYSTEM_ACTIONS = frozenset({"appointment-book", "order-sign", "order-dispatch"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came back."""

    request: Json
    status: int
    body: bytes

    @property
    def answer(self) -> Json:
        value = json.loads(self.body)
        return value if isinstance(value, dict) else {}


@dataclass(slots=True)
class Run:
    """All exchanges of one hook, and what the suite makes of them."""

    hook: str
    exchanges: Sequence[Exchange]
    cards: list[Json] = field(init=False)
    actions: list[Json] = field(init=False)

    def __post_init__(self) -> None:
        self.cards = [card for each in self.exchanges for card in each.answer.get("cards", [])]
        self.actions = [action for each in self.exchanges for action in each.answer.get("systemActions", [])]

    def errors(self, number: str) -> list[str] | None:
        """What a test of the group (`05`, `11`) finds wrong; None when it has nothing to look at, and is skipped."""
        return TESTS[number](self)


def _blank(value: Any) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _typed(value: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Errors:
    """A member has to be there, of this type and not blank."""
    if name not in value or not isinstance(value[name], kind) or _blank(value[name]):
        yield f"{name} is not a filled {kind}: {value.get(name)!r}"


def _reference(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Z]\w+/[A-Za-z0-9.\-]+", value) is not None


# Discovery: 1.02, 1.03; the last two of the suite for 2.2.1


def discovery_errors(status: int, body: bytes) -> Errors:
    """1.02, 1.03: 200, JSON, and services with what they have to have."""
    if status != 200:
        yield f"status {status}"
    for service in json.loads(body)["services"]:
        for name in ("hook", "description", "id"):
            yield from _typed(service, name, str)


def version_errors(service: Json) -> Errors:
    """A CRD service declares versions, each as text of two numbers."""
    versions = service.get("extension", {}).get("davinci-crd.version")
    if not isinstance(versions, list) or not versions:
        yield f"{service['id']} declares no version"
        return
    yield from (f"version {each!r}" for each in versions if not re.fullmatch(r"[1-9]\d*\.\d+", str(each)))


def option_errors(service: Json) -> Errors:
    """A service of a primary hook can be configured, at least for coverage information; nothing is there twice."""
    options = service.get("extension", {}).get("davinci-crd.configuration-options") or []
    if "coverage-info" not in [option.get("code") for option in options]:
        yield f"{service['id']} has no option for coverage information"
    for option in options:
        for name in ("code", "type", "name", "description"):
            yield from _typed(option, name, str)
        if "default" not in option:
            yield f"{option['code']} has no default"
    for name in ("code", "name", "description"):
        values = [option.get(name) for option in options]
        if len(set(values)) != len(values):
            yield f"{service['id']}: two options have the same {name}"


def standard_form(query: str) -> tuple[str, tuple[str, ...], str]:
    """A prefetch query without what may differ: the names of other keys, and the order of alternatives."""
    match = re.fullmatch(r"(.*?)\{\{(.*)\}\}(.*)", query)
    if match is None:
        return query, (), ""
    alternatives = {re.sub(r"%[A-Za-z][\w\-]*", "%key", each) for each in match[2].split("|")}
    return match[1], tuple(sorted(alternatives)), match[3]


# Requests: x.01 to x.04, which judge the tester's own bodies


def _call_errors(run: Run) -> list[str]:
    found = [f"status {each.status}" for each in run.exchanges if each.status != 200]
    return found + [f"no JSON object: {each.body[:40]!r}" for each in run.exchanges if not each.answer]


def _required_errors(run: Run) -> list[str]:
    found: list[str] = []
    for request in (each.request for each in run.exchanges):
        found += [
            *_typed(request, "hook", str),
            *_typed(request, "hookInstance", str),
            *_typed(request, "context", dict),
        ]
        if not _UUID.fullmatch(request["hookInstance"]) or request["hook"] != run.hook:
            found.append("hook or hookInstance")
        if "fhirAuthorization" in request and "fhirServer" not in request:
            found.append("fhirAuthorization without fhirServer")
    return found


def _context_errors(run: Run) -> list[str]:
    found: list[str] = []
    for context in (each.request["context"] for each in run.exchanges):
        if "/" in context["patientId"] or "/" in context.get("encounterId", ""):
            found.append("an id with a slash")
        if run.hook == "order-dispatch":
            orders = [context["order"]] if "order" in context else context["dispatchedOrders"]
            found += [f"reference {each}" for each in [*orders, context["performer"]] if not _reference(each)]
            continue
        if context["userId"].partition("/")[0] not in ("Practitioner", "PractitionerRole"):
            found.append(f"user {context['userId']}")
        drafts = [entry["resource"] for entry in context["draftOrders"]["entry"]]
        if not all(each["resourceType"] in ORDER_TYPES and each.get("id") for each in drafts):
            found.append("a draft that is no order, or without an id")
        found += [problem for each in drafts for problem in validity_violations(each)]
        references = {f"{each['resourceType']}/{each['id']}" for each in drafts}
        if not references.issuperset(context.get("selections", [])):
            found.append("a selection that is no draft")
    return found


def _optional_errors(run: Run) -> list[str]:
    found: list[str] = []
    for request in (each.request for each in run.exchanges):
        for name, kind in (("fhirServer", str), ("fhirAuthorization", dict), ("prefetch", dict)):
            if name in request:
                found += _typed(request, name, kind)
        authorization = request.get("fhirAuthorization")
        if authorization:
            for name in ("access_token", "token_type", "scope", "subject"):
                found += _typed(authorization, name, str)
            found += _typed(authorization, "expires_in", int)
    return found


# Answers: x.05 and x.06


def _answer_errors(run: Run) -> list[str]:
    found: list[str] = []
    for answer in (each.answer for each in run.exchanges):
        if not isinstance(answer.get("cards"), list):
            found.append("cards is no array")
            continue
        for card in answer["cards"]:
            found += _card_errors(card)
        actions = answer.get("systemActions")
        if actions is None and run.hook in _NEEDS_SYSTEM_ACTIONS:
            found.append("no systemActions")
        elif actions is not None and not isinstance(actions, list):
            found.append("systemActions is no array")
        for action in actions or []:
            found += _action_errors(action)
    return found


def _card_errors(card: Json) -> Errors:
    yield from _typed(card, "summary", str)
    yield from _typed(card, "indicator", str)
    yield from _typed(card, "source", dict)
    if len(card["summary"]) >= 140:
        yield "a summary of 140 characters or more"
    if card["indicator"] not in ("info", "warning", "critical"):
        yield f"indicator {card['indicator']}"
    yield from _typed(card["source"], "label", str)
    yield from _typed(card["source"], "topic", dict)
    yield from _typed(card["source"]["topic"], "code", str)
    yield from _typed(card["source"]["topic"], "system", str)


def _action_errors(action: Json) -> Errors:
    yield from _typed(action, "type", str)
    yield from _typed(action, "description", str)
    if action["type"] not in ("create", "update", "delete"):
        yield f"an action of type {action['type']}"
    elif action["type"] == "delete":
        if not _reference(action.get("resourceId")):
            yield f"resourceId {action.get('resourceId')!r}"
    else:
        yield from validity_violations(action["resource"])


def _optional_card_errors(run: Run) -> list[str] | None:
    found: list[str] = []
    kinds = {"uuid": str, "detail": str, "suggestions": list, "overrideReasons": list, "links": list}
    for card in run.cards:
        for name in kinds.keys() & card:
            found += _typed(card, name, kinds[name])
        if card.get("suggestions") and card.get("selectionBehavior") not in ("at-most-one", "any"):
            found.append("no selectionBehavior")
        for reason in card.get("overrideReasons", []):
            for name in ("code", "system", "display"):
                found += _typed(reason, name, str)
        for link in card.get("links", []):
            found += _link_errors(link)
        for suggestion in card.get("suggestions", []):
            found += _typed(suggestion, "label", str)
            found += _typed(suggestion, "actions", list)
            for action in suggestion["actions"]:
                found += _action_errors(action)
    return found if run.cards else None


def _link_errors(link: Json) -> Errors:
    for name in ("label", "type", "url"):
        yield from _typed(link, name, str)
    if link["type"] not in ("absolute", "smart") or not urlsplit(link["url"]).netloc:
        yield f"link {link}"
    if link["type"] == "absolute" and link.get("appContext"):
        yield "appContext on an absolute link"


# Types of answers: x.07 to x.15


def external_references(run: Run) -> list[Json]:
    """Cards whose links are all absolute."""
    return [
        card for card in run.cards if card.get("links") and all(each["type"] == "absolute" for each in card["links"])
    ]


def instructions(run: Run) -> list[Json]:
    """Cards with neither links nor suggestions."""
    return [card for card in run.cards if not card.get("links") and not card.get("suggestions")]


def coverage_actions(run: Run) -> list[Json]:
    """System actions that bring coverage information to an order."""
    return [
        action
        for action in run.actions
        if action.get("resource", {}).get("resourceType") in ORDER_TYPES
        and any(each.get("url") == URL for each in action["resource"].get("extension", []))
    ]


def _external_errors(run: Run) -> list[str] | None:
    return [problem for card in external_references(run) for problem in _card_errors(card)] or (
        [] if external_references(run) else None
    )


def _smart_errors(run: Run) -> list[str] | None:
    smart = [card for card in run.cards if any(link["type"] == "smart" for link in card.get("links", []))]
    return None if not smart else ["an app is launched, of which nothing is known here"]


def _instructions_errors(run: Run) -> list[str] | None:
    found = instructions(run)
    return [problem for card in found for problem in _card_errors(card)] if found else None


def _received_errors(run: Run) -> list[str] | None:
    return [] if coverage_actions(run) else ["no coverage information"]


def _coverage_errors(run: Run) -> list[str] | None:
    found: list[str] = []
    for action in coverage_actions(run):
        if action["type"] != "update":
            found.append("coverage information that is no update")
        found += [
            *validity_violations(action["resource"]),
            *ids_violations(read_coverage_information(action["resource"])),
        ]
    return found


def _orders_of(exchange: Exchange) -> set[str]:
    context = exchange.request["context"]
    if "draftOrders" not in context:
        return set(context.get("dispatchedOrders") or [context["order"]])
    return {
        f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in context["draftOrders"]["entry"]
    }


def _alternate_errors(run: Run) -> list[str] | None:
    found: list[str] = []
    looked_at = False
    for exchange in run.exchanges:
        orders = _orders_of(exchange)
        for card in exchange.answer["cards"]:
            for suggestion in card.get("suggestions", []):
                kinds = {action["type"] for action in suggestion["actions"]}
                if "update" in kinds or {"create", "delete"} <= kinds:
                    looked_at = True
                    found += _changed_errors(suggestion["actions"], orders)
    return found if looked_at else None


def _changed_errors(actions: Sequence[Json], orders: set[str]) -> Errors:
    created = {action["resource"]["resourceType"] for action in actions if action["type"] == "create"}
    for action in actions:
        if action["type"] == "delete":
            if action["resourceId"] not in orders or action["resourceId"].partition("/")[0] not in created:
                yield f"a delete of {action['resourceId']}"
        else:
            resource = action["resource"]
            yield from validity_violations(resource)
            if action["type"] == "update" and f"{resource['resourceType']}/{resource['id']}" not in orders:
                yield f"an update of {resource['id']}"


def _creates(run: Run, type_names: Collection[str]) -> list[Json]:
    """The cards all of whose actions create resources of these types, with what they create."""
    found: list[Json] = []
    for card in run.cards:
        actions = [action for suggestion in card.get("suggestions", []) for action in suggestion["actions"]]
        if actions and all(
            each["type"] == "create" and each["resource"]["resourceType"] in type_names for each in actions
        ):
            found += [each["resource"] for each in actions]
    return found


def _additional_errors(run: Run) -> list[str] | None:
    created = _creates(run, ORDER_TYPES)
    return [problem for each in created for problem in validity_violations(each)] if created else None


def _form_errors(run: Run) -> list[str] | None:
    tasks = _creates(run, ["Task", "Questionnaire"])
    return None if not tasks else ["a task to fill in a form, where DTR is to be had"]


def _coverage_record_errors(run: Run) -> list[str] | None:
    changed = [
        action["resource"] for action in run.actions if action.get("resource", {}).get("resourceType") == "Coverage"
    ]
    return None if not changed else [problem for each in changed for problem in validity_violations(each)]


TESTS: Mapping[str, Callable[[Run], list[str] | None]] = {
    "01": _call_errors,
    "02": _required_errors,
    "03": _context_errors,
    "04": _optional_errors,
    "05": _answer_errors,
    "06": _optional_card_errors,
    "07": _external_errors,
    "08": _smart_errors,
    "09": _instructions_errors,
    "10": _received_errors,
    "11": _coverage_errors,
    "12": _alternate_errors,
    "13": _additional_errors,
    "14": _form_errors,
    "15": _coverage_record_errors,
}
"""The tests of a hook's group by their numbers, as order-sign has them."""

MAY_BE_SKIPPED = frozenset({"07", "08", "09", "12", "13", "14", "15"})
"""What may find nothing to look at in one hook; 07 and 09 have to be seen in some hook (3.7.01, 3.7.02)."""
