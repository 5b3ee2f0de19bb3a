"""An EHR's record of one patient: it fills prefetch templates, and answers as a FHIR server.

Source: CDS Hooks 2.0, "Prefetch Template"; CDS Hooks 3.0, "Simpler FHIRPath", which clients of CRD 2.2.1 have to parse.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import responses

Json = dict[str, Any]

SERVER = "https://ehr.example.org/fhir"
TOKEN = "token-of-this-call"

_TOKEN = re.compile(r"\{\{(.+?)\}\}")
_STEP = re.compile(r"([%A-Za-z_][\w\-]*)(?:\(([^)]*)\))?(?:\.|$)")
_SIMPLE = re.compile(r"\s*(?:context\.\w+|user(?:Practitioner|PractitionerRole|Patient|RelatedPerson)Id)\s*")
_PATIENT_KEYS = ("subject", "patient", "beneficiary", "for")


class Unfillable(Exception):
    """A template that this client cannot fill: it leaves the key out."""


class Ehr:
    """The resources of one patient's record, with those that they refer to."""

    def __init__(self, resources: Sequence[Json]) -> None:
        self._resources: dict[str, Json] = {}
        for each in resources:
            self._resources.setdefault(f"{each['resourceType']}/{each['id']}", each)

    @property
    def all(self) -> list[Json]:
        return list(self._resources.values())

    def store(self, resource: Json) -> None:
        self._resources[f"{resource['resourceType']}/{resource['id']}"] = resource

    def read(self, reference: str) -> Json | None:
        return self._resources.get("/".join(reference.rstrip("/").split("/")[-2:]))

    def search(self, query: str) -> Json:
        """A searchset; `_id`, `patient`, `status` and `_include` are understood, other parameters passed over."""
        type_name, _, text = query.partition("?")
        given = {name: values[-1] for name, values in parse_qs(text).items()}
        found = [each for each in self._resources.values() if each["resourceType"] == type_name]
        if "_id" in given or "_id=" in text:
            found = [each for each in found if each["id"] in given.get("_id", "").split(",")]
        for name in ("patient", "subject"):
            if name in given:
                found = [each for each in found if _is_of(each, given[name])]
        if "status" in given:
            found = [each for each in found if each.get("status") in given["status"].split(",")]
        entries = [_entry(each, "match") for each in found]
        if "_include" in given:
            path = given["_include"].rpartition(":")[2]
            referred = [self.read(reference) for each in found for reference in _references(each.get(path))]
            entries += [_entry(each, "include") for each in referred if each is not None]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": entries}

    # Prefetch

    def prefetch(self, templates: Mapping[str, str], context: Json, *, simple: bool, empty: str) -> Json:
        """What a client sends for these templates.

        `simple` clients know the tokens of CDS Hooks 2.0 only and leave other keys out. `empty` is what is sent for a
        search without a match: "null" (CDS Hooks 2.0) or "bundle" (3.0).
        """
        filled: Json = {}
        for key, template in templates.items():
            try:
                query = self.query(template, context, filled, simple=simple)
            except Unfillable:
                continue
            if "?" not in query:
                filled[key] = self.read(query)
            else:
                bundle = self.search(query)
                filled[key] = None if empty == "null" and not bundle["entry"] else bundle
        return filled

    def query(self, template: str, context: Json, filled: Json, *, simple: bool = False) -> str:
        """A template with its tokens replaced. Raises Unfillable when this client cannot."""

        def value(match: re.Match[str]) -> str:
            if simple and not _SIMPLE.fullmatch(match[1]):
                raise Unfillable(match[1])
            values = list(self._evaluated(match[1], context, filled))
            if not values and _SIMPLE.fullmatch(match[1]):
                raise Unfillable(match[1])
            return ",".join(dict.fromkeys(values))

        return _TOKEN.sub(value, template)

    def _evaluated(self, expression: str, context: Json, filled: Json) -> Iterator[str]:
        for alternative in expression.split("|"):
            nodes = self._walked(alternative.strip(), context, filled)
            yield from (node for node in nodes if isinstance(node, str))

    def _walked(self, path: str, context: Json, filled: Json) -> list[Any]:
        steps = list(_STEP.finditer(path))
        assert "".join(step[0] for step in steps) == path, f"not a path of simpler FHIRPath: {path}"
        first = steps[0][1]
        if first == "context":
            nodes: list[Any] = [context]
        elif first.startswith("%"):
            nodes = [filled[first[1:]]] if filled.get(first[1:]) else []
        elif first.startswith("user"):
            nodes = [_user_id(context.get("userId", ""), first)]
        else:
            raise AssertionError(f"a path begins with {first}: {path}")
        for step in steps[1:]:
            if step[2] is None:
                nodes = [child for node in nodes for child in _children(node, step[1])]
            else:
                nodes = [child for node in nodes for child in self._applied(step[1], step[2], node)]
        return nodes

    def _applied(self, function: str, argument: str, node: Any) -> Iterator[Any]:
        if function == "ofType":
            if isinstance(node, dict) and node.get("resourceType") == argument:
                yield node
        elif function == "resolve":
            reference = node.get("reference") if isinstance(node, dict) else node
            resource = self.read(reference) if isinstance(reference, str) and "#" not in reference else None
            if resource is not None:
                yield resource
        else:
            raise AssertionError(f"{function}() is not in simpler FHIRPath")

    # FHIR server

    def serve(self, mock: responses.RequestsMock) -> None:
        """Answers reads and searches below SERVER, to those who bring the token."""
        mock.add_callback(responses.GET, re.compile(re.escape(SERVER) + "/.*"), self._answered)

    def _answered(self, request: Any) -> tuple[int, dict[str, str], str]:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {}, ""
        parts = urlsplit(request.url)
        path = unquote(parts.path.removeprefix(urlsplit(SERVER).path + "/"))
        if "/" in path:
            found = self.read(path)
            return (404, {}, "") if found is None else (200, {}, json.dumps(found))
        return 200, {}, json.dumps(self.search(f"{path}?{parts.query}"))


def record_of(request: Json) -> Ehr:
    """The record that an example brings in its prefetch, with what is contained in its Bundles."""
    found: list[Json] = []
    for value in request["prefetch"].values():
        if value is not None:
            entries = [entry["resource"] for entry in value.get("entry", [])]
            found += entries if value["resourceType"] == "Bundle" else [value]
    ehr = Ehr(copy.deepcopy([each for each in found if "id" in each]))
    for each in found:
        ehr_adds_practitioner(ehr, each)
    return ehr


def ehr_adds_practitioner(ehr: Ehr, role: Json) -> None:
    """A role's practitioner, whom examples only name: a person without qualifications."""
    reference = (
        role.get("practitioner", {}).get("reference", "") if role.get("resourceType") == "PractitionerRole" else ""
    )
    if reference and ehr.read(reference) is None:
        ehr.store({"resourceType": "Practitioner", "id": reference.rpartition("/")[2], "active": True})


def _entry(resource: Json, mode: str) -> Json:
    return {
        "fullUrl": f"{SERVER}/{resource['resourceType']}/{resource['id']}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _is_of(resource: Json, patient: str) -> bool:
    references = [reference for key in _PATIENT_KEYS for reference in _references(resource.get(key))]
    return any(reference.rpartition("/")[2] == patient.rpartition("/")[2] for reference in references)


def _references(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each["reference"] for each in values if isinstance(each, dict) and "reference" in each]


def _children(node: Any, name: str) -> Iterator[Any]:
    if not isinstance(node, dict):
        return
    chosen = [key for key in node if key == name or (key.startswith(name) and key[len(name)].isupper())]
    for key in chosen:
        yield from node[key] if isinstance(node[key], list) else [node[key]]


def _user_id(user: str, token: str) -> str | None:
    wanted = token.removeprefix("user").removesuffix("Id")
    kind, _, identity = user.rpartition("/")
    return identity if kind.rpartition("/")[2] == wanted else None
