"""Ids and addresses of what is served: one artifact at one version."""

from __future__ import annotations

import re

from cql_like_rules.policy import Policy

PROJECT = "https://oncology-cds.example"

_LONGEST = 64
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9\-.]+")


def canonical(type_name: str, name: str) -> str:
    """The address of an artifact in this project."""
    return f"{PROJECT}/{type_name}/{name}"


def fhir_id(*parts: str) -> str:
    """An id of FHIR R4 (at most 64 letters, digits, dashes and dots) made of the parts.

    Raises ValueError when it would be longer: an id that were cut could be that of another artifact.
    """
    written = "-".join(_NOT_IN_AN_ID.sub("-", part) for part in parts if part)
    if not 0 < len(written) <= _LONGEST:
        raise ValueError(f"{written!r} is no id of FHIR R4: it must have 1 to {_LONGEST} characters")
    return written


def policy_id(policy: Policy, *, newest: bool) -> str:
    """The id of what is made of one version of a policy: the policy's for the newest, with the version for others."""
    return fhir_id(policy.id) if newest else fhir_id(policy.id, policy.version)
