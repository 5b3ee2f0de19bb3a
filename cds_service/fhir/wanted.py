"""What is wanted of a record: what to search for, and which references to follow, as the policies need it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from cql_like_rules.cql.errors import CqlError, Problem
from cql_like_rules.cql.requirements import DataRequirement
from cql_like_rules.cql.syntax import Position

from .needs import reference_keys
from .prefetch import RESOURCE_TYPES, Template, crd_templates, fillable, templates_for
from .searches import REFERRED_TO


@dataclass(frozen=True, slots=True)
class Wanted:
    """`templates` by prefetch key are what a client is asked for, `fetched` what is searched for where it was not sent.

    `references` are by resource type the keys whose references are followed.
    """

    templates: Mapping[str, Template] = field(default_factory=dict)
    fetched: Mapping[str, Template] = field(default_factory=dict)
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def wanted_for(requirements: Iterable[DataRequirement]) -> Wanted:
    """What brings the required resources.

    Raises CqlError where a rule retrieves resources that nothing brings: it would find none for any patient.
    """
    needed = tuple(requirements)
    problems = [_no_way(requirement) for requirement in needed if not _can_be_had(requirement.type)]
    if problems:
        raise CqlError(problems)
    templates = templates_for(each.type for each in needed)
    return Wanted(templates, templates, reference_keys(needed))


def wanted_with(wanted: Wanted, told: frozenset[str]) -> Wanted:
    """The same for a hook whose context has these members: what they cannot fill is not asked for."""
    return replace(wanted, templates=fillable(wanted.templates, told))


def wanted_by_crd(plain: Wanted, hook: str) -> Wanted:
    """The same, asked for as Da Vinci CRD asks for it."""
    return replace(plain, templates=crd_templates(plain.templates, hook))


def _can_be_had(type_name: str) -> bool:
    return type_name in RESOURCE_TYPES or type_name in REFERRED_TO


def _no_way(requirement: DataRequirement) -> Problem:
    return Problem(
        requirement.positions[0] if requirement.positions else Position("", 1, 1),
        f"no {requirement.type} can be fetched: it can neither be searched for by patient nor is it referred to",
        hint="what is missing for it belongs into cds_service/fhir/searches.py",
    )
