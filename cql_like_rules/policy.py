"""Policy, Criterion: one published document at one version, read from its CQL library and the tags in it.

A policy folder holds `policy.cql`. Its criteria are the defines tagged `@kind`, named by their number in the document;
how they combine is read from their expressions. Defines tagged `@finding` are advisories: what the prescriber must
know whatever the criteria say. A few defines have names that every policy shares (`Applies`, `Phase`, `Section`, and
optionally `Approval months`, `Approval until`, `Referral`, `Dosing body surface area`, `Dosing weight`,
`Orderable doses`).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.cql.library import CompiledLibrary, FolderSource, SharedLibraries, ValueSets, compile_file
from cql_like_rules.cql.types import ANY, BOOLEAN, QUANTITY, STRING, ListOf, Type
from cql_like_rules.criteria import Structure, names_criteria, structure_of
from cql_like_rules.supplied import problems_of_parameters

POLICIES = Path(__file__).parent / "policies"
LIBRARY = Path(__file__).parent / "library"

KINDS = (
    "documentation",
    "dose",
    "step-therapy",
    "diagnosis",
    "age",
    "regimen",
    "prescriber",
    "duration",
    "concurrent-drug",
    "safety",
    "referral",
)
INDICATORS = ("info", "warning", "critical")
NATURES = ("coverage", "guidance")
"""What a document is: rules of who pays, or recommendations of how to treat. The first is taken when it says none."""

_BEGINNING = datetime.date.min
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

REQUIRED_DEFINES = {"Applies": BOOLEAN, "Phase": STRING, "Section": STRING}
DOSING_SIZES = {"m2": "Dosing body surface area", "kg": "Dosing weight"}
"""The defines, by unit, that tell the body size which a limit is multiplied with where it is not the measured one."""

ORDERABLE_DOSES = "Orderable doses"
"""The define with the doses that the ordered product can give at once (pens, tablets); null for any dose."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """A numbered requirement, or an advisory.

    `id` is document and number (`<document>/I.A.4.b`), `name` the number alone, which is the name of its define.
    `title` says what it requires, `ask` what to supply when it is missing, `unmet` what to tell when it is not met.
    `structure` is how a node combines the criteria below it, None for a leaf. `indicator` is set for advisories, and
    for criteria whose failure weighs more than a warning. `alternative` names the define that holds the drug to use
    instead, `limit` the one that holds the limit (or recommended dose) to tell, where it is not what the dose was
    compared with. `critical` names the define that, when true, makes its failure critical. `drug` is the drug whose
    dose it is about, where that is not the ordered one. `source` is the place in the document, when it is not the
    number.
    """

    id: str
    name: str
    kind: str
    title: str
    ask: str = ""
    unmet: str = ""
    indicator: str = ""
    alternative: str = ""
    limit: str = ""
    drug: str = ""
    critical: str = ""
    source: str = ""
    structure: Structure | None = None

    @property
    def is_node(self) -> bool:
        return self.structure is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """One published document (`id` as printed on it), at one version.

    `title` is what a card shows as its source, `publisher` who wrote the document, `url` the canonical address of the
    policy in this project. `nature` is `coverage` or `guidance`. This version holds from the day `effective` on
    (None: from the beginning) until another one does, or until the end of the day `until` where the document says so.
    """

    id: str
    version: str
    title: str
    publisher: str
    url: str
    library: CompiledLibrary
    criteria: Mapping[str, Criterion]
    advisories: tuple[Criterion, ...]
    nature: str = NATURES[0]
    effective: datetime.date | None = None
    until: datetime.date | None = None

    @property
    def folder(self) -> Path:
        """The folder of `policy.cql`, with the cases and the readings beside it."""
        return Path(self.library.syntax.position.file).parent

    @property
    def is_guidance(self) -> bool:
        """Whether it recommends how to treat; a coverage policy says what is paid for."""
        return self.nature == "guidance"


def load_policy(folder: Path, valuesets: ValueSets, library_folder: Path = LIBRARY) -> Policy:
    """The policy of a folder. Raises CqlError with every problem of its CQL and its tags."""
    return _loaded(folder, valuesets, SharedLibraries(FolderSource(library_folder), valuesets))


def _loaded(folder: Path, valuesets: ValueSets, shared: SharedLibraries) -> Policy:
    return policy_of(compile_file(folder / "policy.cql", FolderSource(folder), valuesets, shared))


def load_policies(folder: Path, valuesets: ValueSets, library_folder: Path = LIBRARY) -> tuple[Policy, ...]:
    """Every version of every policy below a folder, by id, the oldest version of each first.

    Raises CqlError with the problems of all of them. Two folders with the same id and version are one, and so are two
    that take effect on the same day: no order could tell which of them to use.
    """
    policies: list[Policy] = []
    problems: list[Problem] = []
    shared = SharedLibraries(FolderSource(library_folder), valuesets)
    for path in sorted(folder.glob("*/policy.cql")):
        try:
            policies.append(_loaded(path.parent, valuesets, shared))
        except CqlError as error:
            problems.extend(error.problems)
    problems.extend(_not_told_apart(policies))
    if problems:
        # What is wrong with a shared library is wrong with each policy that includes it, and told once.
        raise CqlError(list(dict.fromkeys(problems)))
    return tuple(sorted(policies, key=lambda policy: (policy.id, policy.effective or _BEGINNING, policy.version)))


def _not_told_apart(policies: Iterable[Policy]) -> Iterable[Problem]:
    seen: dict[tuple[str, object], Policy] = {}
    for policy in policies:
        dated = f"date of effect ({policy.effective or 'none'})"
        for what, mark in ((f"version ({policy.version})", policy.version), (dated, policy.effective or _BEGINNING)):
            other = seen.setdefault((policy.id, mark), policy)
            if other is not policy:
                yield Problem(
                    policy.library.syntax.position,
                    f"{policy.id} has this {what} twice",
                    found=f"{other.folder} and {policy.folder}",
                    expected="one folder for each version, each with its own @effective",
                )
                break


def policy_of(library: CompiledLibrary) -> Policy:
    """The policy that a compiled library writes down. Raises CqlError when tags or shared defines are missing."""
    tags = {tag.name: tag.value for tag in library.tags}
    problems = [*_problems_of(library, tags), *problems_of_parameters(library)]
    policy_id = tags.get("policy", "")
    criteria, advisories = _criteria_of(library, policy_id, problems)
    if problems:
        raise CqlError(problems)
    return Policy(
        id=policy_id,
        version=library.version or "",
        title=tags["title"],
        publisher=tags.get("publisher", ""),
        url=f"https://oncology-cds.example/Library/{policy_id}",
        library=library,
        criteria=criteria,
        advisories=advisories,
        nature=tags.get("nature", NATURES[0]),
        effective=_day(tags.get("effective")),
        until=_day(tags.get("until")),
    )


def _problems_of(library: CompiledLibrary, tags: Mapping[str, str]) -> Iterable[Problem]:
    place = library.syntax.position
    for name in ("policy", "title"):
        if name not in tags:
            yield Problem(place, f"the policy has no @{name}", expected=f"a tag @{name} in the comment above `library`")
    if tags.get("nature", NATURES[0]) not in NATURES:
        yield Problem(place, "no such @nature", found=tags["nature"], expected=", ".join(NATURES))
    for name in ("effective", "until"):
        if name in tags and _day(tags[name]) is None:
            yield Problem(place, f"@{name} is no date", found=tags[name], expected="year, month and day: 2026-11-21")
    begin, end = (_day(tags.get(name)) for name in ("effective", "until"))
    if begin is not None and end is not None and end < begin:
        yield Problem(place, "@until is before @effective", found=tags["until"], expected=f"{begin} or later")
    for name, wanted in REQUIRED_DEFINES.items():
        shared = library.defines.get(name)
        if shared is None:
            yield Problem(place, f'the policy has no define "{name}"', expected=f'define "{name}": …')
        elif shared.type not in (wanted, ANY):
            yield Problem(shared.position, f'"{name}" is of another type', found=str(shared.type), expected=str(wanted))
    for define in library.defines.values():
        kind = define.tag("kind")
        if kind is not None and kind not in KINDS:
            yield Problem(define.position, "no such kind", found=kind, expected=", ".join(KINDS))
        if kind is not None and define.type not in (BOOLEAN, ANY):
            yield Problem(define.position, f'"{define.name}" has a @kind', found=str(define.type), expected="a Boolean")
        if kind is not None and not define.tag("title"):
            yield Problem(define.position, f'"{define.name}" has a @kind but no @title', expected="@title: …")
        finding = define.tag("finding")
        if finding is not None and finding not in INDICATORS:
            yield Problem(define.position, "no such indicator", found=finding, expected=", ".join(INDICATORS))
        limit = define.tag("limit")
        if limit is not None and not _is_amount(library, limit):
            yield Problem(define.position, f'@limit of "{define.name}"', found=limit, expected="the name of a Quantity")
        critical = define.tag("critical")
        if critical is not None and not _is_of(library, critical, BOOLEAN):
            yield Problem(
                define.position, f'@critical of "{define.name}"', found=critical, expected="the name of a Boolean"
            )
    doses = library.defines.get(ORDERABLE_DOSES)
    if doses is not None and doses.type not in (ListOf(QUANTITY), ANY):
        yield Problem(
            doses.position, f'"{doses.name}" is of another type', found=str(doses.type), expected=str(ListOf(QUANTITY))
        )
    for name in DOSING_SIZES.values():
        if name in library.defines and not _is_amount(library, name):
            found = library.defines[name]
            yield Problem(found.position, f'"{name}" is of another type', found=str(found.type), expected=str(QUANTITY))


def _day(written: str | None) -> datetime.date | None:
    """The day, None for anything but a date of the calendar in full."""
    if written is None or not _DAY.fullmatch(written):
        return None
    try:
        return datetime.date.fromisoformat(written)
    except ValueError:
        return None


def _is_amount(library: CompiledLibrary, name: str) -> bool:
    return _is_of(library, name, QUANTITY)


def _is_of(library: CompiledLibrary, name: str, wanted: Type) -> bool:
    return name in library.defines and library.defines[name].type in (wanted, ANY)


def _criteria_of(
    library: CompiledLibrary, policy_id: str, problems: list[Problem]
) -> tuple[dict[str, Criterion], tuple[Criterion, ...]]:
    names = {name for name, define in library.defines.items() if define.tag("kind") and not define.tag("finding")}
    criteria: dict[str, Criterion] = {}
    advisories: list[Criterion] = []
    for name, define in library.defines.items():
        kind = define.tag("kind")
        if kind is None:
            continue
        structure = None
        if name in names and names_criteria(define.expression, names):
            try:
                structure = structure_of(define.expression, names)
            except CqlError as error:
                problems.extend(error.problems)
        criterion = Criterion(
            id=f"{policy_id}/{name}",
            name=name,
            kind=kind,
            title=define.tag("title") or "",
            ask=define.tag("ask") or "",
            unmet=define.tag("unmet") or "",
            indicator=define.tag("finding") or define.tag("indicator") or "",
            alternative=define.tag("alternative") or "",
            limit=define.tag("limit") or "",
            drug=define.tag("drug") or "",
            critical=define.tag("critical") or "",
            source=define.tag("source") or "",
            structure=structure,
        )
        if name in names:
            criteria[name] = criterion
        else:
            advisories.append(criterion)
    return criteria, tuple(advisories)
