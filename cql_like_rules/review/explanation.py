"""Why a define has its value, for a reader who does not write CQL: the rule in words, what it compared and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cql_like_rules.cql import syntax
from cql_like_rules.cql.library import CompiledDefine, CompiledLibrary
from cql_like_rules.cql.notation import in_cql
from cql_like_rules.cql.resolution import ResolvedLibrary
from cql_like_rules.cql.trace import Comparison, Trace
from cql_like_rules.cql.values.concept import Code, Concept, ValueSet
from cql_like_rules.element import Element
from cql_like_rules.review.outline import Entry
from cql_like_rules.review.rule_numbers import RELATIONS
from cql_like_rules.review.words import OMITTED, in_words

_ANSWERS = {True: "yes", False: "no", None: "unknown"}
_RELATIONS = RELATIONS | {"Equivalent": "is", "NotEquivalent": "is not", "In": "in", "Contains": "contains"}
_LITERALS = (syntax.Literal, syntax.QuantityLiteral, syntax.DateTimeLiteral, syntax.List, syntax.Null)

DEPTH = 4
"""How many levels of defines are shown in full where nothing else is asked for."""

_VALUE_WIDTH = 100
_RULE_WIDTH = 240
_MOST_FOUND = 6
_MOST_READ = 8


def explanation_of(trace: Trace, library: CompiledLibrary, depth: int = DEPTH) -> Entry:
    """What the define of the trace rests on, as a tree of the defines it uses.

    Of a Boolean, what has the same value decides and is shown in full, `depth` levels deep; of the rest the value alone
    is told. A define that was shown before is not shown again.
    """
    return _Explaining(library).entry(trace, depth)


class _Explaining:
    def __init__(self, library: CompiledLibrary) -> None:
        self._library = library
        self._defines = {(define.library, define.name): define for define in library.program.defines}
        self._operations = {
            node.position: node
            for resolved in _all(library.resolved, set())
            for node in resolved.library.walk()
            if isinstance(node, syntax.Operation) and len(node.operands) > 1
        }
        self._shown: set[int] = set()

    def entry(self, trace: Trace, depth: int) -> Entry:
        define = self._defines[trace.library, trace.define]
        name = trace.define if trace.library == self._library.name else f"{trace.library}.{trace.define}"
        remark = define.tag("title") or ""
        if not depth:
            return Entry(name, _said(trace), remark)
        if id(trace) in self._shown:
            return Entry(name, _said(trace), "see above")
        self._shown.add(id(trace))
        deciding = _deciding(trace)
        below = tuple(
            self.entry(used, depth - 1 if any(used is each for each in deciding) else 0) for used in trace.uses
        )
        return Entry(name, _said(trace), remark, tuple(self._details(trace, define)), below)

    def _details(self, trace: Trace, define: CompiledDefine) -> Iterator[tuple[str, str]]:
        if trace.failure is not None and trace.failure.define == trace.define:
            yield "failed", str(trace.failure)
        rule = in_words(define.expression)
        if rule not in (OMITTED, f"any {OMITTED}"):
            yield "rule", _cut(rule, _RULE_WIDTH)
        found = [line for line in dict.fromkeys(map(self._found, _telling(trace))) if line]
        for line in found[:_MOST_FOUND]:
            yield "found", line
        if len(found) > _MOST_FOUND:
            yield "found", f"and {len(found) - _MOST_FOUND} more"
        if trace.sources:
            yield "read", "; ".join(_read(trace))

    def _found(self, made: Comparison) -> str:
        """A comparison with its answer; nothing where neither side has words to say what was compared."""
        operation = self._operations.get(made.position)
        nodes = operation.operands if operation is not None else (None, None)
        names = _words(nodes[0], made.left_name), _words(nodes[1], made.right_name)
        if not any(names):
            return ""
        left, right = _operand(names[0], made.left), _operand(names[1], made.right)
        return (
            f"{left} {_RELATIONS.get(made.operator, made.operator)} {right}: {_ANSWERS.get(made.result, made.result)}"
        )


def _all(library: ResolvedLibrary, seen: set[int]) -> Iterator[ResolvedLibrary]:
    if id(library) not in seen:
        seen.add(id(library))
        yield library
        for included in library.includes.values():
            yield from _all(included, seen)


def _said(trace: Trace) -> str:
    return "failed" if trace.failure is not None else f"is {value_in_short(trace.value)}"


def _deciding(trace: Trace) -> Sequence[Trace]:
    """Those of the defines used that the value comes from.

    Of a failure those that failed, of true, false and null those with the same value (all, where neither these nor a
    comparison has it). Of any other value those that have one themselves, and the conditions that are true.
    """
    if trace.failure is not None:
        return [used for used in trace.uses if used.failure is not None]
    if trace.value is None or isinstance(trace.value, bool):
        same = [used for used in trace.uses if used.failure is None and used.value is trace.value]
        return same or ([] if any(made.result is trace.value for made in trace.comparisons) else trace.uses)
    return [used for used in trace.uses if used.value is not None and used.value is not False]


def _telling(trace: Trace) -> list[Comparison]:
    """The comparisons, those with the result of the define first; where that is no Boolean, those that are true."""
    if trace.value is None or isinstance(trace.value, bool):
        return sorted(trace.comparisons, key=lambda made: made.result is not trace.value)
    return [made for made in trace.comparisons if made.result is True]


def _words(node: syntax.Expression | None, name: str) -> str:
    """What an operand is called; nothing where it is written as a value, or takes a program to say."""
    words = name or ("" if node is None or isinstance(node, _LITERALS) else in_words(node))
    return "" if OMITTED in words else words


def _operand(words: str, value: object) -> str:
    """An operand with its value; a value set by the name that the rule has for it."""
    if words and isinstance(value, ValueSet):
        return words
    told = value_in_short(value)
    return f"{words} ({told})" if words else told


def _read(trace: Trace) -> Iterator[str]:
    """The resources that were read, each with its elements; of coded ones the concept, not each of its codings."""
    paths: dict[str, dict[str, None]] = {}
    for source in trace.sources:
        read = paths.setdefault(source.reference, {})
        if source.path:
            read[source.path.partition(".coding[")[0].removesuffix(".text")] = None
    for number, (reference, elements) in enumerate(paths.items()):
        if number == _MOST_READ:
            yield f"and {len(paths) - number} more"
            return
        yield f"{reference} {', '.join(elements)}".strip()


def value_in_short(value: object) -> str:
    """The value for a reader: codes by their display, FHIR elements by their place, null as not known, others in CQL.

    Cut where it is long; of a list that is cut, how many it holds.
    """
    if value is None:
        return "not known"
    if isinstance(value, list):
        text = f"{{ {', '.join(map(value_in_short, value))} }}" if value else "{}"
        members = f" ({len(value)} in all)" if len(text) > _VALUE_WIDTH else ""
        return _cut(text, _VALUE_WIDTH) + members
    match value:
        case Code():
            return _cut(f"{value.display} ({value.code})" if value.display else value.code, _VALUE_WIDTH)
        case Concept():
            return value.display or ", ".join(map(value_in_short, value.codes))
        case ValueSet():
            return value.name or value.id
        case Element():
            return f"{value.reference} {value.path}".strip()
    return _cut(in_cql(value), _VALUE_WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[:width].rstrip()}…"
