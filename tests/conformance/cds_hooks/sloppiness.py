"""What careless clients do to a request that changes nothing of what it says."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = dict[str, Any]
Change = Callable[[Json], Json]

ELSEWHERE = "http://records.example.com/r4/"
_STAY_LISTS = ("contained", "entry")
_UNITS = {"ug": "mcg", "ug/m2": "mcg/m2", "ug/kg": "mcg/kg"}


def resources(request: Json) -> Iterator[Json]:
    """Every order and every resource of the prefetch, not those contained."""
    bundles = [request["context"].get("draftOrders"), *request.get("prefetch", {}).values()]
    for value in bundles:
        if isinstance(value, dict) and value.get("resourceType") == "Bundle":
            yield from (entry["resource"] for entry in value.get("entry", []))
        elif isinstance(value, dict):
            yield value


def everywhere(value: Any, change: Callable[[Json], Json]) -> Any:
    """The value with every object changed, from the inside out."""
    if isinstance(value, dict):
        return change({name: everywhere(member, change) for name, member in value.items()})
    if isinstance(value, list):
        return [everywhere(member, change) for member in value]
    return value


def micrograms_as_mcg(request: Json) -> Json:
    """Units as clinicians write them, without a system."""

    def change(value: Json) -> Json:
        if "value" in value and isinstance(value.get("code"), str) and value["code"] in _UNITS:
            return {"value": value["value"], "unit": _UNITS[value["code"]]}
        return value

    return dict(everywhere(request, change))


def nulls(request: Json) -> Json:
    """Null for elements that there are not."""
    for each in resources(request):
        for name in ("note", "extension", "basedOn", "language", "implicitRules"):
            each.setdefault(name, None)
    request["extension"] = None
    return request


def members_of_their_own(request: Json) -> Json:
    """Members that nobody knows, in every object of the envelope and of every resource."""
    request |= {"vendorTrace": {"a": 1}}
    request["context"]["vendorUnit"] = "7b"
    for each in resources(request):
        each["vendorFlag"] = {"set": True, "by": [1, None]}
    return request


def absolute_references(request: Json) -> Json:
    """References to a base that is not the FHIR server's."""

    def change(value: Json) -> Json:
        reference = value.get("reference")
        if isinstance(reference, str) and "/" in reference and "://" not in reference and not reference.startswith("#"):
            return {**value, "reference": ELSEWHERE + reference}
        return value

    return dict(everywhere(request, change))


def versioned_references(request: Json) -> Json:
    """References to a version of a resource."""

    def change(value: Json) -> Json:
        reference = value.get("reference")
        if isinstance(reference, str) and reference.count("/") == 1 and not reference.startswith("#"):
            return {**value, "reference": f"{reference}/_history/3"}
        return value

    return dict(everywhere(request, change))


def plain_bundles(request: Json) -> Json:
    """Bundles without type and total, entries without fullUrl and search."""

    def change(value: Json) -> Json:
        if value.get("resourceType") == "Bundle":
            value = {name: member for name, member in value.items() if name not in ("type", "total", "link")}
        if "resource" in value and "fullUrl" in value:
            value = {"resource": value["resource"]}
        return value

    return dict(everywhere(request, change))


def one_for_a_list(request: Json) -> Json:
    """An object where FHIR has an array with one."""

    def change(value: Json) -> Json:
        if "resourceType" not in value:
            return value
        return {
            name: member[0]
            if isinstance(member, list) and len(member) == 1 and isinstance(member[0], dict) and name not in _STAY_LISTS
            else member
            for name, member in value.items()
        }

    return dict(everywhere(request, change))


def amounts_in_quotes(request: Json) -> Json:
    """Numbers as text."""

    def change(value: Json) -> Json:
        if isinstance(value.get("value"), int | float) and "unit" in value:
            return {**value, "value": str(value["value"])}
        return value

    return dict(everywhere(request, change))


def keys_of_their_own(request: Json) -> Json:
    """Prefetch under keys that nobody asked for; a key without content keeps its name, as nothing else tells of it."""
    prefetch = request["prefetch"]
    renamed = {
        (f"my_{key}" if (value or {}).get("entry") or (value or {}).get("resourceType") != "Bundle" else key): value
        for key, value in prefetch.items()
    }
    return {**request, "prefetch": renamed}


def codes_without_dots(request: Json) -> Json:
    """ICD-10-CM without dots."""

    def change(value: Json) -> Json:
        if value.get("system") == "http://hl7.org/fhir/sid/icd-10-cm" and "code" in value:
            return {**value, "code": value["code"].replace(".", "")}
        return value

    return dict(everywhere(request, change))


def upper_case_ids(request: Json) -> Json:
    """The UUID of the call in capitals."""
    return {**request, "hookInstance": request["hookInstance"].upper()}


def entries_in_reverse(request: Json) -> Json:
    """Bundles of the prefetch in another order."""
    for value in request["prefetch"].values():
        if isinstance(value, dict) and "entry" in value:
            value["entry"] = value["entry"][::-1]
    return request


CHANGES: Mapping[str, Change] = {
    change.__name__: change
    for change in (
        micrograms_as_mcg,
        nulls,
        members_of_their_own,
        absolute_references,
        versioned_references,
        plain_bundles,
        one_for_a_list,
        amounts_in_quotes,
        keys_of_their_own,
        codes_without_dots,
        upper_case_ids,
        entries_in_reverse,
    )
}


def sloppy(request: Json, *names: str) -> Json:
    """The request with these changes, in the order of CHANGES."""
    changed = copy.deepcopy(request)
    for name, change in CHANGES.items():
        if name in names:
            changed = change(changed)
    return changed
