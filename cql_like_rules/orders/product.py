"""The product of an order: its codes, what a prescriber calls it, its concentration and its strength.

A concentration or strength is taken from the Medication of the order, else from the coded product, else from the coded
brand when all its ready-to-use products have the same one. It is never assumed: a powder's or a vial's concentration
depends on how it is made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from cql_like_rules import lenient
from cql_like_rules.cql.values.concept import Code, Concept, canonical_coding
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.lenient import Json
from cql_like_rules.orders import billing
from cql_like_rules.orders.order import Product
from cql_like_rules.orders.units import ordered_mass, spelled, unit_of
from cql_like_rules.record import Record, medication_concept
from cql_like_rules.terminology import Presentation, Terminology

# `17.5 mg/0.4 mL` is the mass in one piece, `2.5 mg/mL` is not.
_MASS_IN_WORDS = re.compile(r"(?<![\w.,])(\d+(?:\.\d+)?)\s*(mcg|ug|µg|mg|g)\b(?!\s*/\s*[a-zA-Z])")


@dataclass(frozen=True, slots=True)
class _Strengths:
    """Concentration and strength, as far as one source tells them."""

    concentration: Quantity | None = None
    strength: Quantity | None = None


def read_product(
    resource: Json, record: Record, terminology: Terminology, problems: list[str], notes: list[str]
) -> Product:
    """The product that a MedicationRequest names in `medication[x]`, contained and referenced Medications included.

    Its codes are its own, those that only its text told, and the billing codes that tell the same drug. What only its
    text told is marked by `by_text` and is in `notes`.
    """
    medication = _medication(resource, record)
    concept = _concept(resource, medication)
    inferred = terminology.drugs_by_text(concept)
    own = (*_codes(concept), *inferred)
    codes = (*own, *billing.telling(_billing_options(concept), own, terminology))
    text = lenient.text(concept.get("text"))
    name = _name(codes, terminology) or text
    if not codes:
        problems.append(
            f'The drug "{text}" is not coded and its text does not name a known drug.' if text else _NO_DRUG
        )
    elif inferred:
        notes.append(f'The drug was identified by its text, "{text or inferred[0].display}".')
    stated = _stated(medication)
    coded = _Strengths() if _is_diluted(medication) else _coded(codes, terminology)
    strength = stated.strength or coded.strength
    in_words = None if strength else _strength_in_words(text)
    return Product(
        Concept(codes, text or None),
        name,
        bool(inferred),
        stated.concentration or coded.concentration,
        strength or in_words,
        in_words is not None,
    )


_NO_DRUG = "The order does not name a drug."


def _medication(resource: Json, record: Record) -> Json:
    reference = lenient.text(lenient.first_object(resource.get("medicationReference")).get("reference"))
    contained = lenient.contained(resource, reference)
    if contained is not None:
        return contained
    element = record.find(reference)
    return element.json if element is not None and element.type == "Medication" else {}


def _concept(resource: Json, medication: Json) -> Json:
    written = resource.get("medicationCodeableConcept")
    text = lenient.text(written)
    concept = lenient.first_object({"text": text} if text else written) or medication_concept(medication)
    reference = lenient.first_object(resource.get("medicationReference"))
    display = lenient.text(reference.get("display"))
    return {"text": display, **concept} if display else concept


def _billing_options(concept: Json) -> Iterator[Code]:
    for extension in lenient.extensions(concept, billing.BILLING_OPTIONS):
        yield from _codes(lenient.first_object(extension.get("valueCodeableConcept")))


def _codes(concept: Json) -> tuple[Code, ...]:
    codes = []
    for coding in lenient.codings(concept):
        if lenient.text(coding.get("code")):
            system, code = canonical_coding(lenient.text(coding.get("system")), lenient.text(coding["code"]))
            codes.append(Code(code, system or None, None, lenient.text(coding.get("display")) or None))
    return tuple(codes)


def _name(codes: Iterable[Code], terminology: Terminology) -> str:
    """The brand that the codes stand for, else the drug of the first known code.

    A prescriber says the drug, not `5 ML … 20 MG/ML Injection`.
    """
    codes = tuple(codes)
    brands = [brand for code in codes for brand in terminology.brands(code)]
    displays = [found.display for code in codes if (found := terminology.concept(code))]
    if brands or not displays:
        return next(iter(brands), "")
    drugs = dict.fromkeys(drug.display for drug in terminology.drug_names.codes_in(displays[0]) if drug.display)
    return " / ".join(drugs) or displays[0]


def _stated(medication: Json) -> _Strengths:
    """What the Medication resource itself states: its active ingredient's strength, and its amount."""
    active = [i for i in lenient.objects(medication.get("ingredient")) if i.get("isActive") is not False]
    ratios = [ratio for i in active if (ratio := _ratio(i.get("strength"))) is not None]
    if len(ratios) != 1:
        return _Strengths()
    mass, per, per_unit = ratios[0]
    if per_unit not in ("mL", "L"):
        return _Strengths(None, Quantity(mass.value / per, mass.unit))
    concentration = Quantity(mass.value / (per * (1000 if per_unit == "L" else 1)), f"{mass.unit}/mL")
    amount = lenient.first_object(lenient.first_object(medication.get("amount")).get("numerator"))
    volume = lenient.number(amount.get("value")) if unit_of(amount) == "mL" else None
    return _Strengths(concentration, None if volume is None else Quantity(concentration.value * volume, mass.unit))


def _ratio(json: object) -> tuple[Quantity, Decimal, str] | None:
    """A strength as mass, the amount it is in, and that amount's unit (`mL`, `{vial}`, empty for one piece)."""
    ratio = lenient.first_object(json)
    numerator, denominator = (lenient.first_object(ratio.get(part)) for part in ("numerator", "denominator"))
    value, per = lenient.number(numerator.get("value")), lenient.number(denominator.get("value"))
    mass = ordered_mass(value, unit_of(numerator)) if value is not None and value > 0 else None
    if mass is None or (denominator and (per is None or per <= 0)):
        return None
    return Quantity(*mass), per if per is not None else Decimal(1), unit_of(denominator)


def _is_diluted(medication: Json) -> bool:
    return any(i.get("isActive") is False for i in lenient.objects(medication.get("ingredient")))


def _coded(codes: tuple[Code, ...], terminology: Terminology) -> _Strengths:
    products = [found for code in codes if (found := terminology.presentation(code))]
    if products:
        return _agreed(products)
    brands = {brand for code in codes for brand in terminology.brands(code)}
    listed = [product for brand in brands for product in terminology.products_of_brand(brand)]
    return _agreed(product for product in listed if product.ready_to_use)


def _agreed(products: Iterable[Presentation]) -> _Strengths:
    products = tuple(products)
    return _Strengths(
        _only(products, lambda product: product.concentration), _only(products, lambda product: product.strength)
    )


def _only(products: Iterable[Presentation], part: Callable[[Presentation], Quantity | None]) -> Quantity | None:
    """The one value that all products have that have any; None when they differ."""
    values = {found for product in products if (found := part(product)) is not None}
    return values.pop() if len(values) == 1 else None


def _strength_in_words(text: str) -> Quantity | None:
    """The strength of one piece in a product's text (`vial 250 mcg`); None when it names none, or more than one."""
    found = set(_masses(text))
    return found.pop() if len(found) == 1 else None


def _masses(text: str) -> Iterator[Quantity]:
    for number, unit in _MASS_IN_WORDS.findall(text):
        mass = ordered_mass(Decimal(number), spelled(unit))
        if mass is not None:
            yield Quantity(*mass)
