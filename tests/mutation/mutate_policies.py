"""Changes every number of every policy, one at a time, and sees that a case fails: `make mutate`.

A number that can be changed without a case failing is a number that nobody checks. Each literal of `policy.cql` is
moved by its smallest meaningful step up and down, and its unit to the one it is most often mistaken for; the policy is
compiled anew and its cases are run until one fails. A line a mutant; exit 1 when any survives.

    python tests/mutation/mutate_policies.py [POLICY …]
"""

from __future__ import annotations

import datetime
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeGuard

import click

from cql_like_rules.cases import Case, cases_of, determined, differences, read_case
from cql_like_rules.cql import syntax
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.orders import Order
from cql_like_rules.policy import POLICIES, Policy, load_policy
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology, load_terminology

# Units that are mistaken for one another. The first part of a unit that is found here is exchanged.
MISTAKEN_UNITS = {
    "ug": "mg",
    "mg": "ug",
    "kg": "[lb_av]",
    "uL": "mL",
    "hour": "day",
    "day": "week",
    "month": "week",
    "year": "month",
}
_NUMBER = re.compile(r"-?\s*\d+(?:\.\d+)?")
_DATE = re.compile(r"@[0-9T:.+-]+Z?")
_UNIT_AFTER_NUMBER = re.compile(r"-?\s*\d+(?:\.\d+)?\s*('[^']*'|[a-z]+)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of the text of a policy: `before` at `start` becomes `after`. `define` is where it stands."""

    define: str
    line: int
    start: int
    before: str
    after: str

    def applied_to(self, text: str) -> str:
        return text[: self.start] + self.after + text[self.start + len(self.before) :]

    def __str__(self) -> str:
        return f'{self.line}: "{self.define}" {self.before} -> {self.after}'


@dataclass(frozen=True, slots=True)
class Story:
    """A case with its record and order read once. `criteria` are those that its determination rests on."""

    case: Case
    record: Record
    order: Order
    criteria: frozenset[str]


def mutants_of(library: syntax.Library) -> Iterator[Mutant]:
    """Every mutant of a policy, in the order of its text."""
    offsets = _line_offsets(library.source)
    for definition in library.definitions:
        for literal in _literals(definition):
            start = offsets[literal.position.line - 1] + literal.position.column - 1
            for place, before, after in _changes(literal, library.source, start):
                yield Mutant(definition.name, literal.position.line, place, before, after)


def _literals(definition: syntax.Definition) -> Iterator[syntax.Expression]:
    """The numbers, quantities and dates of a definition that carry a rule.

    Left out by kind: strings (among them regular expressions), truth values, and the position in a list (`[0]`), which
    says where an element stands in FHIR and not what the document asks for.
    """
    positions = {
        id(node.operands[1])
        for node in definition.walk()
        if isinstance(node, syntax.Operation) and node.operator == "Indexer"
    }
    for node in definition.walk():
        if _is_number(node) and id(node) not in positions:
            yield node


def _is_number(node: syntax.Node) -> TypeGuard[syntax.Expression]:
    if isinstance(node, syntax.Literal):
        return not isinstance(node.value, bool | str)
    return isinstance(node, syntax.QuantityLiteral | syntax.DateTimeLiteral)


def _changes(literal: syntax.Expression, text: str, start: int) -> Iterator[tuple[int, str, str]]:
    if isinstance(literal, syntax.DateTimeLiteral):
        before = _matched(_DATE, text, start)
        yield from ((start, before, after) for after in _neighbouring_dates(before))
        return
    before = _matched(_NUMBER, text, start)
    yield from ((start, before, after) for after in _neighbouring_numbers(before))
    if isinstance(literal, syntax.QuantityLiteral):
        yield from _mistaken_unit(text, start)


def _neighbouring_numbers(written: str) -> tuple[str, str]:
    """One step of the last written digit down and up: 55 -> 54 and 56, 0.5 -> 0.4 and 0.6."""
    value = Decimal(written.replace(" ", ""))
    step = Decimal(1).scaleb(int(value.as_tuple().exponent))
    return str(value - step), str(value + step)


def _neighbouring_dates(written: str) -> tuple[str, str]:
    """The day before and the day after."""
    day = datetime.date.fromisoformat(written[1:11])
    one = datetime.timedelta(days=1)
    return f"@{day - one}{written[11:]}", f"@{day + one}{written[11:]}"


def _mistaken_unit(text: str, start: int) -> Iterator[tuple[int, str, str]]:
    match = _UNIT_AFTER_NUMBER.match(text, start)
    if match is None:
        return
    before = match[1]
    for part in re.findall(r"\w+", before):
        other = MISTAKEN_UNITS.get(part) or MISTAKEN_UNITS.get(part.removesuffix("s"))
        if other is not None:
            yield match.start(1), before, before.replace(part, other, 1)
            return


def _matched(pattern: re.Pattern[str], text: str, start: int) -> str:
    match = pattern.match(text, start)
    if match is None:
        raise ValueError(f"no literal where the parser found one: {text[start : start + 20]!r}")
    return match[0]


def _line_offsets(text: str) -> list[int]:
    offsets = [0]
    for line in text.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    return offsets


def criteria_resting_on(library: syntax.Library) -> Mapping[str, frozenset[str]]:
    """For every definition the definitions whose value may depend on it, itself among them."""
    uses = {definition.name: _names_in(definition) for definition in library.definitions}
    return {name: frozenset(_closure(name, uses)) for name in uses}


def _names_in(definition: syntax.Definition) -> set[str]:
    return {node.name for node in definition.walk() if isinstance(node, syntax.IdentifierRef | syntax.FunctionRef)}


def _closure(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    found = {name}
    while True:
        more = {user for user, used in uses.items() if used & found} - found
        if not more:
            return found
        found |= more


def stories_of(cases: Iterable[Case], policy: Policy, terminology: Terminology) -> list[Story]:
    """The cases, read once. Raises ValueError when one of them fails before anything was changed."""
    stories = []
    for case in cases:
        record, order = read_case(case, terminology)
        determination = determined(case, policy, record, order)
        failed = differences(case, determination)
        if failed:
            raise ValueError(f"{policy.id}: {case.name}: {'; '.join(failed)}")
        stories.append(Story(case, record, order, frozenset(result.section for result in determination.criteria)))
    return stories


def killer_of(policy: Policy, stories: Iterable[Story]) -> str | None:
    """The name of the first case that fails; None when all pass."""
    for story in stories:
        if differences(story.case, determined(story.case, policy, story.record, story.order)):
            return f"{story.case.file.stem}: {story.case.name}"
    return None


class Mutation:
    """One policy under mutation: its text, its cases, and a place for its changed copies."""

    def __init__(self, folder: Path, terminology: Terminology) -> None:
        self.terminology = terminology
        self.text = (folder / "policy.cql").read_text(encoding="utf-8")
        library, problems = parse_library(self.text, str(folder / "policy.cql"))
        if library is None or problems:
            raise CqlError(problems)
        self.library = library
        self.dependents = criteria_resting_on(library)
        self.stories = stories_of(cases_of(folder), load_policy(folder, terminology), terminology)

    def killer(self, mutant: Mutant) -> str | None:
        """What kills the mutant: a case, or the compiler; None when it survives."""
        try:
            changed = self._compiled(mutant.applied_to(self.text))
        except CqlError as error:
            return f"the compiler: {error.problems[0].message}"
        return killer_of(changed, self._likely_first(mutant))

    def _compiled(self, text: str) -> Policy:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "policy.cql").write_text(text, encoding="utf-8")
            return load_policy(Path(folder), self.terminology)

    def _likely_first(self, mutant: Mutant) -> Sequence[Story]:
        """All stories, those first whose criteria rest on the changed definition most narrowly."""
        dependents = self.dependents[mutant.define]
        return sorted(self.stories, key=lambda story: not (story.criteria & dependents))


def main(arguments: Sequence[str]) -> int:
    """Mutates the named policies, all when none is named. Returns the exit status: 1 when a mutant survives."""
    terminology = load_terminology()
    survivors = total = 0
    for path in sorted(POLICIES.glob("*/policy.cql")):
        if arguments and path.parent.name not in arguments:
            continue
        mutation = Mutation(path.parent, terminology)
        for mutant in mutants_of(mutation.library):
            killer = mutation.killer(mutant)
            total += 1
            survivors += killer is None
            place = f"{path.parent.name}/policy.cql:{mutant}"
            click.echo(f"{place}  killed by {killer}" if killer else f"SURVIVED {place}")
    click.echo(f"{total} mutants, {total - survivors} killed, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
