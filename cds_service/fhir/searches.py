"""How resources are asked for, by type: the search that brings all of a patient's, and under which prefetch key.

This is all that the service knows of resource types; which ones are asked for follows from what the policies retrieve.
Source: FHIR R4 (4.0.1), search parameters of each resource, and CompartmentDefinition/patient. Queries keep to what
CDS Hooks 2.0 recommends for prefetch templates (reads, searches by reference and token, `_sort`); `_include` is asked
of the payer only, who is fetched otherwise where a server does not know it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORDS_OF_NAME = re.compile(r"[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Search:
    """The search for a patient's resources of one type.

    `parameter` is the search parameter that the patient is the value of, `refinement` what else the query has: a status
    that all else is of no use to, the newest first where there may be many. `key` is the prefetch key, `words` are what
    is found to a prescriber.
    """

    type: str
    parameter: str = "patient"
    refinement: str = ""
    key: str = ""
    words: str = ""

    @property
    def query(self) -> str:
        """The query, with the token of CDS Hooks for the patient."""
        patient = f"{'' if self.parameter == 'patient' else 'Patient/'}{{{{context.patientId}}}}"
        refinement = f"&{self.refinement}" if self.refinement else ""
        return f"{self.type}?{self.parameter}={patient}{refinement}"


def _search(type_name: str, parameter: str = "patient", refinement: str = "", key: str = "", words: str = "") -> Search:
    """The search for a type; the key is its name in the plural (`carePlans`), and so are the words, unless given."""
    *first, last = _WORDS_OF_NAME.findall(type_name)
    plural = [*first, f"{last.removesuffix('y')}ies" if last.endswith("y") else f"{last}s"]
    name = "".join(plural)
    return Search(
        type_name,
        parameter,
        refinement,
        key or name[0].lower() + name[1:],
        words or f"the {' '.join(plural).lower()}",
    )


_USUAL = (
    _search("Coverage", refinement="status=active&_include=Coverage:payor", key="coverage", words="the coverage"),
    _search("Condition"),
    _search("Observation", refinement="_sort=-date"),
    _search("MedicationRequest", words="the medication orders"),
    _search("MedicationStatement"),
    _search("MedicationAdministration", refinement="_sort=-effective-time", words="the administered medications"),
    _search("Procedure"),
    _search("AllergyIntolerance", key="allergies", words="the allergies"),
    _search("QuestionnaireResponse", refinement="status=completed,amended", words="the answered questionnaires"),
    _search("DocumentReference", refinement="status=current", key="documents", words="the documents"),
)
_FURTHER = (
    _search("AdverseEvent", "subject"),
    _search("DiagnosticReport", refinement="_sort=-date"),
    _search("Encounter", refinement="_sort=-date"),
    _search("EpisodeOfCare", key="episodesOfCare", words="the episodes of care"),
    _search("ExplanationOfBenefit", key="explanationsOfBenefit", words="the explanations of benefit"),
    _search("Media", key="media", words="the media"),
    _search("RequestGroup", words="the groups of planned orders"),
    _search("ServiceRequest", words="the referrals and service orders"),
    _search("SupplyRequest", "subject"),
)
_SEARCHED_BY_PATIENT = """
    Account Appointment AppointmentResponse BodyStructure CarePlan CareTeam ChargeItem Claim ClaimResponse
    ClinicalImpression Communication CommunicationRequest Composition Consent CoverageEligibilityRequest
    CoverageEligibilityResponse DetectedIssue Device DeviceRequest DeviceUseStatement DocumentManifest EnrollmentRequest
    FamilyMemberHistory Flag Goal ImagingStudy Immunization ImmunizationEvaluation ImmunizationRecommendation Invoice
    MeasureReport MedicationDispense MolecularSequence NutritionOrder Person RelatedPerson ResearchSubject
    RiskAssessment Specimen SupplyDelivery Task VisionPrescription
"""


def _all() -> Mapping[str, Search]:
    rest = (_search(name) for name in _SEARCHED_BY_PATIENT.split())
    searches = (*_USUAL, *sorted((*_FURTHER, *rest), key=lambda search: search.type))
    return {search.type: search for search in searches}


SEARCHES: Mapping[str, Search] = _all()
"""The search for each type that can be searched by patient, in the order in which they are listed."""

PEOPLE = frozenset({"Practitioner", "PractitionerRole"})
REFERRED_TO = PEOPLE | {"Medication", "Organization"}
"""The types that are no patient's own: they are fetched one by one, where an order or the record refers to one."""
