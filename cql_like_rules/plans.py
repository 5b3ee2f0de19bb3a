"""Health plans: which plan pays, told by the payer that the record names.

Payers are not told apart by FHIR itself: a coverage names an organization, and what plan that is, who runs it and for
whom, is knowledge of whoever operates the service. Here that knowledge meets the record, and the rules are given the
plan as their parameter "Health plan".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cql_like_rules import lenient
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.element import Element
from cql_like_rules.lenient import Json
from cql_like_rules.record import Record

HEALTH_PLAN = "Health plan"
"""The name of the parameter."""

HEALTH_PLAN_TYPE_CQL = """\
Tuple {
    id String,
    name String,
    affiliation String,
    lineOfBusiness String,
    state String
}"""
"""The CQL type of the parameter. A policy may declare the elements that it uses, by these names and types."""

_FIELDS = {
    "id": "id",
    "name": "name",
    "affiliation": "affiliation",
    "lineOfBusiness": "line_of_business",
    "state": "state",
}

_PERSONS = ("Patient/", "RelatedPerson/")
_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """A plan that is known: who runs it (`affiliation`), its line of business and its state ("" where it has several).

    `line_of_business` is `Medicaid`, `HIM`, `Commercial` or `Other`, `state` the two letters of a US state.
    """

    id: str
    name: str
    affiliation: str
    line_of_business: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class PlanPayers:
    """A plan with the names and identifiers (`system|value`) that payers have in coverages of it."""

    plan: HealthPlan
    names: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paying:
    """The plan that pays, None where it is not known, and the Coverages and Organizations (`Type/id`) that tell it."""

    plan: HealthPlan | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Payer:
    """One payer of one coverage: what it is called and known by, where that stands, and the rank of the coverage.

    `identifiers` are `system|value` in the form of `plain_identifier`. All but `sources` may be empty.
    """

    names: tuple[str, ...]
    identifiers: tuple[str, ...]
    sources: tuple[str, ...]
    rank: int | None


class HealthPlans:
    """The plans that are known."""

    def __init__(self, known: Iterable[PlanPayers] = ()) -> None:
        self._by_identifier: dict[str, HealthPlan] = {}
        self._by_name: list[tuple[str, HealthPlan]] = []
        for payers in known:
            for identifier in payers.identifiers:
                self._by_identifier[plain_identifier(identifier)] = payers.plan
            for name in (payers.plan.name, *payers.names):
                self._by_name.append((name_words(name), payers.plan))
        # A longer name says more: `Some Health of Louisiana` before `Some Health`.
        self._by_name.sort(key=lambda entry: -len(entry[0]))

    def paying(self, record: Record) -> Paying:
        """The plan that pays for the patient of the record: that of the coverage in force.

        Of several coverages that of the lowest `order` counts. None where the payer is not among the known ones, and
        where coverages of the same rank have different payers.
        """
        payers = _payers(record)
        first = min((payer.rank for payer in payers if payer.rank is not None), default=None)
        deciding = [payer for payer in payers if payer.rank == first] if first is not None else payers
        plans = {self._plan_of(payer) for payer in deciding}
        return Paying(
            plan=plans.pop() if len(plans) == 1 else None,
            sources=tuple(dict.fromkeys(source for payer in deciding for source in payer.sources)),
        )

    def _plan_of(self, payer: Payer) -> HealthPlan | None:
        for identifier in payer.identifiers:
            if identifier in self._by_identifier:
                return self._by_identifier[identifier]
        names = [name_words(name) for name in payer.names]
        return next((plan for known, plan in self._by_name if any(known in name for name in names)), None)


def plan_parameter(paying: Paying) -> Tuple | None:
    """The value of the parameter "Health plan"; its elements are null for an unknown plan, it is null without a payer.

    The coverage and its payer are the sources of the tuple, so that a trace names them.
    """
    if paying.plan is None and not paying.sources:
        return None
    plan = paying.plan or HealthPlan("", "", "")
    return Tuple({name: getattr(plan, field) or None for name, field in _FIELDS.items()}, paying.sources)


def plan_of_json(json: Mapping[str, Any]) -> HealthPlan:
    """The plan that a case gives, with the elements of the parameter. Raises ValueError for one that does not exist."""
    unknown = sorted(set(json) - set(_FIELDS))
    if unknown:
        raise ValueError(f"a plan has no {', '.join(unknown)}; it has {', '.join(_FIELDS)}")
    return HealthPlan(**{field: lenient.text(json.get(name)) for name, field in _FIELDS.items()})


def _payers(record: Record) -> list[Payer]:
    """The payers of the coverages in force, in the order of the record; a coverage without one has an unknown payer."""
    payers: list[Payer] = []
    for coverage in record.retrieve("Coverage"):
        if _in_force(coverage):
            rank = lenient.whole_number(coverage.json.get("order"))
            payers += payers_of(coverage, record) or [Payer((), (), (coverage.reference,), rank)]
    return payers


def _in_force(coverage: Element) -> bool:
    return lenient.text(coverage.json.get("status")) in ("", "active")


def payers_of(coverage: Element, record: Record) -> list[Payer]:
    """The organizations that pay for a Coverage, in its order; [] when it names none. People who pay are passed over.

    An Organization is looked up in the record and among what the Coverage contains.
    """
    return list(_of(coverage, record, lenient.whole_number(coverage.json.get("order"))))


def _of(coverage: Element, record: Record, rank: int | None) -> Iterator[Payer]:
    for payor in lenient.objects(coverage.json.get("payor")):
        reference = lenient.text(payor.get("reference"))
        if (lenient.relative_reference(reference) or "").startswith(_PERSONS):
            continue
        found = record.find(reference, within=coverage)
        organization = found if found is not None and found.type == "Organization" else None
        yield Payer(
            names=tuple(_names(payor, organization)),
            identifiers=tuple(_identifiers(payor, organization)),
            sources=tuple(dict.fromkeys([coverage.reference, *([organization.reference] if organization else [])])),
            rank=rank,
        )


def _names(payor: Json, organization: Element | None) -> Iterator[str]:
    written = [payor.get("display")]
    if organization is not None:
        written = [organization.json.get("name"), *lenient.items(organization.json.get("alias")), *written]
    yield from (text for name in written if (text := lenient.text(name)))


def _identifiers(payor: Json, organization: Element | None) -> Iterator[str]:
    known = lenient.objects(organization.json.get("identifier")) if organization is not None else []
    for identifier in (*lenient.objects(payor.get("identifier")), *known):
        value = lenient.text(identifier.get("value"))
        if value:
            yield plain_identifier(f"{lenient.text(identifier.get('system'))}|{value}")


@lru_cache(maxsize=4096)
def name_words(name: str) -> str:
    """The words of a name between blanks, without capitals, accents and punctuation: one is in another word by word."""
    plain = unicodedata.normalize("NFKD", name).replace("&", " and ")
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return f" {' '.join(_NOT_A_WORD.sub(' ', letters.casefold()).split())} "


def plain_identifier(identifier: str) -> str:
    """`system|value` as it is compared: without capitals, blanks around it and a slash behind the system."""
    system, _, value = identifier.rpartition("|")
    return f"{system.strip().rstrip('/').casefold()}|{value.strip().casefold()}"
