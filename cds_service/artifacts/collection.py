"""Everything that is served, by type and id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cds_service.artifacts.code_systems import override_reasons
from cds_service.artifacts.identity import policy_id
from cds_service.artifacts.logic_library import included_in, library_of_included, library_of_policy
from cds_service.artifacts.plan_definition import plan_definition
from cds_service.cdshooks.wire import write_json
from cql_like_rules.policy import Policy
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


def artifacts_of(policies: Sequence[Policy], terminology: Terminology) -> Artifacts:
    """All artifacts of the policies as they were loaded, and of the terminology that their rules name.

    The newest version of a policy has the policy's id; earlier ones have the version behind it. All of them are found
    by address and version. Raises ValueError when an id cannot be one of FHIR, or is that of two artifacts.
    """
    return Artifacts([*_of_policies(policies), *_shared(policies), *_value_sets(terminology), override_reasons()])


def _of_policies(policies: Sequence[Policy]) -> Iterator[Mapping[str, Any]]:
    newest = PolicyVersions(policies).in_force(None)
    if len(policies) > 1:
        yield data_requirements_library(policies)
    for policy in policies:
        identity = policy_id(policy, newest=policy in newest)
        yield library_of_policy(policy, identity)
        yield {**data_requirements_library([policy]), "id": f"{identity}-data-requirements"}
        yield plan_definition(policy, identity, lambda section: None)


def _shared(policies: Iterable[Policy]) -> Iterator[Mapping[str, Any]]:
    """The libraries that policies include, each once."""
    included = (library for policy in policies for library in included_in(policy.library))
    once = {(library.name, library.version): library for library in included}
    return map(library_of_included, once.values())


def _value_sets(terminology: Terminology) -> Iterator[Mapping[str, Any]]:
    return (json.loads(file.text) for file in terminology.files)
