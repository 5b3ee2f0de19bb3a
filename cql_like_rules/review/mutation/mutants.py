"""The mutants of a CQL file: each number moved by its smallest step, each unit exchanged for one it is mistaken for.

A mutant that changes nothing a rule could notice is left out by a tag above its define, with the reason:

    // @equivalent: 2 -> 1: both stand for an early stage
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from cql_like_rules.cql import syntax
from cql_like_rules.review.rule_numbers import is_number

# The first part of a unit that is found here is exchanged.
MISTAKEN_UNITS = {
    "ug": "mg",
    "mg": "ug",
    "g": "mg",
    "kg": "[lb_av]",
    "uL": "mL",
    "mL": "uL",
    "L": "mL",
    "d": "wk",
    "wk": "d",
    "minute": "hour",
    "hour": "day",
    "day": "week",
    "week": "day",
    "month": "week",
    "year": "month",
}
_NUMBER = re.compile(r"-?\s*\d+(?:\.\d+)?")
_DATE = re.compile(r"@[0-9T:.+-]+Z?")
_DAY = re.compile(r"@(\d{4}-\d{2}-\d{2})")
_UNIT_AFTER_NUMBER = re.compile(r"-?\s*\d+(?:\.\d+)?\s*('[^']*'|[a-z]+)")
_EXEMPTION = re.compile(r"(?P<before>\S.*?) -> (?P<after>\S.*?): (?P<reason>\S.*)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one file: `before`, `offset` characters into its text, becomes `after`.

    `library` is the name of the library in the file, `define` the definition where the number stands. `equivalent` is
    the reason why no case can notice; "" where one must.
    """

    file: str
    library: str
    define: str
    line: int
    offset: int
    before: str
    after: str
    equivalent: str = ""

    def applied_to(self, text: str) -> str:
        """The text with this one change."""
        return text[: self.offset] + self.after + text[self.offset + len(self.before) :]

    def __str__(self) -> str:
        return f'{self.file}:{self.line}: "{self.define}" {self.before} -> {self.after}'


def mutants_of(library: syntax.Library, file: str) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its text; `file` is what they are told by.

    Raises ValueError for an `@equivalent` that cannot be read.
    """
    offsets = _line_offsets(library.source)
    for definition in library.definitions:
        reasons = _exemptions(definition)
        for literal in _literals(definition):
            start = offsets[literal.position.line - 1] + literal.position.column - 1
            for place, before, after in _changes(literal, library.source, start):
                reason = reasons.get((before, after), "")
                yield Mutant(file, library.name, definition.name, literal.position.line, place, before, after, reason)


def _exemptions(definition: syntax.Definition) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for tag in definition.tags:
        if tag.name == "equivalent":
            match = _EXEMPTION.fullmatch(tag.value)
            if match is None:
                raise ValueError(f'@equivalent of "{definition.name}": "BEFORE -> AFTER: reason" expected')
            found[match["before"], match["after"]] = match["reason"]
    return found


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
        if isinstance(node, syntax.Expression) and is_number(node) and id(node) not in positions:
            yield node


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


def _neighbouring_dates(written: str) -> tuple[str, ...]:
    """The day before and the day after; none for a time of day, or a date that is not written to the day."""
    match = _DAY.match(written)
    if match is None:
        return ()
    day, rest = datetime.date.fromisoformat(match[1]), written[match.end() :]
    one = datetime.timedelta(days=1)
    return f"@{day - one}{rest}", f"@{day + one}{rest}"


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
