"""Codes, concepts, code systems and value sets (CQL 1.5.3, Author's Guide, Clinical Values).

Codes are compared by code system and code alone. Real records write the same code system in several ways and NDC and
ICD-10-CM codes in several forms: `canonical_coding` brings them to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CPT = "http://www.ama-assn.org/go/cpt"

_SYSTEMS = {
    "https://www.cms.gov/medicare/coding/hcpcsreleasecodesets": HCPCS,
    "http://www.cms.gov/medicare/coding/hcpcsreleasecodesets": HCPCS,
    "urn:oid:2.16.840.1.113883.6.285": HCPCS,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.69": NDC,
    "urn:oid:2.16.840.1.113883.6.90": ICD10CM,
    "urn:oid:2.16.840.1.113883.6.12": CPT,
    "https://loinc.org": LOINC,
    "https://snomed.info/sct": SNOMED,
    "https://www.nlm.nih.gov/research/umls/rxnorm": RXNORM,
    "https://hl7.org/fhir/sid/icd-10-cm": ICD10CM,
    "https://hl7.org/fhir/sid/ndc": NDC,
    "https://www.ama-assn.org/go/cpt": CPT,
}


@lru_cache(maxsize=16384)
def canonical_coding(system: str | None, code: str | None) -> tuple[str, str]:
    """System and code as the value sets write them; empty text for what is missing.

    ICD-10-CM codes get their dot and capitals, NDC codes 11 digits without hyphens.
    """
    known = (system or "").strip().rstrip("/")
    name = _SYSTEMS.get(known.lower(), known)
    if name.startswith(SNOMED + "/"):
        name = SNOMED
    text = (code or "").strip()
    if name == ICD10CM:
        text = _icd10cm(text)
    elif name == NDC:
        text = _ndc(text)
    return name, text


def _icd10cm(code: str) -> str:
    code = code.upper()
    return code if "." in code or len(code) <= 3 else f"{code[:3]}.{code[3:]}"


def _ndc(code: str) -> str:
    """Eleven digits: labeler 5, product 4, package 2; ten digits without hyphens stay as they are (ambiguous)."""
    parts = code.split("-")
    if len(parts) == 3 and all(part.isdigit() for part in parts):
        return parts[0].zfill(5) + parts[1].zfill(4) + parts[2].zfill(2)
    return code


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a code system."""

    code: str | None
    system: str | None = None
    version: str | None = None
    display: str | None = None

    @property
    def canonical(self) -> tuple[str, str]:
        """System and code in canonical form: what codes are compared by."""
        return canonical_coding(self.system, self.code)


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing said by several codes; no codes when it is only text."""

    codes: tuple[Code, ...]
    display: str | None = None


@dataclass(frozen=True, slots=True)
class CodeSystem:
    """A code system by its address."""

    id: str
    name: str = ""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ValueSet:
    """A resolved value set: every (canonical system, code) in it."""

    id: str
    name: str
    codes: frozenset[tuple[str, str]]

    def contains(self, value: Code | Concept | None) -> bool:
        """Whether the code, or any code of the concept, is in the set. False for null.

        Source: CQL 1.5.3, Appendix B, Clinical Operators, In (Valueset).
        """
        if value is None:
            return False
        codes = value.codes if isinstance(value, Concept) else (value,)
        return any(code is not None and code.canonical in self.codes for code in codes)
