"""Why a prescriber may decide otherwise: the reasons offered on a card, by its kind (CDS Hooks 2.0, "Card")."""

from __future__ import annotations

SYSTEM = "https://oncology-cds.example/CodeSystem/override-reason"

REASONS: dict[str, str] = {
    "will-document": "The documentation will be supplied",
    "documented-elsewhere": "It is documented outside this record",
    "recorded-wrongly": "The record is wrong or out of date",
    "evidence-supports": "Guideline or literature supports this; it will be submitted",
    "dose-intended": "The dose is intended for this patient",
    "body-size-differs": "Weight or height has changed",
    "clinical-trial": "The patient is treated in a clinical trial",
    "alternative-failed": "The preferred drug was tried without success",
    "alternative-contraindicated": "The preferred drug is contraindicated or not tolerated",
    "alternative-unavailable": "The preferred drug cannot be obtained",
    "benefit-outweighs-risk": "The benefit outweighs the risk for this patient",
    "monitored": "The risk is known and the patient is monitored",
    "not-concurrent": "The drugs are not given at the same time",
    "other-drug-stopped": "The other drug is being stopped",
    "specialist-consulted": "A specialist has been consulted",
    "reviewed-separately": "The plan reviews this use separately",
    "will-be-reviewed": "The therapy will be reviewed before it goes on",
    "urgent": "Treatment cannot wait",
    "other-guidance": "The label or other guidance says otherwise",
}
"""Code and display of every reason."""

_BY_KIND: dict[str, tuple[str, ...]] = {
    "documentation": ("will-document", "documented-elsewhere", "recorded-wrongly", "urgent"),
    "dose": ("dose-intended", "evidence-supports", "body-size-differs", "clinical-trial", "recorded-wrongly"),
    "step-therapy": (
        "alternative-failed",
        "alternative-contraindicated",
        "alternative-unavailable",
        "documented-elsewhere",
        "urgent",
    ),
    "diagnosis": ("recorded-wrongly", "evidence-supports", "reviewed-separately", "clinical-trial"),
    "age": ("benefit-outweighs-risk", "evidence-supports", "clinical-trial", "recorded-wrongly"),
    "regimen": ("evidence-supports", "benefit-outweighs-risk", "clinical-trial", "recorded-wrongly"),
    "prescriber": ("specialist-consulted", "documented-elsewhere", "urgent"),
    "duration": ("benefit-outweighs-risk", "evidence-supports", "will-be-reviewed", "recorded-wrongly"),
    "concurrent-drug": ("not-concurrent", "other-drug-stopped", "benefit-outweighs-risk", "recorded-wrongly"),
    "safety": ("benefit-outweighs-risk", "monitored", "specialist-consulted", "recorded-wrongly"),
    "referral": ("reviewed-separately", "evidence-supports", "recorded-wrongly"),
}

# Nobody decides on a recommendation but the prescriber: nothing is submitted, and nobody reviews.
_OF_COVERAGE = frozenset({"evidence-supports", "reviewed-separately", "will-be-reviewed"})


def override_reasons(kind: str, *, guidance: bool = False) -> list[dict[str, str]]:
    """The reasons for cards of this kind, as FHIR Codings; a kind without its own gets those for documentation.

    A recommendation (`guidance`) gives way to another one, not to a review.
    """
    codes = _BY_KIND.get(kind, _BY_KIND["documentation"])
    if guidance:
        codes = (*(code for code in codes if code not in _OF_COVERAGE), "other-guidance")
    return [{"code": code, "system": SYSTEM, "display": REASONS[code]} for code in codes]
