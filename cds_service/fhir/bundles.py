"""What a value that holds FHIR data tells: its resources, whether it is an answer, whether there is more of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cql_like_rules import lenient

_HARMLESS = frozenset({"warning", "information", "success"})
_WHOSE = frozenset({"patient", "subject", "beneficiary"})
"""Search parameters that say whose resources are wanted."""

_NARROWING = frozenset(
    {
        "_content",
        "_filter",
        "_has",
        "_id",
        "_lastUpdated",
        "_list",
        "_profile",
        "_query",
        "_security",
        "_source",
        "_tag",
    }
    | {"_text"}
)
"""Search parameters of all resources that leave some out (FHIR R4, 3.1.1.1); the others say how, not what."""


def resources_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """The resources of a resource, a Bundle or a list of them, OperationOutcomes included; others are passed over."""
    for member in lenient.objects(value):
        if member.get("resourceType") == "Bundle":
            for entry in lenient.objects(member.get("entry")):
                yield from resources_in(entry.get("resource"))
        elif isinstance(member.get("resourceType"), str):
            yield member


def answered_types(value: Any) -> frozenset[str]:
    """The types that were looked for, by what was found: included resources and outcomes were not looked for."""
    found: set[str] = set()
    for member in lenient.objects(value):
        if member.get("resourceType") == "Bundle":
            for entry in lenient.objects(member.get("entry")):
                if lenient.first_object(entry.get("search")).get("mode") not in ("include", "outcome"):
                    found |= answered_types(entry.get("resource"))
        elif isinstance(member.get("resourceType"), str):
            found.add(member["resourceType"])
    return frozenset(found - {"OperationOutcome"})


def is_narrowed(value: Any, asked: str = "") -> bool:
    """True when a Bundle tells, by its `self` link, that less was searched for than was asked.

    `asked` is the query, "" for all of a patient's resources. What a server leaves out of its link it did not heed, so
    that there may be more than was asked for, never less (FHIR R4, 3.1.1.4 self link).
    """
    if not isinstance(value, Mapping) or value.get("resourceType") != "Bundle":
        return False
    links = (link for link in lenient.objects(value.get("link")) if link.get("relation") == "self")
    names = {name for link in links for name in _parameters(lenient.text(link.get("url")))}
    return any(not name.startswith("_") or name in _NARROWING for name in names - _WHOSE - set(_parameters(asked)))


def _parameters(query: str) -> Iterator[str]:
    """The names of the search parameters of a query, without their modifiers."""
    for part in query.partition("?")[2].split("&"):
        name = part.partition("=")[0].partition(":")[0]
        if name:
            yield name


def refusal_in(value: Any) -> bool:
    """True when an OperationOutcome says that the question could not be answered, or not completely.

    One that stands alone always does; among the entries of a Bundle, one with nothing worse than a warning does not,
    as servers add those to good answers (FHIR R4, 3.1.1.7.4 search outcomes).
    """
    if isinstance(value, Mapping) and value.get("resourceType") == "OperationOutcome":
        return True
    return any(_is_refusal(each) for each in resources_in(value) if each.get("resourceType") == "OperationOutcome")


def is_readable(value: Any) -> bool:
    """True for a resource, and for a Bundle whose entries are there: with neither entries nor a count, none exist.

    A Bundle that only counts, or whose entries are no objects, does not tell what there is.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("resourceType"), str):
        return False
    if value["resourceType"] != "Bundle":
        return True
    entry, total = value.get("entry"), value.get("total")
    if not entry:
        return entry in (None, []) and not (isinstance(total, int) and total > 0)
    return bool(lenient.objects(entry))


def next_page(bundle: Mapping[str, Any]) -> str | None:
    """The address of the page that follows this Bundle; None when it is the last, or no Bundle."""
    if bundle.get("resourceType") != "Bundle":
        return None
    links = (link for link in lenient.objects(bundle.get("link")) if link.get("relation") == "next")
    return next((text for link in links if (text := lenient.text(link.get("url")))), None)


def _is_refusal(outcome: Mapping[str, Any]) -> bool:
    issues = lenient.objects(outcome.get("issue"))
    return not issues or any(lenient.text(issue.get("severity")) not in _HARMLESS for issue in issues)
