"""Whether what a policy asks of clinicians can be asked: every question has its words, every word its question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cql_like_rules.policy import Policy
from cql_like_rules.questions.attested import Attested, Footing, Reading
from cql_like_rules.questions.forms import CHOICE, TYPES, Form, forms_of, sections_of
from cql_like_rules.questions.words import Words, words_of
from cql_like_rules.review.outcomes import outcomes_of

_FEWEST_OPTIONS = 2


def question_problems(policy: Policy) -> Iterator[str]:
    """What is to be mended, a line each, each beginning with the policy's id; nothing when all can be asked."""
    attested = Attested(policy)
    footings = {name: attested.by(name) for name in policy.criteria}
    yield from dict.fromkeys(f"{policy.id}: {problem}" for footing in footings.values() for problem in footing.problems)
    read = tuple(dict.fromkeys(reading for footing in footings.values() for reading in footing.readings))
    words = words_of(policy)
    told = (
        *words.problems,
        *_of_links(policy, read),
        *_of_words(read, words),
        *_of_unasked(policy, footings, words),
        *_of_forms(policy, words),
    )
    yield from (f"{policy.id}: {problem}" for problem in told)


def _of_links(policy: Policy, read: tuple[Reading, ...]) -> Iterator[str]:
    for link in dict.fromkeys(reading.link for reading in read):
        types = {TYPES[reading.reader] for reading in read if reading.link == link and reading.reader in TYPES}
        if not link.startswith(f"{policy.id}/"):
            yield f"a criterion reads the attestation {link}, which is of another policy"
        elif not types:
            yield f"a criterion reads the item {link}, and nothing tells of which type its answer is"
        elif len(types) > 1 and link.partition("/")[2] not in policy.criteria:
            yield f"the fact {link} is read as {' and as '.join(sorted(types))}: it can be asked as one of them"


def _of_words(read: tuple[Reading, ...], words: Words) -> Iterator[str]:
    numbers = {reading.link.partition("/")[2] for reading in read}
    for tag, told in (("question", words.questions), ("option", words.options), ("unasked", sorted(words.unasked))):
        for link in told:
            if link not in numbers:
                yield f"@{tag}: {link}: no criterion reads an attestation of this link"


def _of_unasked(policy: Policy, footings: Mapping[str, Footing], words: Words) -> Iterator[str]:
    for name, footing in footings.items():
        numbers = {reading.link.partition("/")[2] for reading in footing.readings}
        if numbers and numbers <= words.unasked:
            yield f"@unasked: {', '.join(sorted(numbers))}: nothing else answers {name}"
    for link in sorted(words.unasked & policy.criteria.keys()):
        yield f"@unasked: {link} is a criterion, and each is asked; a fact it rests on may not be"
    for link in sorted(words.unasked & {*words.questions, *words.options}):
        yield f"@unasked: {link} has words, and nobody sees them"


def _of_forms(policy: Policy, words: Words) -> Iterator[str]:
    if not sections_of(policy):
        yield 'what "Section" comes to cannot be told without a patient: there are no forms'
    for question in dict.fromkeys(question for form in forms_of(policy) for question in form.questions):
        number = question.link.partition("/")[2]
        if question.is_asked and question.text == number:
            yield f"{number} is asked, and has no words: @question: {number} …"
        if question.type == CHOICE and len(question.options) < _FEWEST_OPTIONS:
            yield f"{number} is a choice, and has fewer than two answers: @option: {number} code words"
        if question.is_asked and question.type != CHOICE and words.options.get(number):
            yield f"@option: {number} is no choice: it is asked as {question.type}"
    yield from (f"{form.section}: no answer to its form chooses {section}" for form, section in _closed(policy))


def _closed(policy: Policy) -> Iterator[tuple[Form, str]]:
    """The forms that stand for several sections, with those of them, held to a diagnosis, that they do not lead to."""
    for form in forms_of(policy):
        asked = [question.number for question in form.questions if question.is_asked]
        for section in sections_of(policy):
            is_led_to = any(number.startswith(f"{section}.") for number in asked)
            if section.startswith(f"{form.section}.") and _has_diagnosis(policy, section) and not is_led_to:
                yield form, section


def _has_diagnosis(policy: Policy, section: str) -> bool:
    """Whether a leaf of the section holds the order to a diagnosis, and can be missing."""
    return any(
        criterion.kind == "diagnosis" and not criterion.is_node and "missing" in outcomes_of(policy, name)
        for name, criterion in policy.criteria.items()
        if name.startswith(f"{section}.")
    )
