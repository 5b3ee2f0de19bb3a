"""Code, Concept, ValueSet and CodeSystem, and the one spelling of a code that membership is decided in.

Source: CQL 1.5.3, Author's Guide, Clinical Values and Using Codes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT = "http://www.ama-assn.org/go/cpt"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED_CT = "http://snomed.info/sct"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
NUCC = "http://nucc.org/provider-taxonomy"
HGNC = "http://www.genenames.org"
NCI_THESAURUS = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"

# Object identifiers as published by HL7 (terminology.hl7.org, Code Systems, External).
_SYSTEM_OF = {
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.69": NDC,
    "urn:oid:2.16.840.1.113883.6.285": HCPCS,
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": HCPCS,
    "urn:oid:2.16.840.1.113883.6.12": CPT,
    "https://www.ama-assn.org/go/cpt": CPT,
    "urn:oid:2.16.840.1.113883.6.90": ICD_10_CM,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED_CT,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.8": UCUM,
    "urn:oid:2.16.840.1.113883.6.101": NUCC,
    "http://www.genenames.org/geneId": HGNC,
    "urn:oid:2.16.840.1.113883.6.281": HGNC,
    "urn:oid:2.16.840.1.113883.3.26.1.1": NCI_THESAURUS,
}

_SNOMED_EDITION = re.compile(r"http://snomed\.info/sct/\d+(/version/\d+)?")
_ICD_WITHOUT_DOT = re.compile(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{1,4}")
_HYPHENATED_NDC = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a code system; `system` is its canonical address as it was written."""

    code: str
    system: str | None = None
    version: str | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """One meaning, said by any of several codes."""

    codes: tuple[Code, ...]
    display: str | None = None


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A resolved value set: the (canonical system, code) pairs that belong to it."""

    id: str
    name: str = ""
    codes: frozenset[tuple[str, str]] = frozenset()

    def contains(self, code: Code | Concept) -> bool:
        """Whether the code, or any code of the concept, belongs to it. A code without a system does not."""
        members = (code,) if isinstance(code, Code) else code.codes
        return any(canonical_coding(member.system, member.code) in self.codes for member in members)


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system by its canonical address (`id`)."""

    id: str
    name: str = ""
    version: str | None = None


@lru_cache(maxsize=65536)
def canonical_coding(system: str | None, code: str) -> tuple[str, str]:
    """The system and code in the spelling that value sets are kept in.

    The system is the canonical address, whichever accepted address, object identifier or edition was given (`""` for
    none); a version suffix (`|2026`) is dropped. An NDC becomes its eleven digits, an ICD-10-CM code upper case with
    the dot after its third character. Anything else stays as it is.
    """
    address = canonical_system(system)
    code = code.strip()
    if address == NDC:
        return address, _eleven_digits(code)
    if address == ICD_10_CM:
        return address, _dotted(code.upper())
    return address, code


def canonical_system(system: str | None) -> str:
    """The canonical address of a code system; `""` for none, the address itself when it is not one we know."""
    address = (system or "").strip().partition("|")[0].rstrip("/")
    if _SNOMED_EDITION.fullmatch(address):
        return SNOMED_CT
    return _SYSTEM_OF.get(address, address)


def _eleven_digits(code: str) -> str:
    # Package codes are printed 4-4-2, 5-3-2, 5-4-1 or 5-4-2; billing pads each part to 5-4-2. Ten digits without
    # hyphens cannot be padded: it is not known which part is short.
    parts = _HYPHENATED_NDC.fullmatch(code)
    if parts is None:
        return code
    labeler, product, package = parts.groups()
    return labeler.zfill(5) + product.zfill(4) + package.zfill(2)


def _dotted(code: str) -> str:
    return f"{code[:3]}.{code[3:]}" if _ICD_WITHOUT_DOT.fullmatch(code) else code
