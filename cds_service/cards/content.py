"""What a card says, before it becomes JSON, and what it may draw on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from cql_like_rules.determination import CriterionResult, Determination, Status
from cql_like_rules.orders.order import Order
from cql_like_rules.policy import Policy

from .text import first_sentence, markdown, plain


class Resource(Protocol):
    """A FHIR resource, as its JSON."""

    @property
    def json(self) -> Any: ...


class Resources(Protocol):
    """Where the resources that a status rests on are looked up, to name them in words; a `Record` is one."""

    def find(self, reference: str) -> Resource | None: ...

    def identified_by_text(self, reference: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class CardLinks:
    """What a card takes from the call that it answers.

    `hook_instance` makes the uuids of one call its own; `policy_page` is the absolute address under which each policy
    has a page named by its id; with "" nothing is linked, as a policy's canonical url need not be a page.
    """

    hook_instance: str = ""
    policy_page: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One click that repairs the order: a label of at most 60 characters and CDS Hooks actions that go together."""

    label: str
    actions: tuple[dict[str, Any], ...]
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class NoSuggestion:
    """Why the order is not repaired with one click, in a sentence for the prescriber."""

    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """What one card says: plain summary, Markdown paragraphs, the criteria it is about, suggestions."""

    kind: str
    indicator: str
    summary: str
    paragraphs: tuple[str, ...]
    criteria: tuple[CriterionResult, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class CardContext:
    """The determination that cards are written for, with what they draw on."""

    determination: Determination
    links: CardLinks = CardLinks()
    resources: Resources | None = None

    @property
    def order(self) -> Order:
        return self.determination.order

    @property
    def policy(self) -> Policy:
        return self.determination.policy

    @property
    def drug(self) -> str:
        """What the prescriber calls the drug, for plain text."""
        return plain(self.order.product.name) or "This order"


def statement(criterion: CriterionResult) -> str:
    """What is to be said of a criterion, in the words of the policy's author.

    What to supply when it is missing, what is wrong when it is not met, else what it is about.
    """
    if criterion.status is Status.MISSING:
        return criterion.ask or criterion.title
    if criterion.status is Status.NOT_MET:
        return criterion.unmet or f"Not met: {criterion.title}"
    return criterion.title


def headline(criterion: CriterionResult) -> str:
    """The statement on a criterion as one sentence without its full stop."""
    return first_sentence(statement(criterion)) or criterion.section


def printed_number(criterion: CriterionResult) -> str:
    """The place in the document: the number as it is printed, without the names of parts that it leaves unnumbered."""
    number = criterion.source or criterion.section.partition("#")[0]
    for mark, words in ((".lead", ""), (".dur", " (approval duration)"), (".fn-", " (footnote)")):
        head, found, _ = number.partition(mark)
        if found:
            return head + words
    return number


def citation(policy: Policy) -> str:
    """The policy and its version: `POLICY version 08.25`, in Markdown."""
    return markdown(f"{policy.id} version {policy.version}" if policy.version else policy.id)


def source_line(context: CardContext) -> str:
    """The paragraph that closes a card: where it is written."""
    section = context.determination.section
    where = f", section {markdown(section)}" if section else ""
    name = "Guidance" if context.policy.is_guidance else "Policy"
    return f"{name}: {citation(context.policy)}{where}."
