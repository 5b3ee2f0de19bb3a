"""What changed from one version of a policy to another, for whoever has to approve the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypeVar

from cql_like_rules.cql import syntax
from cql_like_rules.policy import Criterion, Policy
from cql_like_rules.review.page import Page, Table
from cql_like_rules.review.resting import Resting
from cql_like_rules.review.rule_numbers import RuleNumbers, Written, is_written
from cql_like_rules.review.shapes import NumberChange, RuleChange, change_between
from cql_like_rules.review.words import in_words

Row: TypeAlias = tuple[str, ...]
T = TypeVar("T")

_HEAD = {"title": "title", "publisher": "publisher", "effective": "from", "until": "until", "nature": "document"}
_WORDS = ("kind", "title", "ask", "unmet", "indicator", "alternative", "limit", "critical", "source")
_LABELS = {"ask": "missing", "unmet": "not met"}
_OUTCOMES = ("Applies", "Phase", "Section", "Approval months", "Approval until", "Referral")
_SHOWN = 6


def changes_of(old: Policy, new: Policy) -> Page:
    """The differences, a block each kind; no block when the two say the same."""
    return _Comparison(old, new).page()


class _Comparison:
    """Two versions, with what rests on what in each."""

    def __init__(self, old: Policy, new: Policy) -> None:
        self.old = old
        self.new = new
        self._users_of_old = _users(old)
        self._users_of_new = _users(new)
        self._numbers: list[Row] = []
        self._rules: list[Row] = []
        self._structure: list[Row] = []

    def page(self) -> Page:
        self._compare_definitions()
        blocks = (
            Table("Head", tuple(self._head())),
            Table("Numbers", tuple(self._numbers)),
            Table("Criteria", tuple(self._criteria(self.old.criteria, self.new.criteria))),
            Table("How criteria combine", tuple(self._structure)),
            Table("Advisories", tuple(self._criteria(_by_name(self.old.advisories), _by_name(self.new.advisories)))),
            Table("Rules", tuple(self._rules)),
            Table("Value sets and codes", tuple(self._terminology())),
            Table("Shared libraries", tuple(self._libraries())),
        )
        title = f"{self.old.id}@{self.old.version} -> {self.new.id}@{self.new.version}"
        return Page(title, tuple(block for block in blocks if block.rows))

    # --- the head ----------------------------------------------------------------------------------------------------

    def _head(self) -> Iterator[Row]:
        yield from _changed("policy", self.old.id, self.new.id)
        yield from _changed("version", self.old.version, self.new.version)
        for name, label in _HEAD.items():
            yield from _changed(label, str(getattr(self.old, name) or "–"), str(getattr(self.new, name) or "–"))
        yield from _changed("reviewed", _tag(self.old, "reviewed"), _tag(self.new, "reviewed"))

    # --- criteria and advisories -------------------------------------------------------------------------------------

    def _criteria(self, old: Mapping[str, Criterion], new: Mapping[str, Criterion]) -> Iterator[Row]:
        for name, was, now in _both(old, new):
            if was is None and now is not None:
                yield name, "added", f"{now.title} ({now.kind}{', ' + now.indicator if now.indicator else ''})"
            elif now is None and was is not None:
                yield name, "removed", f"{was.title} ({was.kind})"
            elif was is not None and now is not None:
                for word in _WORDS:
                    label = _LABELS.get(word, word)
                    yield from ((name, *row) for row in _changed(label, getattr(was, word), getattr(now, word)))
                tags = (policy.library.defines[name].tag("only") or "" for policy in (self.old, self.new))
                yield from ((name, *row) for row in _changed("only", *tags))

    # --- definitions -------------------------------------------------------------------------------------------------

    def _compare_definitions(self) -> None:
        for name, was, now in _both(_definitions(self.old), _definitions(self.new)):
            if was is not None and now is not None:
                self._compare(name, was, now)
            elif name not in self.old.criteria and name not in self.new.criteria:
                policy = self.new if was is None else self.old
                numbers = ", ".join(number.text for number in RuleNumbers(policy.library).of(name))
                what = "added" if was is None else "removed"
                self._rules.append((name, f"{what}: {numbers}" if numbers else what, self._users(policy, name)))

    def _compare(self, name: str, was: Written, now: Written) -> None:
        change = change_between(was, self.old.library.syntax.source, now, self.new.library.syntax.source)
        if isinstance(change, RuleChange):
            if self._is_node(name) and isinstance(was, syntax.ExpressionDef) and isinstance(now, syntax.ExpressionDef):
                self._structure.append((name, f"was {in_words(was.expression)}"))
                self._structure.append(("", f"is {in_words(now.expression)}"))
            else:
                first, *others = change.lines
                self._rules += [(name, first, self._users(self.new, name)), *(("", line, "") for line in others)]
        else:
            self._numbers += [self._number(name, each) for each in change or ()]

    def _number(self, name: str, change: NumberChange) -> Row:
        return name, f"{change.before} -> {change.after}", self._users(self.new, name)

    def _is_node(self, name: str) -> bool:
        return all(name in policy.criteria and policy.criteria[name].is_node for policy in (self.old, self.new))

    def _users(self, policy: Policy, name: str) -> str:
        """The criteria, advisories and outcomes that rest on a definition; a node only where no leaf does."""
        users = (self._users_of_new if policy is self.new else self._users_of_old).get(name, ())
        leaves = [each for each in users if each not in policy.criteria or not policy.criteria[each].is_node]
        shown = leaves or list(users)
        return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")

    # --- terminology and libraries -----------------------------------------------------------------------------------

    def _terminology(self) -> Iterator[Row]:
        for name, was, now in _both(_terms(self.old), _terms(self.new)):
            policy = self.old if now is None else self.new
            if was is None or now is None:
                told = f"added: {now}" if was is None else f"removed: {was}"
                yield name, told, self._users(policy, name)
            elif was != now:
                yield name, f"{was} -> {now}", self._users(policy, name)

    def _libraries(self) -> Iterator[Row]:
        for name, was, now in _both(_includes(self.old), _includes(self.new)):
            yield from _changed(name, was or "–", now or "–")


def _both(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    """Every name of either, those of the new version in their order, then those that went."""
    for name in dict.fromkeys((*new, *old)):
        yield name, old.get(name), new.get(name)


def _changed(label: str, before: str, after: str) -> Iterator[Row]:
    if before != after:
        yield label, f"{before or '–'} -> {after or '–'}"


def _tag(policy: Policy, name: str) -> str:
    return next((tag.value for tag in policy.library.tags if tag.name == name), "")


def _by_name(criteria: tuple[Criterion, ...]) -> dict[str, Criterion]:
    return {criterion.name: criterion for criterion in criteria}


def _definitions(policy: Policy) -> dict[str, Written]:
    return {each.name: each for each in policy.library.syntax.definitions if is_written(each)}


def _terms(policy: Policy) -> dict[str, str]:
    """The value sets and codes that a policy names, each with what the name stands for."""
    terms: dict[str, str] = {}
    for definition in policy.library.syntax.definitions:
        match definition:
            case syntax.ValueSetDef(id=url):
                terms[definition.name] = url.rpartition("/")[2]
            case syntax.CodeDef(id=code, codesystem=system):
                terms[definition.name] = f"{system} {code}"
    return terms


def _includes(policy: Policy) -> dict[str, str]:
    definitions = policy.library.syntax.definitions
    return {each.library: each.version or "" for each in definitions if isinstance(each, syntax.IncludeDef)}


def _users(policy: Policy) -> dict[str, tuple[str, ...]]:
    """For every definition the criteria, advisories and outcomes that rest on it, in the order of the document."""
    resting = Resting(policy.library.syntax)
    users: dict[str, list[str]] = {}
    for name in (*policy.criteria, *_by_name(policy.advisories), *_OUTCOMES):
        for used in resting.on(name):
            users.setdefault(used, []).append(name)
    return {name: tuple(found) for name, found in users.items()}
