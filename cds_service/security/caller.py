"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """A client by the name that the operator gave it, with the tenant that its token names ("" where there is none).

    `fhir_hosts` are the hosts that its calls may name as `fhirServer`; empty: those of the settings.
    """

    name: str = ""
    tenant: str = ""
    fhir_hosts: frozenset[str] = frozenset()


NOBODY = Caller()
"""The caller where nobody is asked: no name, and no hosts of its own."""
