"""Billing codes of an order: what its drug may be billed as, beside the codes that say what it is.

Source: Da Vinci CRD 2.2.1, extension ext-billing-options: codes that are given are considered, none are needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from cql_like_rules.cql.values.concept import Code
from cql_like_rules.terminology import Terminology

BILLING_OPTIONS = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-billing-options"
"""The extension of a CodeableConcept that holds them."""


def telling(options: Iterable[Code], own: Collection[Code], terminology: Terminology) -> tuple[Code, ...]:
    """The billing codes that tell what the drug is, beside the order's own codes.

    They are options, so they count only where they leave one: none do when two codes of a system are known. Nor does
    one that tells another drug than the order's own codes.
    """
    known = {(code.system, code.code): code for code in options if _drugs(code, terminology)}
    if len({system for system, _ in known}) < len(known):
        return ()
    told = {drug for code in own for drug in _drugs(code, terminology)}
    return tuple(code for code in known.values() if not told or told & _drugs(code, terminology))


def _drugs(code: Code, terminology: Terminology) -> set[Code]:
    found = terminology.concept(code)
    return set(terminology.drug_names.codes_in(found.display)) if found else set()
