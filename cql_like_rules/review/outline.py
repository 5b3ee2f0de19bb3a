"""The outline of a policy: what a pharmacist reads beside the document, line by line.

Sections with their criteria, how these combine, what is asked for and told, the numbers that each rule holds. The
outline is made of entries, whatever it is printed as.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cql_like_rules.criteria import (
    AllOf,
    AnyOf,
    Choice,
    Constant,
    Guarded,
    Name,
    Negation,
    Structure,
    Test,
    names_of,
)
from cql_like_rules.policy import Criterion, Policy
from cql_like_rules.review.outcomes import outcomes_of
from cql_like_rules.review.rule_numbers import RuleNumber, RuleNumbers
from cql_like_rules.review.words import OMITTED, in_words

_LONGEST_CONDITION = 80
_CONSTANTS = {True: "met", False: "does not apply", None: "missing"}
_CONDITIONS = {True: "holds", False: "does not hold", None: "is not known"}
_TESTS = {True: "has to be met, missing does not count", False: "is not met", None: "is missing"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A criterion, or a line that says how those below it combine.

    `number` is "" for such a line. `remark` is what stands behind the title (kind, how the parts combine), `details`
    are lines of their own, each with a label.
    """

    number: str
    title: str
    remark: str = ""
    details: tuple[tuple[str, str], ...] = ()
    below: tuple[Entry, ...] = ()


def sections_of(policy: Policy) -> tuple[Entry, ...]:
    """The criteria that no other rests on, each with all that is below it, in the order of the document."""
    below = {
        name for criterion in policy.criteria.values() if criterion.structure for name in names_of(criterion.structure)
    }
    outline = _Outline(policy)
    return tuple(outline.criterion(name) for name in policy.criteria if name not in below)


def advisories_of(policy: Policy) -> tuple[Entry, ...]:
    """What is told whatever the criteria say, in the order of the document."""
    outline = _Outline(policy)
    return tuple(outline.advisory(advisory) for advisory in policy.advisories)


class _Outline:
    """An outline in the making: a criterion that stands in several places is written out in the first."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._numbers = RuleNumbers(policy.library)
        self._written: set[str] = set()

    def criterion(self, name: str) -> Entry:
        criterion = self._policy.criteria[name]
        if name in self._written:
            return Entry(name, "(as above)")
        self._written.add(name)
        if criterion.structure is None:
            return Entry(name, criterion.title, criterion.kind, tuple(self._details(criterion)))
        how, below = self._parts(criterion.structure)
        remark = f"{criterion.kind}: {how}" if how else criterion.kind
        return Entry(name, criterion.title, remark, tuple(self._details(criterion)), below)

    def advisory(self, advisory: Criterion) -> Entry:
        details = tuple(self._details(advisory))
        return Entry(advisory.name, advisory.title, f"{advisory.kind}, {advisory.indicator}", details)

    def _details(self, criterion: Criterion) -> Iterator[tuple[str, str]]:
        if criterion.name not in self._policy.criteria:
            yield from self._holds(criterion.name)
            yield from _said("source", criterion.source)
            return
        outcomes = outcomes_of(self._policy, criterion.name)
        if not criterion.is_node:
            yield from self._holds(criterion.name)
            yield from _said("instead", criterion.alternative)
            yield from _said("told as", criterion.limit)
            yield from _said("critical", f"when {criterion.critical}" if criterion.critical else "")
        yield from _said("missing", criterion.ask)
        yield from _said("not met", criterion.unmet)
        yield from _said("weighs", criterion.indicator)
        yield from _said("source", criterion.source)
        if len(outcomes) < len(_CONSTANTS):
            yield "only", ", ".join(outcomes)

    def _holds(self, name: str, told: str = "") -> Iterator[tuple[str, str]]:
        numbers = self._numbers.of(name)
        if not all(number.text in told for number in numbers):
            yield "holds", numbers_in_words(numbers, name)

    # --- how criteria combine ----------------------------------------------------------------------------------------

    def _parts(self, structure: Structure) -> tuple[str, tuple[Entry, ...]]:
        """How the parts of a structure combine, and an entry for each."""
        match structure:
            case AllOf(parts):
                return "all of", tuple(self._entry(part) for part in parts)
            case AnyOf(parts):
                return "any of", tuple(self._entry(part) for part in parts)
            case Choice(branches, otherwise):
                chosen = tuple(self._labelled(f"when {self._words(when)}", part, when) for when, part in branches)
                return "the first that applies", (*chosen, self._labelled("otherwise", otherwise))
        return "", (self._entry(structure),)

    def _entry(self, structure: Structure) -> Entry:
        match structure:
            case Name(name, True):
                return self.criterion(name)
            case Guarded(condition, part):
                return self._labelled(f"unless known not to be so: {self._words(condition)}", part, condition)
            case Test(Name(name, True), expected):
                entry = self.criterion(name)
                remark = "; ".join(part for part in (entry.remark, _TESTS[expected]) if part)
                return replace(entry, remark=remark)
            case Negation(part):
                return self._labelled("not", part)
            case AllOf() | AnyOf() | Choice():
                how, below = self._parts(structure)
                return Entry("", how, below=below)
        return Entry("", self._words(structure))

    def _labelled(self, label: str, part: Structure, condition: Structure | None = None) -> Entry:
        """A line that says when a part applies, with the numbers of the condition that it does not tell itself."""
        conditions = () if condition is None else _conditions_in(condition)
        details = tuple(detail for name in conditions for detail in self._holds(name, label))
        if isinstance(part, Constant):
            return Entry("", f"{label}: {_CONSTANTS[part.value]}", details=details)
        if isinstance(part, AllOf | AnyOf | Choice):
            how, below = self._parts(part)
            return Entry("", f"{label}, {how}", details=details, below=below)
        return Entry("", label, details=details, below=(self._entry(part),))

    def _words(self, structure: Structure) -> str:
        match structure:
            case Name(name, is_criterion):
                return name if is_criterion else self._condition(name)
            case Constant(value):
                return _CONSTANTS[value]
            case Negation(part):
                return f"not {self._words(part)}"
            case Test(part, expected):
                return f"{self._words(part)} {_CONDITIONS[expected]}"
            case AllOf(parts):
                return " and ".join(map(self._words, parts))
            case AnyOf(parts):
                return " or ".join(map(self._words, parts))
        return OMITTED

    def _condition(self, name: str) -> str:
        """A condition by its name, with what it says where that is short."""
        define = self._policy.library.defines.get(name)
        words = OMITTED if define is None else in_words(define.expression)
        return f"{name} [{words}]" if OMITTED not in words and len(words) <= _LONGEST_CONDITION else name


def _conditions_in(structure: Structure) -> tuple[str, ...]:
    """The conditions that a condition is made of."""
    match structure:
        case Name(name, is_criterion):
            return () if is_criterion else (name,)
        case AllOf(parts) | AnyOf(parts):
            return tuple(name for part in parts for name in _conditions_in(part))
        case Negation(part) | Test(part, _):
            return _conditions_in(part)
    return ()


def numbers_in_words(numbers: Iterable[RuleNumber], name: str) -> str:
    """The numbers of a define in one line, each with the define where it stands when that is another one."""
    return "; ".join(
        f"{number.relation} {number.text}".strip() + (f" ({number.define})" if number.define != name else "")
        for number in numbers
    )


def _said(label: str, text: str) -> Iterator[tuple[str, str]]:
    if text:
        yield label, text
