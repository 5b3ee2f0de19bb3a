"""Random expressions in both engines: which of them differ, and where in them the difference begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.evaluation import Evaluation, Outcome
from cql_like_rules.cql.library import CompiledLibrary, SourceText, compile_text
from cql_like_rules.cql.values.concept import ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.record import Record
from tests.reference.expressions import DEFINES, LIBRARY, VALUE_SETS, Expression
from tests.reference.reference import Reference
from tests.reference.wire import agree, from_json

AS_OF = DateTime(2026, 1, 15, 9, 30, 0, 0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine makes of an expression: its value, or why it has none."""

    value: Any = None
    failure: str = ""

    def __str__(self) -> str:
        return f"fails ({self.failure})" if self.failure else _told(self.value)


@dataclass(frozen=True, slots=True)
class RandomDifference:
    """The innermost expression that differs, over a record; its parts have the same values in both engines."""

    expression: Expression
    record: Sequence[Any]
    ours: Answer
    theirs: Answer
    parts: tuple[str, ...]

    def __str__(self) -> str:
        """One line: the form with the values of its parts, and what each engine makes of it."""
        return f"{self.expression.form.format(*self.parts)} | {self.ours} | {self.theirs}"


def _told(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list():
            return "{" + ", ".join(map(_told, value)) + "}"
        case Date() | DateTime():
            return f"@{value}"
        case Time():
            return f"@T{value}"
        case Interval():
            ends = f"{_told(value.low)}, {_told(value.high)}"
            return f"Interval{'[' if value.low_closed else '('}{ends}{']' if value.high_closed else ')'}"
    return repr(value) if isinstance(value, str) else str(value)


class _Nothing:
    """No library: that of the expressions includes none."""

    def read(self, name: str, version: str | None) -> SourceText | None:
        return None


class _ValueSets:
    """The value sets of LIBRARY."""

    def resolve(self, url: str) -> ValueSet | None:
        return ValueSet(url, codes=frozenset(VALUE_SETS[url])) if url in VALUE_SETS else None


Answers = Mapping[Expression, Answer]


def differences(
    reference: Reference, batch: Sequence[Expression], records: Sequence[Sequence[Any]]
) -> Iterator[RandomDifference]:
    """The innermost expressions of the batch that differ over the records.

    Every form in an expression is a define of its own, over the defines of its parts. So a difference is where the
    parts are the same and the whole is not; and the translator, which takes time exponential in the depth of
    parentheses, meets none. The defines of LIBRARY are compared like the others.
    """
    defines = _defines_of(batch)
    for record, ours, theirs in _answers(reference, defines, records):
        differ = {each for each in ours if not _same(ours[each], theirs[each])}
        for each in differ:
            if not differ.intersection(map(_define_of, each.parts)):
                parts = tuple(str(ours.get(_define_of(part), part)) for part in each.parts)
                yield RandomDifference(each, record, ours[each], theirs[each], parts)


def _defines_of(batch: Sequence[Expression]) -> list[Expression]:
    """The defines of LIBRARY, and every form of the batch once, the innermost first."""
    given = [Expression("", f'"{name}"') for name in DEFINES]
    return list(dict.fromkeys([*given, *(each for whole in batch for each in whole.walk() if each.parts)]))


def _define_of(part: Expression) -> Expression:
    """The expression that a part is compared as: a reference to a define of LIBRARY has many types there."""
    return part if part.parts else Expression("", part.form)


def _same(ours: Answer, theirs: Answer) -> bool:
    if ours.failure or theirs.failure:
        return bool(ours.failure and theirs.failure)
    return agree(ours.value, theirs.value)


def _answers(
    reference: Reference, defines: Sequence[Expression], records: Sequence[Sequence[Any]]
) -> Iterator[tuple[Sequence[Any], Answers, Answers]]:
    """For each record the answers of both engines. The defines are one library, compiled and translated once."""
    names = _names(defines)
    library = _compiled(defines)
    _translate(reference, defines)
    for record in records:
        evaluation = Evaluation(library, Record(record), {}, AS_OF)
        values = reference.evaluate(list(record), {}, str(AS_OF))["Random"]
        ours = {define: _our_answer(evaluation.outcome(name)) for define, name in names.items()}
        yield record, ours, {define: _their_answer(values[name]) for define, name in names.items()}


def _our_answer(outcome: Outcome) -> Answer:
    return Answer(outcome.value, outcome.failure.cause if outcome.failure else "")


def _their_answer(json: Any) -> Answer:
    if isinstance(json, dict) and "failed" in json:
        return Answer(failure=json["failed"] or "failed")
    return Answer(from_json(json))


def _names(defines: Sequence[Expression]) -> dict[Expression, str]:
    return {each: f"E{number}" if each.parts else each.form.strip('"') for number, each in enumerate(defines)}


def _text(defines: Sequence[Expression]) -> str:
    names = _names(defines)
    lines = [
        f"define {name}: {each.form.format(*(names.get(part, part) for part in each.parts))}"
        for each, name in names.items()
        if each.parts
    ]
    return LIBRARY + "\n".join([*lines, ""])


def _compiled(defines: Sequence[Expression]) -> CompiledLibrary:
    return compile_text(SourceText("Random", _text(defines)), _Nothing(), _ValueSets(), strict=False)


def _translate(reference: Reference, defines: Sequence[Expression]) -> None:
    text = _text(defines)
    errors = [message for message in reference.translate(text) if message.severity == "Error"]
    told = "\n".join(f"{error}\n    {text.splitlines()[error.line - 1]}" for error in errors)
    assert not errors, f"the translator refuses what our engine takes:\n{told}"
