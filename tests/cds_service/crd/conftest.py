"""What the tests of CRD share: the invariants of the extension, a coverage, and a call taken through all its steps."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhirpathpy import compile as fhirpath

from cds_service.cdshooks.envelope import HookRequest, OrderDispatchRequest, OrderSelectRequest, OrderSignRequest
from cds_service.cdshooks.orders import Orders
from cds_service.commands.loading import loaded
from cds_service.crd import CrdCall, PrimaryCoverage, crd_answer, no_forms, primary_coverage, read_crd
from cds_service.crd.assertions import Forms
from cds_service.crd.coverage_information import URL
from cds_service.decision import Decision, Question
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import gather
from cds_service.settings import Settings
from cql_like_rules.record import Record, RecordNote

EXAMPLES = Path(__file__).parents[3] / "fhir_examples" / "order-sign"
REQUESTS = {
    "order-sign": OrderSignRequest,
    "order-select": OrderSelectRequest,
    "order-dispatch": OrderDispatchRequest,
}
TODAY = datetime.date(2026, 11, 21)

# The invariants of the extension on its JSON: those of 2.2.1, those of 2.0.1, and what both say of cardinalities.
_HAS = "extension.where(url='{}').exists()"
_IS = "extension.where(url='{}' and valueCode='{}').exists()"
_SOMETHING_IS = "extension.where((url='covered' or url='pa-needed' or url='doc-needed') and valueCode='{}').exists()"
INVARIANTS: Mapping[str, str] = {
    "questionnaires come with doc-needed (q1)": f"{_HAS} implies {_HAS}".format("questionnaire", "doc-needed"),
    "not covered, no authorization (q2)": f"{_IS} implies {_HAS}.not()".format("covered", "not-covered", "pa-needed"),
    "anything else, some word on authorization (q2 of 2.0.1)": f"{_IS} or {_HAS}".format(
        "covered", "not-covered", "pa-needed"
    ),
    "something conditional, information needed (q3)": f"{_SOMETHING_IS} implies {_HAS}".format(
        "conditional", "info-needed"
    ),
    "information needed, something conditional (q3 of 2.0.1)": f"{_HAS} implies {_SOMETHING_IS}".format(
        "info-needed", "conditional"
    ),
    "authorized, nothing to document for it (q4)": f"({_IS} or {_IS} or {_IS}) implies {_IS}.not()".format(
        *("pa-needed", "satisfied", "pa-needed", "no-auth", "covered", "not-covered", "doc-purpose", "withpa")
    ),
    "authorized if and only if there is a number (q5)": f"{_IS} = {_HAS}".format(
        "pa-needed", "satisfied", "satisfied-pa-id"
    ),
    "information of another kind is explained (q6)": f"{_IS} implies {_HAS}".format("info-needed", "OTH", "reason"),
    "reasons have words (q7)": "extension.where(url='reason').all(valueCodeableConcept.text.exists())",
    "a purpose is explained (q8)": f"{_HAS} implies {_HAS}".format("doc-purpose", "reason"),
    "what could not be determined is explained (q9)": f"{_SOMETHING_IS} implies {_HAS}".format(
        "indeterminate", "reason"
    ),
    **{
        f"exactly one {url}": f"extension.where(url='{url}').count() = 1"
        for url in ("coverage", "covered", "date", "coverage-assertion-id")
    },
    **{
        f"at most one {url}": f"extension.where(url='{url}').count() <= 1"
        for url in ("pa-needed", "doc-needed", "satisfied-pa-id", "expiry-date")
    },
    "a coverage is a Coverage": "extension.where(url='coverage').valueReference.reference.startsWith('Coverage/')",
    "details have a category, a code and a value": "extension.where(url='detail').all("
    "extension.where(url='category').count() = 1 and extension.where(url='code').count() = 1"
    " and extension.where(url='value').count() = 1)",
}
_CHECKS = {name: fhirpath(expression) for name, expression in INVARIANTS.items()}

# The codes that both versions have, and what 2.2 adds.
_CODES = {
    "covered": {"covered", "not-covered", "conditional"},
    "pa-needed": {"no-auth", "auth-needed", "satisfied", "performpa", "conditional"},
    "doc-needed": {"clinical", "admin", "conditional"},
    "doc-purpose": {"withpa", "withclaim", "withorder", "retain-doc", "OTH"},
    "info-needed": {"performer", "location", "timeframe", "contract-window", "OTH"},
}
_CODES_OF_2_2 = dict.fromkeys(("covered", "pa-needed", "doc-needed"), ("indeterminate",))
_SHARED = {*_CODES, "coverage", "reason", "questionnaire", "date", "coverage-assertion-id", "satisfied-pa-id"}
_OF_2_2 = {"detail", "expiry-date"}


def broken(extension: Mapping[str, Any], version: str) -> list[str]:
    """What is wrong with a coverage-information extension in the reading of a version; [] when nothing is."""
    return list(_broken(json.dumps(_shape(extension)), version))


def _shape(value: Any, key: str = "") -> Any:
    """The extension with every value that no invariant looks at made the same, so that each shape is checked once."""
    if isinstance(value, Mapping):
        return {name: _shape(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_shape(member) for member in value]
    if key == "reference":
        return str(value).partition("/")[0] + "/x"
    return value if key in ("url", "valueCode") or not value else "x"


@cache
def _broken(written: str, version: str) -> tuple[str, ...]:
    extension = json.loads(written)
    problems = [name for name, check in _CHECKS.items() if check(extension) != [True]]
    urls = _SHARED | _OF_2_2 if version == "2.2" else _SHARED
    codes = {
        url: {*values, *(_CODES_OF_2_2.get(url, ()) if version == "2.2" else ())} for url, values in _CODES.items()
    }
    for part in extension["extension"]:
        if part["url"] not in urls:
            problems.append(f"{part['url']} is not of this version")
        if "valueCode" in part and part["valueCode"] not in codes.get(part["url"], ()):
            problems.append(f"{part['url']}: {part['valueCode']} is not of this version")
    return tuple(problems)


def coverage_json(identity: str = "c", **elements: Any) -> dict[str, Any]:
    payor = [{"reference": "Organization/o", "display": "Pelican Health"}]
    return {"resourceType": "Coverage", "id": identity, "status": "active", "payor": payor, **elements}


@pytest.fixture
def broken_invariants() -> Callable[[Mapping[str, Any], str], list[str]]:
    return broken


@pytest.fixture
def a_coverage() -> Callable[..., dict[str, Any]]:
    """A Coverage of these elements, active and paid for by Pelican Health."""
    return coverage_json


@pytest.fixture
def notes_on() -> Callable[[Mapping[str, Any]], list[dict[str, Any]]]:
    """The coverage-information extensions of an order."""

    def notes_on(order: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [each for each in order.get("extension", ()) if isinstance(each, dict) and each.get("url") == URL]

    return notes_on


@pytest.fixture
def said() -> Callable[[Mapping[str, Any]], dict[str, list[Any]]]:
    """What an extension says, by the names of its parts."""

    def said(extension: Mapping[str, Any]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for part in extension["extension"]:
            value = part.get("extension") or next(part[key] for key in part if key.startswith("value"))
            found.setdefault(part["url"], []).append(value)
        return found

    return said


class Crd:
    """Takes a call through all the steps of CRD, with the policies that come with the service."""

    def __init__(self) -> None:
        self.loaded = loaded(Settings())

    def read(self, body: Mapping[str, Any], *, strict: bool = True, **settings: Any) -> CrdCall | None:
        return read_crd(self.request(body), Settings(dev=True, **settings), strict=strict)

    def request(self, body: Mapping[str, Any]) -> HookRequest:
        return REQUESTS[body["hook"]].model_validate(body)

    def answer(
        self,
        body: Mapping[str, Any],
        *,
        forms: Forms = no_forms,
        notes: Sequence[RecordNote] = (),
        coverage: PrimaryCoverage | None = None,
        today: datetime.date = TODAY,
        strict: bool = True,
        **settings: Any,
    ) -> Decision:
        chosen = Settings(dev=True, **settings)
        request = self.request(body)
        call = read_crd(request, chosen, strict=strict)
        assert call is not None
        gathered = gather(request, self.loaded.wanted, Deadline.after(1), chosen, self.loaded.terminology)
        orders = gathered.orders
        primary = coverage or primary_coverage(call, gathered.record, orders.asked, chosen)
        question = Question(request, orders, gathered.record, (*gathered.notes, *notes))
        return crd_answer(call, primary, question, self.loaded.decider.decide(question), forms, today)

    def question(self, body: Mapping[str, Any], *orders: dict[str, Any], notes: Sequence[RecordNote] = ()) -> Question:
        """What a decider is asked about these orders, with nothing on record."""
        return Question(self.request(body), Orders(orders, orders), Record(()), notes)


@pytest.fixture(scope="session")
def crd() -> Crd:
    return Crd()


@pytest.fixture
def with_extension() -> Callable[..., dict[str, Any]]:
    """A request with these members in its `extension`, by their names behind `davinci-crd.`."""

    def with_extension(request: Mapping[str, Any], **members: Any) -> dict[str, Any]:
        extension = {**request.get("extension", {}), **{f"davinci-crd.{name}": each for name, each in members.items()}}
        return {**request, "extension": extension}

    return with_extension
