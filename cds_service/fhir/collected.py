"""What has come together of a record so far: what the call brought, what was fetched, and what could not be had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.orders import EVALUATED_TYPE, Orders, bundled, orders_among
from cds_service.cdshooks.outcome import refused
from cds_service.limits.calls import too_many_of_a_type
from cql_like_rules import lenient
from cql_like_rules.record import Record, RecordNote
from cql_like_rules.terminology import Terminology

from .bundles import answered_types, is_narrowed, is_readable, next_page, refusal_in, resources_in
from .client import TOKEN_REJECTED, TOO_MUCH, Fetched
from .prefetch import READ_TYPES, RESOURCE_TYPES, Template
from .references import of_another_patient

_DRAFT = "draft"
# FHIR R4, medicationrequest-status; `unknown` says nothing.
_STATUSES = frozenset({"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", _DRAFT})


@dataclass(slots=True)
class Collected:
    """The material of one record.

    `templates` are those of the prefetch keys that are understood.
    `values` are resources and Bundles as they came, `delivered` the resource types that were asked for and answered,
    `answered` the prefetch keys that are not asked again, `unfinished` those of which there are further pages,
    `token_rejected` whether the server refused the access token, `outcomes` how many fetches ended in what way (`ok`,
    or the kind of a FetchProblem).
    """

    request: HookRequest
    templates: Mapping[str, Template]
    values: list[Any] = field(default_factory=list)
    delivered: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    unfinished: list[tuple[Template, Mapping[str, Any]]] = field(default_factory=list)
    notes: list[RecordNote] = field(default_factory=list)
    token_rejected: bool = False
    outcomes: Counter[str] = field(default_factory=Counter)

    def take_prefetch(self) -> None:
        """Takes what the call brought."""
        for key, value in self.request.prefetch.items():
            template = self.templates.get(key)
            if template is None:
                self._take_unasked(value)
            else:
                self._take(template, value)

    def _take(self, template: Template, value: Any) -> None:
        """The value of a key that this service knows."""
        if value is not None:
            self.values.append(value)
        if refusal_in(value):
            self.answered.add(template.key)
            self.note(template.words, "the record system answered that it could not provide it", template.types)
        elif is_narrowed(value, template.query):
            self._say(f"only a part of {template.words} came with the call", template.types)
        elif isinstance(value, Mapping) and next_page(value):
            self.answered.add(template.key)
            self.unfinished.append((template, value))
        elif _answers(template, value):
            self.answered.add(template.key)
            self.delivered.update(template.types)
        else:
            self._say(f"{template.words} that came with the call could not be read", template.types)

    def _take_unasked(self, value: Any) -> None:
        """The value of another key: what it holds is used, and what it was evidently a search for counts as asked."""
        if not any(True for _ in resources_in(value)):
            return
        self.values.append(value)
        if isinstance(value, Mapping) and (next_page(value) or is_narrowed(value)):
            return
        if not refusal_in(value):
            # One resource tells nothing of others of its type, but there is only one where a type is read by its id.
            alone = isinstance(value, Mapping) and value.get("resourceType") != "Bundle"
            self.delivered |= answered_types(value) & (READ_TYPES if alone else RESOURCE_TYPES)

    def take_fetched(self, template: Template | None, words: str, fetched: Fetched) -> None:
        """Takes what was fetched; when that is all there is, the types of its template are delivered."""
        self.outcomes[fetched.problem.kind if fetched.problem else "ok"] += 1
        if too_many_of_a_type(fetched.values):
            fetched = Fetched(problem=TOO_MUCH)
        self.values.extend(fetched.values)
        if fetched.problem is not None:
            self.token_rejected |= fetched.problem is TOKEN_REJECTED
            self.note(words, fetched.problem.reason, template.types if template else ())
        elif template is not None and any(is_narrowed(value, template.query) for value in fetched.values):
            self.note(words, "the record system looked for a part of it only", template.types)
        elif template is not None:
            self.delivered.update(template.types)

    def give_up_pages(self) -> None:
        """Notes the pages that there is no server to read from."""
        for template, _ in self.unfinished:
            reason = "the call brought a first page, and no server to read further pages from"
            self.note(template.words, reason, template.types)

    def note(self, words: str, reason: str, types: tuple[str, ...] = ()) -> None:
        """Notes why something could not be had; `types` where only resources of these are missing for it."""
        self._say(f"{words} could not be fetched: {reason}", types)

    def _say(self, clause: str, types: tuple[str, ...]) -> None:
        self.notes.append(RecordNote("", "", f"{clause[0].upper()}{clause[1:]}.", types))

    def refuse_other_patients(self) -> None:
        """Raises CallRefused with 400 when anything is about another patient than the one of the call."""
        context = self.request.context
        for what, resources in (
            ("An order", bundled(context.drafts)),
            ("A resource of the record", resources_in(self.values)),
        ):
            if of_another_patient(resources, context.patient_id) is not None:
                raise refused(400, "invariant", f"{what} is about another patient than context.patientId.")

    def present(self) -> set[str]:
        """`Type/id` of every resource that has come."""
        resources = (*bundled(self.request.context.drafts), *resources_in(self.values))
        return {f"{each.get('resourceType')}/{each.get('id')}" for each in resources}

    def orders(self) -> Orders:
        """What is ordered: the drafts of the call, or what has come of the orders that it names."""
        return self.request.context.orders(dict(each) for each in resources_in(self.values))

    def record(self, terminology: Terminology | None) -> Record:
        """The record of everything that has come."""
        context = self.request.context
        values = [member for value in self.values for member in (value if isinstance(value, list) else (value,))]
        entries = lenient.objects(context.drafts.get("entry"))
        drafts = {**context.drafts, "entry": [_about_to_be_signed(entry) for entry in entries]}
        # An order that is changed has the id of the one in force: what is signed now counts, not what it replaces.
        signed = {_reference(order) for order in orders_among(bundled(context.drafts))}
        kept = [_without(value, signed) for value in values if _reference(value) not in signed]
        return Record([*kept, drafts], self.delivered, context.patient_id, terminology)


def _without(value: Any, references: set[str]) -> Any:
    """A Bundle without the resources of these references; whatever else it is as it stands."""
    entries = lenient.items(value.get("entry")) if isinstance(value, Mapping) else ()
    left = [each for each in entries if _reference(lenient.first_object(each).get("resource")) not in references]
    return value if len(left) == len(entries) else {**value, "entry": left}


def _reference(resource: Any) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, Mapping) else ""


def _about_to_be_signed(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A draft order as rules see it: one without a status that FHIR knows is a draft, however the client spells it.

    The order itself, which cards give back, stays as it was sent.
    """
    resource = lenient.first_object(entry.get("resource"))
    if resource.get("resourceType") != EVALUATED_TYPE:
        return entry
    status = lenient.text(resource.get("status")).lower()
    return {**entry, "resource": {**resource, "status": status if status in _STATUSES else _DRAFT}}


def _answers(template: Template, value: Any) -> bool:
    """True when the value is an answer to the template: nothing, a Bundle, or resources of its types."""
    if value is None or value == []:
        return True
    if isinstance(value, Mapping) and value.get("resourceType") == "Bundle":
        return is_readable(value)
    return template.may_hold(answered_types(value))
