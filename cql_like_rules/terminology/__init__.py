"""Terminology: the value sets of this folder, one file a concept, and what can be told from the names in them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from cql_like_rules import lenient
from cql_like_rules.cql.values.concept import Code, ValueSet, canonical_coding
from cql_like_rules.lenient import Json
from cql_like_rules.terminology.drug_names import RXNORM, DrugNames
from cql_like_rules.terminology.loading import CodedConcept, TerminologyError, ValueSetFile, read_value_sets
from cql_like_rules.terminology.presentation import Presentation, presentation

__all__ = ["INFERRED_FROM_TEXT", "Presentation", "Terminology", "TerminologyError", "load_terminology"]

INFERRED_FROM_TEXT = "https://oncology-cds.example/StructureDefinition/inferred-from-text"
"""Extension on a coding that the record or an order did not have, but its text told."""

NDC = "http://hl7.org/fhir/sid/ndc"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_PRODUCT_SYSTEMS = frozenset({RXNORM, NDC})


class Terminology:
    """The value sets that rules refer to by URL, and the drugs among their codes; `files` is what they came from."""

    def __init__(self, files: Iterable[ValueSetFile]) -> None:
        self.files = tuple(files)
        self._value_sets: dict[str, ValueSet] = {}
        self._concepts: dict[tuple[str, str], CodedConcept] = {}
        for file in self.files:
            codes = frozenset((concept.system, concept.code) for concept in file.concepts)
            self._value_sets[file.url] = ValueSet(file.url, file.name, codes)
            for concept in file.concepts:
                self._concepts.setdefault((concept.system, concept.code), concept)
        self.drug_names = DrugNames(self._concepts.values())
        self._products = _products_by_brand(self._concepts.values())

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all value sets, in the order of their files."""
        return tuple(self._value_sets)

    def resolve(self, url: str) -> ValueSet | None:
        """The value set of a URL, with or without `|version`; None when there is none."""
        return self._value_sets.get(url.partition("|")[0])

    def concept(self, code: Code) -> CodedConcept | None:
        """What the value sets say of a code, in any spelling of its system; None when none lists it."""
        return self._concepts.get(canonical_coding(code.system or "", code.code))

    def drugs_by_text(self, concept: Json) -> tuple[Code, ...]:
        """The drugs that the text of a CodeableConcept names, when none of its codes tells a drug.

        Looks at the concept's text, then at the displays of its codings. Empty when a code tells the drug: then the
        text has nothing to add.
        """
        codings = lenient.codings(concept)
        if any(self._tells_drug(coding) for coding in codings):
            return ()
        for text in (concept.get("text"), *(coding.get("display") for coding in codings)):
            found = self.drug_names.codes_in(lenient.text(text))
            if found:
                return found
        return ()

    def _tells_drug(self, coding: Json) -> bool:
        """True for the code of a product; not for "allergy to a drug" or the billing code of "unclassified drugs"."""
        code = Code(lenient.text(coding.get("code")), lenient.text(coding.get("system")))
        concept = self.concept(code)
        if concept is None:
            return False
        return concept.system in _PRODUCT_SYSTEMS or (
            concept.system == HCPCS and bool(self.drug_names.codes_in(concept.display))
        )

    def presentation(self, code: Code) -> Presentation | None:
        """The strength and concentration of a coded product; None when its code does not tell them."""
        concept = self.concept(code)
        return presentation(concept.display) if concept and concept.system in _PRODUCT_SYSTEMS else None

    def brands(self, code: Code) -> tuple[str, ...]:
        """The brand that a code stands for, by the name it has in the value sets; empty for an unbranded one."""
        concept = self.concept(code)
        return self.drug_names.brands_in(concept.display) if concept else ()

    def products_of_brand(self, brand: str) -> tuple[Presentation, ...]:
        """The different presentations that are listed under a brand."""
        return self._products.get(brand.casefold(), ())


def load_terminology(*folders: Traversable) -> Terminology:
    """The terminology of the folders, or the one that comes with the package when none is named.

    Raises TerminologyError when a file is not a ValueSet that lists its codes.
    """
    if not folders:
        return _packaged()
    return Terminology(file for folder in folders for file in read_value_sets(folder))


@cache
def _packaged() -> Terminology:
    return Terminology(read_value_sets(resources.files(__name__)))


def _products_by_brand(concepts: Iterable[CodedConcept]) -> dict[str, tuple[Presentation, ...]]:
    products: dict[str, dict[Presentation, None]] = {}
    for concept in concepts:
        if concept.system in _PRODUCT_SYSTEMS:
            found = presentation(concept.display)
            if found and found.brand:
                products.setdefault(found.brand.casefold(), {})[found] = None
    return {brand: tuple(found) for brand, found in products.items()}
