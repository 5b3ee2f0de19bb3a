"""Record: what is known about the patient in this call, indexed by type and by code.

The whole data interface of the rules is one method, `Record.retrieve`. Reading is lenient: nothing is validated up
front, what cannot be used is left out, and `notes` says so. The JSON given in is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cql_like_rules import lenient
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.values.concept import Code, Concept, ValueSet, canonical_coding
from cql_like_rules.element import Element, RecordNote
from cql_like_rules.lenient import Json
from cql_like_rules.terminology import INFERRED_FROM_TEXT, Terminology

__all__ = ["Element", "Record", "RecordNote"]

_Codings = frozenset[tuple[str, str]]

_MEDICATION_TYPES = frozenset(
    {"MedicationAdministration", "MedicationDispense", "MedicationRequest", "MedicationStatement"}
)
# The key that holds the drug, by type, of what may be known by its text alone.
_DRUG_KEYS = dict.fromkeys(_MEDICATION_TYPES, "medicationCodeableConcept") | {
    "AllergyIntolerance": "code",
    "Medication": "code",
}
_PATIENT_KEYS = ("subject", "patient", "beneficiary", "for", "individual")
_ERROR = "entered-in-error"


class Record:
    """The resources of one call.

    `resources` may hold Bundles: their entries are taken in their place, and are found by their `fullUrl` too.
    `delivered` are the resource types that were asked for and answered, even with nothing: a type that is not among
    them is unknown, not absent. `patient_id` is the patient of the call; resources of another patient are left out.
    With `terminology`, a drug that is known by its text only gets an inferred code (see `identified_by_text`).

    Left out: whatever is not a FHIR resource, a second resource of the same type and id, and everything marked as
    entered in error. Refuted conditions stay in; rules decide on them.
    """

    def __init__(
        self,
        resources: Iterable[Any],
        delivered: Iterable[str] = (),
        patient_id: str | None = None,
        terminology: Terminology | None = None,
    ) -> None:
        self.delivered = frozenset(delivered)
        self.notes: list[RecordNote] = []
        self._patient_id = patient_id
        self._terminology = terminology
        self._by_type: dict[str, list[Element]] = {}
        self._by_reference: dict[str, Element] = {}
        self._by_text: set[str] = set()
        self._coded: dict[tuple[str, str], list[tuple[Element, _Codings]]] = {}
        self._retrieved: dict[tuple[str, str | None, Any], list[Element]] = {}
        kept = [(full_url, json) for full_url, json in self._unpacked(resources) if self._usable(json)]
        medications = {f"Medication/{json.get('id')}": json for _, json in kept if json["resourceType"] == "Medication"}
        for full_url, json in kept:
            self._add(full_url, json, medications)

    @property
    def patient(self) -> Element | None:
        """The Patient of the call; None when the record does not hold it."""
        patients = self.retrieve("Patient")
        return patients[0] if patients else None

    @property
    def resources(self) -> list[Element]:
        """Everything that was kept, by type and in the order given."""
        return [resource for resources in self._by_type.values() for resource in resources]

    def retrieve(
        self, type_name: str, code_path: str | None = None, codes: ValueSet | Code | Concept | None = None
    ) -> list[Element]:
        """The resources of a type, in the order given, as CQL's retrieve: `[Condition: code in "Heart failure"]`.

        With `codes`, only those with one of the codes at `code_path` (the type's primary code path when None);
        systems and codes are compared in canonical form. A resource without a code is never among them. The list is
        shared: it must not be changed.
        """
        if codes is None:
            return self._by_type.get(type_name, [])
        key = (type_name, code_path, codes)
        if key not in self._retrieved:
            wanted = _codings_of_value(codes)
            rows = self._codings_by_resource(type_name, code_path or FHIR.primary_code_path(type_name) or "code")
            self._retrieved[key] = [resource for resource, codings in rows if not wanted.isdisjoint(codings)]
        return self._retrieved[key]

    def find(self, reference: str, within: Element | None = None) -> Element | None:
        """The resource that a literal reference names; None when the record does not hold it.

        Understands `Type/id`, an absolute URL that ends so, the `fullUrl` of a Bundle entry, and `#id` for a resource
        contained in `within`.
        """
        if reference.startswith("#"):
            return _contained(within, reference[1:]) if within is not None else None
        found = self._by_reference.get(reference)
        if found is None:
            relative = lenient.relative_reference(reference)
            found = self._by_reference.get(relative) if relative else None
        return found

    def identified_by_text(self, reference: str) -> bool:
        """True when the drug of this resource (`Type/id`) was recognised only by its text."""
        return reference in self._by_text

    def _unpacked(self, resources: Iterable[Any]) -> Iterable[tuple[str, Json]]:
        for json in resources:
            if not isinstance(json, Mapping) or not isinstance(json.get("resourceType"), str):
                self._note("", "", "Something in the data is not a FHIR resource and was left out.")
            elif json["resourceType"] == "Bundle":
                for entry in lenient.objects(json.get("entry")):
                    if "resource" in entry:
                        for _, resource in self._unpacked((entry["resource"],)):
                            yield lenient.text(entry.get("fullUrl")), resource
            elif json["resourceType"] != "OperationOutcome":
                yield "", json

    def _usable(self, json: Json) -> bool:
        if json.get("status") == _ERROR or _has_code(json.get("verificationStatus"), _ERROR):
            return False
        if not self._of_this_patient(json):
            self._note(_reference(json), "", "This belongs to another patient and was left out.")
            return False
        return True

    def _of_this_patient(self, json: Json) -> bool:
        if self._patient_id is None:
            return True
        if json["resourceType"] == "Patient":
            return json.get("id") == self._patient_id
        for key in _PATIENT_KEYS:
            reference = lenient.relative_reference(lenient.text(lenient.first_object(json.get(key)).get("reference")))
            if reference is not None and reference.startswith("Patient/"):
                return reference == f"Patient/{self._patient_id}"
        return True

    def _add(self, full_url: str, json: Json, medications: Mapping[str, Json]) -> None:
        reference = _reference(json)
        if json.get("id") and reference in self._by_reference:
            return
        type_name = json["resourceType"]
        if type_name in _MEDICATION_TYPES:
            json = _with_medication(json, medications)
        if type_name in _DRUG_KEYS and self._terminology is not None:
            json = self._with_drug_from_text(json, _DRUG_KEYS[type_name], self._terminology)
        element = Element(type_name, json, notes=self.notes)
        self._by_type.setdefault(type_name, []).append(element)
        if json.get("id"):
            self._by_reference[reference] = element
        if full_url:
            self._by_reference.setdefault(full_url, element)

    def _with_drug_from_text(self, json: Json, key: str, terminology: Terminology) -> Json:
        concept = lenient.first_object(json.get(key))
        inferred = terminology.drugs_by_text(concept) if concept else ()
        if not inferred:
            return json
        self._by_text.add(_reference(json))
        codings = [*lenient.objects(concept.get("coding")), *(_inferred_coding(code) for code in inferred)]
        return {**json, key: {**concept, "coding": codings}}

    def _codings_by_resource(self, type_name: str, path: str) -> list[tuple[Element, _Codings]]:
        key = (type_name, path)
        if key not in self._coded:
            self._coded[key] = [
                (resource, codings)
                for resource in self._by_type.get(type_name, ())
                if (codings := _codings_at(resource, path))
            ]
        return self._coded[key]

    def _note(self, reference: str, path: str, message: str) -> None:
        self.notes.append(RecordNote(reference, path, message))


def _with_medication(json: Json, medications: Mapping[str, Json]) -> Json:
    """The medication resource with a CodeableConcept where it has a reference to a Medication.

    The Medication is looked up among the contained resources or in `medications` (by `Medication/id`); one that is
    not there leaves the reference's display as text. A copy; the resource itself where there is nothing to do.
    """
    reference = lenient.first_object(json.get("medicationReference"))
    if not reference or "medicationCodeableConcept" in json:
        return json
    medication = _referenced_medication(json, medications)
    concept = medication_concept(medication) if medication else {}
    if not concept:
        concept = {"text": lenient.text(reference.get("display"))}
    rest = {key: value for key, value in json.items() if key != "medicationReference"}
    return {**rest, "medicationCodeableConcept": concept}


def _referenced_medication(json: Json, medications: Mapping[str, Json]) -> Json | None:
    """The Medication that `medicationReference` names, contained or among `medications`; None when not there."""
    reference = lenient.text(lenient.first_object(json.get("medicationReference")).get("reference"))
    return lenient.contained(json, reference) or medications.get(lenient.relative_reference(reference) or "")


def medication_concept(medication: Json) -> Json:
    """What a Medication is: its code, or that of its only active ingredient when it has no coded one."""
    code = lenient.first_object(medication.get("code"))
    if lenient.codings(code):
        return code
    active = [i for i in lenient.objects(medication.get("ingredient")) if i.get("isActive") is not False]
    ingredient = lenient.first_object(active[0].get("itemCodeableConcept")) if len(active) == 1 else {}
    return {**ingredient, **code} if ingredient else code


def _contained(resource: Element, identity: str) -> Element | None:
    contained: Sequence[Element] = (resource.resource or resource).get("contained") or ()
    return next((element for element in contained if element.json.get("id") == identity), None)


def _codings_at(resource: Element, path: str) -> _Codings:
    found: list[Any] = [resource]
    for name in path.split("."):
        found = [child for element in found for child in lenient.items(element.get(name))]
    return frozenset(
        canonical_coding(lenient.text(coding.get("system")), coding["code"])
        for element in found
        for coding in lenient.codings(element.json)
        if isinstance(coding.get("code"), str)
    )


def _codings_of_value(codes: ValueSet | Code | Concept) -> _Codings:
    if isinstance(codes, ValueSet):
        return codes.codes
    members = codes.codes if isinstance(codes, Concept) else (codes,)
    return frozenset(canonical_coding(code.system or "", code.code) for code in members)


def _inferred_coding(code: Code) -> Json:
    marker = {"url": INFERRED_FROM_TEXT, "valueBoolean": True}
    return {"system": code.system, "code": code.code, "display": code.display, "extension": [marker]}


def _has_code(concept: Any, code: str) -> bool:
    return concept == code or any(coding.get("code") == code for coding in lenient.codings(concept))


def _reference(json: Json) -> str:
    return f"{json['resourceType']}/{json.get('id')}"
