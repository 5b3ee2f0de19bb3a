"""Models of what is answered, for its description; tests hold the answers to them.

FHIR resources are described by their type alone: what else is in them, FHIR says. Members without a value are left out.

Sources: CDS Hooks 2.0, "Discovery" and "CDS Service Response"; Da Vinci CRD 2.2.1, deviations.md; FHIR R4,
OperationOutcome.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import AnyUrl, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.json_schema import SkipJsonSchema

from cql_like_rules.determination import Status

Reference = Annotated[str, Field(pattern=r"^[A-Za-z]+/[^/\s]+$", description="`Type/id`")]
Text = Annotated[str, Field(min_length=1)]
Element = TypeVar("Element")
Filled = Annotated[list[Element], Field(min_length=1)]
Absent = SkipJsonSchema[None]
"""A member that may be left out; it is never null."""


class Answered(BaseModel):
    """Members in camel case, and no others than those described."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


class Resource(BaseModel):
    """A resource of FHIR R4."""

    model_config = ConfigDict(extra="allow")

    resource_type: Annotated[str, Field(alias="resourceType", pattern=r"^[A-Z][A-Za-z]+$")]


# --- what went wrong -------------------------------------------------------------------------------------------------


class Words(Answered):
    """Words for a reader."""

    text: Text


class OutcomeIssue(Answered):
    """One problem: a code of FHIR's issue-type, a sentence, and where in the request it is."""

    severity: Literal["error"]
    code: Text
    details: Words
    expression: Filled[Text] | Absent = None


class OperationOutcome(Answered):
    """Why a request is refused. Nothing of the request is repeated in it."""

    resource_type: Literal["OperationOutcome"]
    issue: Filled[OutcomeIssue]


# --- discovery -------------------------------------------------------------------------------------------------------


class ConfigurationOption(Answered):
    """What a client may configure (CRD)."""

    code: Text
    type: Literal["boolean", "integer"]
    name: Text
    description: Text
    default: bool | int


class ServiceExtension(Answered):
    """What Da Vinci CRD tells of a service: the versions that it answers in, and its options."""

    versions: Annotated[
        list[Annotated[str, Field(pattern=r"^[1-9]\d*\.[1-9]\d*$")]], Field(alias="davinci-crd.version", min_length=1)
    ]
    options: Annotated[list[ConfigurationOption], Field(alias="davinci-crd.configuration-options", min_length=1)]


class OfferedService(Answered):
    """A service."""

    hook: Text
    id: Text
    title: Text
    description: Text
    usage_requirements: Text | Absent = None
    prefetch: Annotated[dict[str, Text], Field(min_length=1)] | Absent = None
    extension: ServiceExtension | Absent = None


class Discovery(Answered):
    """The services that are offered."""

    services: list[OfferedService]


# --- cards -----------------------------------------------------------------------------------------------------------


class AnswerCoding(Answered):
    """A code of a system."""

    system: AnyUrl
    code: Text
    display: Text | Absent = None


class Source(Answered):
    """Where a card comes from."""

    label: Text
    url: AnyUrl | Absent = None
    topic: AnswerCoding


class Link(Answered):
    """A page to read."""

    label: Text
    url: AnyUrl
    type: Literal["absolute"]


class Action(Answered):
    """A change: a whole resource to create or update, or the reference to one to delete."""

    type: Literal["create", "update", "delete"]
    description: Text
    resource: Resource | Absent = None
    resource_id: Reference | Absent = None


class Suggestion(Answered):
    """Changes that go together, one click."""

    label: Text
    uuid: UUID
    is_recommended: bool | Absent = None
    actions: Filled[Action]


class CriterionReference(Answered):
    """A criterion that a card is about."""

    id: Text
    status: Status


class AboutCard(Answered):
    """Which order, policy and criteria a card is about."""

    order: Reference
    orders: Filled[Reference] | Absent = None
    policy: Text
    kind: Text
    criteria: Filled[CriterionReference] | Absent = None


class LinkedResource(Answered):
    """An order that a card is about."""

    reference: Reference


class CardExtension(Answered):
    """What else a card tells."""

    about: Annotated[AboutCard, Field(alias="oncology-cds")]
    linked: Filled[LinkedResource] | Absent = Field(default=None, alias="davinci-crd.associated-resource")


class Card(Answered):
    """One finding on one order, for the prescriber. `detail` is Markdown."""

    uuid: UUID
    summary: Annotated[str, Field(min_length=1, max_length=139)]
    detail: Text
    indicator: Literal["info", "warning", "critical"]
    source: Source
    suggestions: Filled[Suggestion] | Absent = None
    selection_behavior: Literal["at-most-one", "any"] | Absent = None
    override_reasons: Filled[AnswerCoding] | Absent = None
    links: Filled[Link] | Absent = None
    extension: CardExtension


class SystemAction(Answered):
    """An order as it was received, with what is known of its coverage."""

    type: Literal["update"]
    description: Text
    resource: Resource


# --- determinations --------------------------------------------------------------------------------------------------


class DeterminedPolicy(Answered):
    """A policy at a version."""

    id: Text
    version: Text
    title: Text
    nature: Literal["guidance"] | Absent = None


class DeterminedCriterion(Answered):
    """A criterion, what it rests on (references), and what to supply when it is missing."""

    id: Text
    kind: Text
    status: Status
    summary: Text
    evidence: Filled[Text] | Absent = None
    missing: Filled[Text] | Absent = None


class DoseLimit(Answered):
    """The ceiling for this patient; `unit` is one of UCUM."""

    value: float
    unit: Text
    per: Literal["dose", "day", "week"]
    basis: Text


class Approval(Answered):
    """How long an approval would last."""

    months: int | Absent = None
    until: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | Absent = None


class Determined(Answered):
    """One order against one policy."""

    order: Reference
    policy: DeterminedPolicy
    phase: Literal["initial", "continued"] | Absent = None
    section: Text | Absent = None
    status: Literal["met", "not-met", "missing-information"]
    criteria: Filled[DeterminedCriterion] | Absent = None
    dose_limit: DoseLimit | Absent = None
    approval: Approval | Absent = None
    referral: Text | Absent = None


class Determinations(Answered):
    """One for each order and policy that is about it."""

    determinations: Filled[Determined]


class AnswerExtension(Answered):
    """What the cards rest on."""

    determinations: Annotated[Determinations, Field(alias="oncology-cds")]


class HookAnswer(Answered):
    """The answer to a call: cards, and for CRD what is known of the coverage of each order."""

    cards: list[Card]
    system_actions: Filled[SystemAction] | Absent = None
    extension: AnswerExtension | Absent = None


# --- the rest --------------------------------------------------------------------------------------------------------


class Health(Answered):
    """That the service is up, and which version it is."""

    status: Literal["ok"]
    version: Text


class Part(Answered):
    """A part of the service."""

    ready: bool
    reason: Annotated[Text, Field(description="Why the store is not.")] | Absent = None
    loaded: Annotated[int, Field(description="Policies.")] | Absent = None
    waiting: Annotated[int, Field(description="Entries of the spool.")] | Absent = None
    bytes: Annotated[int, Field(description="Their size.")] | Absent = None
    capacity: Annotated[int, Field(description="The most bytes of the spool.")] | Absent = None
    lost: Annotated[int, Field(description="Calls that could not be kept.")] | Absent = None


class Parts(Answered):
    """The parts of the service, but for those that are left out."""

    policies: Part | Absent = None
    store: Part | Absent = None
    spool: Part | Absent = None


class Readiness(Answered):
    """Whether the service is ready, and which part is not."""

    status: Literal["ready", "not ready"]
    parts: Parts


class Description(BaseModel):
    """This description."""

    model_config = ConfigDict(extra="allow")

    openapi: Annotated[str, Field(pattern=r"^3\.1\.\d+$")]
    info: dict[str, Any]
    paths: dict[str, Any]
