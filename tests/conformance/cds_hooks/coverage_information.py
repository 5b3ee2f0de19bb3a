"""The extension coverage-information, read as a client of CRD 2.0.1 and as one of CRD 2.2.1 reads it.

Source: StructureDefinition ext-coverage-information of both versions, with the invariants crd-ci-q1 to crd-ci-q9.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

URL = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
TEMPORARY_CODES = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"

V_2_0_1 = "2.0.1"
V_2_2_1 = "2.2.1"

_MANY = 1000
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-extension in one version: its value's name, how often it may be there, and the codes it may have."""

    value: str
    least: int = 0
    most: int = 1
    codes: frozenset[str] = frozenset()


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_COMMON: Mapping[str, Part] = {
    "coverage": Part("valueReference", 1),
    "doc-purpose": Part("valueCode", 0, _MANY, _codes("withpa withclaim withorder retain-doc OTH")),
    "billingCode": Part("valueCoding", 0, _MANY),
    "reason": Part("valueCodeableConcept", 0, _MANY),
    "dependency": Part("valueReference", 0, _MANY),
    "questionnaire": Part("valueCanonical", 0, _MANY),
    "date": Part("valueDate", 1),
    "coverage-assertion-id": Part("valueString", 1),
    "satisfied-pa-id": Part("valueString"),
    "detail": Part("extension", 0, _MANY),
}
PARTS: Mapping[str, Mapping[str, Part]] = {
    V_2_0_1: {
        **_COMMON,
        "covered": Part("valueCode", 1, 1, _codes("covered not-covered conditional")),
        "pa-needed": Part("valueCode", 0, 1, _codes("no-auth auth-needed satisfied performpa conditional")),
        "doc-needed": Part("valueCode", 0, 1, _codes("clinical admin both conditional")),
        "info-needed": Part("valueCode", 0, _MANY, _codes("performer location timeframe contract-window OTH")),
        "contact": Part("valueContactPoint", 0, _MANY),
    },
    V_2_2_1: {
        **_COMMON,
        "covered": Part("valueCode", 1, 1, _codes("covered not-covered conditional indeterminate")),
        "pa-needed": Part(
            "valueCode", 0, 1, _codes("no-auth auth-needed satisfied performpa conditional indeterminate")
        ),
        "doc-needed": Part("valueCode", 0, _MANY, _codes("clinical admin patient conditional indeterminate")),
        "info-needed": Part(
            "valueCode", 0, _MANY, _codes("performer location timeframe contract-window detail-code OTH")
        ),
        "contact": Part("valueContactDetail", 0, _MANY),
        "expiry-date": Part("valueDate"),
    },
}
REASONS = _codes("gold-card no-member-found no-active-coverage coverage-not-found auth-out-network technical")
DETAIL_PARTS: Mapping[str, Mapping[str, int]] = {
    V_2_0_1: {"code": 1, "value": 1, "qualification": 0},
    V_2_2_1: {"category": 1, "code": 1, "value": 1, "qualification": 0},
}
DETAIL_VALUES = frozenset({"valueBoolean", "valueString", "valueUrl", "valueQuantity", "valuePeriod"})


@dataclass(frozen=True, slots=True)
class CoverageInformation:
    """One repetition of the extension: what each sub-extension holds, by its name."""

    json: Mapping[str, Any]
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def all(self, name: str) -> Sequence[Any]:
        return self.values.get(name, ())

    def one(self, name: str) -> Any:
        """The value of a sub-extension; None when it is not there."""
        return next(iter(self.all(name)), None)

    @property
    def coverage(self) -> str:
        """The reference of the coverage that it is about, "" without one."""
        value = self.one("coverage")
        return str(value.get("reference", "")) if isinstance(value, dict) else ""

    @property
    def reason_codes(self) -> list[str]:
        return [coding["code"] for reason in self.all("reason") for coding in reason.get("coding", [])]

    @property
    def reason_texts(self) -> list[str]:
        return [reason.get("text", "") for reason in self.all("reason")]


def read_coverage_information(resource: Mapping[str, Any]) -> list[CoverageInformation]:
    """Every coverage-information of an order."""
    return [_read(each) for each in resource.get("extension") or [] if each.get("url") == URL]


def without_coverage_information(resource: Mapping[str, Any], coverage: str = "") -> dict[str, Any]:
    """The order without coverage-information (of one coverage, or of any), and without an `extension` left empty."""
    kept = [
        each
        for each in resource.get("extension") or []
        if each.get("url") != URL or (coverage and _read(each).coverage != coverage)
    ]
    rest = {name: member for name, member in resource.items() if name != "extension"}
    return {**rest, "extension": kept} if kept else rest


def _read(extension: Mapping[str, Any]) -> CoverageInformation:
    values: dict[str, list[Any]] = {}
    for part in extension.get("extension", []):
        for name, member in part.items():
            if name != "url":
                values.setdefault(part["url"], []).append(member)
    return CoverageInformation(extension, values)


def shape_violations(information: CoverageInformation, version: str) -> Iterator[str]:
    """What is wrong with names, types, numbers and codes of the sub-extensions, in a version of CRD."""
    parts = PARTS[version]
    if set(information.json) != {"url", "extension"}:
        yield f"the extension has other members than url and extension: {sorted(information.json)}"
    for each in information.json["extension"]:
        yield from _part_violations(each, parts, version)
    for name, part in parts.items():
        count = len(information.all(name))
        if not part.least <= count <= part.most:
            yield f"{name} is there {count} times"


def _part_violations(each: Mapping[str, Any], parts: Mapping[str, Part], version: str) -> Iterator[str]:
    name = each["url"]
    if name not in parts:
        yield f"{name} is not defined in CRD {version}"
        return
    part = parts[name]
    if set(each) != {"url", part.value}:
        yield f"{name} has {sorted(set(each) - {'url'})} instead of {part.value}"
        return
    value = each[part.value]
    if part.codes and value not in part.codes:
        yield f"{name} is {value!r}, which CRD {version} does not know"
    yield from _value_violations(name, part.value, value, version)


def _value_violations(name: str, kind: str, value: Any, version: str) -> Iterator[str]:
    if kind == "valueDate" and not (isinstance(value, str) and _DATE.fullmatch(value)):
        yield f"{name} is no date: {value!r}"
    if kind in ("valueCode", "valueString", "valueCanonical") and not (isinstance(value, str) and value.strip()):
        yield f"{name} is no text: {value!r}"
    if kind == "valueCanonical" and not re.fullmatch(r"https?://\S+\|\S+", str(value)):
        yield f"{name} is no canonical with a version: {value!r}"
    if kind == "valueReference" and not re.fullmatch(r"[A-Z]\w+/[\w.\-]+", str(value.get("reference", ""))):
        yield f"{name} refers to {value!r}"
    if name == "coverage" and not str(value.get("reference", "")).startswith("Coverage/"):
        yield f"coverage is no Coverage: {value!r}"
    if name == "reason":
        yield from _reason_violations(value)
    if name == "detail":
        yield from _detail_violations(value, version)


def _reason_violations(reason: Mapping[str, Any]) -> Iterator[str]:
    for coding in reason.get("coding", []):
        if not (coding.get("system") and coding.get("code")):
            yield f"a reason has a coding without system or code: {coding}"
        elif coding["system"] == TEMPORARY_CODES and coding["code"] not in REASONS:
            yield f"a reason has a code that is none of CRD: {coding}"


def _detail_violations(parts: Sequence[Mapping[str, Any]], version: str) -> Iterator[str]:
    names = [part["url"] for part in parts]
    for name, least in DETAIL_PARTS[version].items():
        if not least <= names.count(name) <= 1:
            yield f"detail has {name} {names.count(name)} times"
    for part in parts:
        if part["url"] not in DETAIL_PARTS[version]:
            yield f"detail has {part['url']}, which CRD {version} does not know"
        if part["url"] == "value" and not DETAIL_VALUES & set(part):
            yield f"detail has a value of another type: {part}"


Invariant = Callable[[CoverageInformation], bool]


def _any(information: CoverageInformation, code: str) -> bool:
    """True when covered, pa-needed or doc-needed is this code."""
    return any(code in information.all(name) for name in ("covered", "pa-needed", "doc-needed"))


def _no_authorization_is_open(information: CoverageInformation) -> bool:
    return information.one("pa-needed") in ("satisfied", "no-auth") or information.one("covered") == "not-covered"


INVARIANTS: Mapping[str, Mapping[str, Invariant]] = {
    "Q-1": {
        V_2_0_1: lambda info: not info.all("questionnaire") or bool(info.all("doc-needed")),
        V_2_2_1: lambda info: not info.all("questionnaire") or bool(info.all("doc-needed")),
    },
    "Q-2": {
        V_2_0_1: lambda info: info.one("covered") == "not-covered" or bool(info.all("pa-needed")),
        V_2_2_1: lambda info: info.one("covered") != "not-covered" or not info.all("pa-needed"),
    },
    "Q-3": {
        V_2_0_1: lambda info: not info.all("info-needed") or _any(info, "conditional"),
        V_2_2_1: lambda info: not _any(info, "conditional") or bool(info.all("info-needed")),
    },
    "Q-4": {
        V_2_0_1: lambda info: not _no_authorization_is_open(info) or "withpa" not in info.all("doc-purpose"),
        V_2_2_1: lambda info: not _no_authorization_is_open(info) or "withpa" not in info.all("doc-purpose"),
    },
    "Q-5": {
        V_2_0_1: lambda info: bool(info.all("satisfied-pa-id")) == (info.one("pa-needed") == "satisfied"),
        V_2_2_1: lambda info: bool(info.all("satisfied-pa-id")) == (info.one("pa-needed") == "satisfied"),
    },
    "Q-6": {
        V_2_0_1: lambda info: "OTH" not in info.all("info-needed") or bool(info.all("reason")),
        V_2_2_1: lambda info: "OTH" not in info.all("info-needed") or bool(info.all("reason")),
    },
    "Q-7": {
        V_2_0_1: lambda info: all(text.strip() for text in info.reason_texts),
        V_2_2_1: lambda info: all(text.strip() for text in info.reason_texts),
    },
    "Q-8": {
        V_2_0_1: lambda info: not info.all("doc-purpose") or bool(info.all("reason")),
        V_2_2_1: lambda info: not info.all("doc-purpose") or bool(info.all("reason")),
    },
    "Q-9": {
        V_2_0_1: lambda info: not _any(info, "indeterminate") or bool(info.all("reason")),
        V_2_2_1: lambda info: not _any(info, "indeterminate") or bool(info.all("reason")),
    },
}
"""Each invariant in the reading of either version, which differ for q2 and q3."""


def invariant_violations(information: CoverageInformation, version: str) -> Iterator[str]:
    """The invariants that do not hold in a version's reading."""
    for name, readings in INVARIANTS.items():
        if not readings[version](information):
            yield f"{name} does not hold as CRD {version} reads it"


def ids_violations(information: Sequence[CoverageInformation]) -> Iterator[str]:
    """What is wrong with the ids of several repetitions: one id for each coverage, and no id for two of them."""
    ids: dict[str, set[str]] = {}
    authorizations: dict[str, set[str]] = {}
    for each in information:
        ids.setdefault(each.coverage, set()).update(each.all("coverage-assertion-id"))
        authorizations.setdefault(each.coverage, set()).update(each.all("satisfied-pa-id"))
    for coverage, assertions in ids.items():
        if len(assertions) != 1 or len(authorizations[coverage]) > 1:
            yield f"{coverage} has several ids"
    for found in (ids, authorizations):
        used = [name for names in found.values() for name in names]
        if len(used) != len(set(used)):
            yield "two coverages share an id"


def coverage_information_violations(
    resource: Mapping[str, Any], versions: Sequence[str] = (V_2_0_1, V_2_2_1)
) -> list[str]:
    """What is wrong with the coverage-information of an order in these versions' eyes.

    The invariants are held in both readings whatever was negotiated: what is sent may be read by a third system.
    """
    found: list[str] = []
    information = read_coverage_information(resource)
    for each in information:
        for version in versions:
            found += shape_violations(each, version)
        for version in (V_2_0_1, V_2_2_1):
            found += invariant_violations(each, version)
        if each.all("doc-needed") and not each.all("questionnaire"):
            found.append("doc-needed names no questionnaire (B-3)")
    return [*found, *ids_violations(information)]
