"""The words of questions, from the tags of a policy: what is asked, and the answers to choose from.

    @question: I.B.1#purpose What is it given for?
    @option: I.B.1#purpose mobilization-autologous To mobilize stem cells before an autologous transplant
    @unasked: I.E.2#consult

Link (without the policy's id) and, for an option, its code come first; the words follow. What is unasked is read where
someone answers it, and no form asks it: the answer to its criterion says the same. The tags stand above any define.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cql_like_rules.policy import Policy

QUESTION_TAGS = ("question", "option", "unasked")


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers of a choice: its code, and the words that stand for it."""

    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a policy's questions, by link, and the links that no form asks.

    `problems` are tags that say nothing, or the same thing twice.
    """

    questions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Sequence[Option]] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def words_of(policy: Policy) -> Words:
    """The words that the tags of a policy give to its questions."""
    questions: dict[str, str] = {}
    options: dict[str, list[Option]] = {}
    unasked: set[str] = set()
    problems: list[str] = []
    for name, value in _tags(policy):
        link, _, rest = value.partition(" ")
        if name == "question":
            if not rest.strip():
                problems.append(f"@question: {value}: a link, a blank and the question are expected")
            elif link in questions:
                problems.append(f"@question: {link} is asked twice")
            else:
                questions[link] = rest.strip()
        elif name == "unasked":
            if not link or rest.strip():
                problems.append(f"@unasked: {value}: a link is expected, and nothing else")
            else:
                unasked.add(link)
        else:
            code, _, display = rest.strip().partition(" ")
            known = options.setdefault(link, [])
            if not display.strip():
                problems.append(f"@option: {value}: a link, a code and its words are expected")
            elif any(option.code == code for option in known):
                problems.append(f"@option: {link} has {code} twice")
            else:
                known.append(Option(code, display.strip()))
    return Words(questions, options, frozenset(unasked), tuple(problems))


def _tags(policy: Policy) -> Iterator[tuple[str, str]]:
    for define in policy.library.syntax.definitions:
        yield from ((tag.name, tag.value) for tag in define.tags if tag.name in QUESTION_TAGS)
