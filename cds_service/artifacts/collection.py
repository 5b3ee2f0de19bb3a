"""Everything that is served, by type and id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cds_service.artifacts.code_systems import override_reasons
from cds_service.artifacts.identity import policy_id
from cds_service.artifacts.logic_library import included_in, library_of_included, library_of_policy
from cds_service.artifacts.plan_definition import plan_definition
from cds_service.artifacts.questionnaire import attestation_code_system, questionnaires_of
from cds_service.cdshooks.wire import write_json
from cql_like_rules.policy import Policy
from cql_like_rules.questions import form_for
from cql_like_rules.requirements import data_requirements_library
from cql_like_rules.terminology import Terminology
from cql_like_rules.versions import PolicyVersions

_TOLD = ("url", "version", "name", "title", "status")


@dataclass(frozen=True, slots=True)
class Artifact:
    """One resource as it is sent; "" for what it does not tell of itself."""

    type: str
    id: str
    body: bytes = field(repr=False)
    url: str = ""
    version: str = ""
    name: str = ""
    title: str = ""
    status: str = ""

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Artifact:
        """The artifact that a resource is."""
        told = {name: str(resource.get(name, "")) for name in _TOLD}
        return cls(resource["resourceType"], resource["id"], write_json(resource), **told)


class Artifacts:
    """Artifacts by type and id. Raises ValueError when two have both in common."""

    def __init__(self, resources: Iterable[Mapping[str, Any]]) -> None:
        self._by_type: dict[str, dict[str, Artifact]] = {}
        for artifact in map(Artifact.of, resources):
            known = self._by_type.setdefault(artifact.type, {})
            if known.setdefault(artifact.id, artifact) is not artifact:
                raise ValueError(f"two artifacts are {artifact.type}/{artifact.id}")

    @property
    def types(self) -> tuple[str, ...]:
        """The types of resource there are, in alphabetical order."""
        return tuple(sorted(self._by_type))

    def of_type(self, type_name: str) -> tuple[Artifact, ...]:
        """All of a type; none for a type that there is nothing of."""
        return tuple(self._by_type.get(type_name, {}).values())

    def read(self, type_name: str, identity: str) -> Artifact | None:
        """The artifact of a type and id; None when there is none."""
        return self._by_type.get(type_name, {}).get(identity)

    def by_canonical(self, address: str) -> Artifact | None:
        """The artifact of a canonical address, `url` or `url|version`; None when there is none.

        Without a version the newest, which is the one that the last part of its address is the id of.
        """
        url, _, version = address.partition("|")
        same = [artifact for each in self._by_type.values() for artifact in each.values() if artifact.url == url]
        if version:
            return next((artifact for artifact in same if artifact.version == version), None)
        return next((artifact for artifact in same if artifact.id == url.rpartition("/")[2]), None)


def artifacts_of(policies: Sequence[Policy], terminology: Terminology) -> Artifacts:
    """All artifacts of the policies as they were loaded, and of the terminology that their rules name.

    The newest version of a policy has the policy's id; earlier ones have the version behind it. All of them are found
    by address and version. Raises ValueError when an id cannot be one of FHIR, or is that of two artifacts.
    """
    value_sets = [json.loads(file.text) for file in terminology.files]
    versions = {value_set["url"]: value_set["version"] for value_set in value_sets if "version" in value_set}
    of_policies = _of_policies(policies, versions)
    return Artifacts([*of_policies, *_shared(policies, versions), *value_sets, *_code_systems(policies)])


def _of_policies(policies: Sequence[Policy], versions: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    newest = PolicyVersions(policies).in_force(None)
    if len(policies) > 1:
        yield data_requirements_library(policies)
    for policy in policies:
        is_newest = any(policy is each for each in newest)
        identity = policy_id(policy, newest=is_newest)
        yield library_of_policy(policy, identity, versions)
        yield {**data_requirements_library([policy]), "id": f"{identity}-data-requirements"}
        yield plan_definition(policy, identity, partial(_questionnaire, policy))
        yield from questionnaires_of(policy, newest=is_newest)


def _questionnaire(policy: Policy, section: str) -> str | None:
    form = form_for(policy, section)
    return form.canonical if form else None


def _shared(policies: Iterable[Policy], versions: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """The libraries that policies include, each once."""
    included = (library for policy in policies for library in included_in(policy.library))
    once = {(library.name, library.version): library for library in included}
    return (library_of_included(library, versions) for library in once.values())


def _code_systems(policies: Iterable[Policy]) -> Iterator[Mapping[str, Any]]:
    yield override_reasons()
    attestation = attestation_code_system(policies)
    if attestation["concept"]:
        yield attestation
