"""A policy on one page: head, outline, and what else a reviewer has to know, as blocks that can be printed anyhow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cql_like_rules.cql import syntax
from cql_like_rules.cql.library import ValueSets
from cql_like_rules.policy import Policy
from cql_like_rules.review.outline import Entry, advisories_of, numbers_in_words, sections_of
from cql_like_rules.review.rule_numbers import RuleNumbers
from cql_like_rules.review.words import in_words, rows

_NATURES = {"coverage": "coverage: what is paid for", "guidance": "guidance: how to treat"}
_NOTHING = in_words(syntax.Null(syntax.Position("", 0, 0)))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a heading; the last column is the widest."""

    heading: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """Entries under a heading."""

    heading: str
    entries: tuple[Entry, ...]


Block: TypeAlias = Table | Tree


@dataclass(frozen=True, slots=True)
class Page:
    """A title and blocks; those without content are left out."""

    title: str
    blocks: tuple[Block, ...]


def page_of(policy: Policy, valuesets: ValueSets) -> Page:
    """What a reviewer reads of a policy beside its document."""
    blocks: tuple[Block, ...] = (
        Table("", tuple(_head(policy))),
        Table("Section that an order is held against", tuple(_decision(policy, "Section"))),
        Tree("Criteria", sections_of(policy)),
        Tree("Advisories: told whatever the criteria say", advisories_of(policy)),
        Table("Drugs to use instead", tuple(_alternatives(policy))),
        Table("Approval and referral", tuple(_results(policy))),
        Table("Parameters and their defaults", tuple(_parameters(policy))),
        Table("Value sets", tuple(_value_sets(policy, valuesets))),
        Table("Codes by themselves", tuple(_codes(policy))),
        Table("Shared libraries", tuple((library.name, library.version or "") for library in _libraries(policy))),
    )
    return Page(policy.title, tuple(block for block in blocks if _content(block)))


def _content(block: Block) -> object:
    return block.rows if isinstance(block, Table) else block.entries


def _head(policy: Policy) -> Iterator[tuple[str, ...]]:
    yield "policy", f"{policy.id}, version {policy.version}"
    if policy.publisher:
        yield "publisher", policy.publisher
    yield "document", _NATURES[policy.nature]
    if policy.effective or policy.until:
        begun = f"from {policy.effective}" if policy.effective else "from the beginning"
        yield "in force", f"{begun} until {policy.until}" if policy.until else begun
    for tag in policy.library.tags:
        if tag.name == "reviewed":
            yield tag.name, tag.value
    yield "about", in_words(policy.library.defines["Applies"].expression)


def _decision(policy: Policy, name: str) -> Iterator[tuple[str, ...]]:
    """The rows of a define: what it comes to, and when, unless a row above applies; a last "nothing" is left out."""
    define = policy.library.defines.get(name)
    found = rows(define.expression) if define else ()
    for row in found:
        if row.result != _NOTHING or row.conditions:
            result = "nothing" if row.result == _NOTHING else row.result.strip("'")
            yield result, " and ".join(row.conditions) or ("otherwise" if len(found) > 1 else "always")


def _alternatives(policy: Policy) -> Iterator[tuple[str, ...]]:
    numbers = RuleNumbers(policy.library)
    for name in dict.fromkeys(criterion.alternative for criterion in policy.criteria.values()):
        told = ""
        for drug, when in _decision(policy, name):
            told += drug
            yield name, drug, when
        held = numbers.of(name)
        if not all(number.text in told for number in held):
            yield name, f"holds: {numbers_in_words(held, name)}", ""


def _results(policy: Policy) -> Iterator[tuple[str, ...]]:
    for name, label in (("Approval months", "approved for"), ("Approval until", "approved until")):
        for result, when in _decision(policy, name):
            yield label, f"{result} months" if result.isdecimal() else result, when
    for result, when in _decision(policy, "Referral"):
        yield "turn to", result, when


def _parameters(policy: Policy) -> Iterator[tuple[str, ...]]:
    for parameter in policy.library.parameters.values():
        default = parameter.syntax.default
        if default is not None and not isinstance(default, syntax.Null):
            yield parameter.name, in_words(default)


def _value_sets(policy: Policy, valuesets: ValueSets) -> Iterator[tuple[str, ...]]:
    for definition in policy.library.syntax.definitions:
        if isinstance(definition, syntax.ValueSetDef):
            found = valuesets.resolve(definition.id)
            count = len(found.codes) if found else 0
            yield definition.name, f"{count} code{'' if count == 1 else 's'}", definition.id.rpartition("/")[2]


def _codes(policy: Policy) -> Iterator[tuple[str, ...]]:
    for definition in policy.library.syntax.definitions:
        if isinstance(definition, syntax.CodeDef):
            yield definition.name, f"{definition.codesystem} {definition.id}", definition.display or ""


def _libraries(policy: Policy) -> Iterator[syntax.Library]:
    for included in policy.library.includes.values():
        yield included.syntax
