"""The strict subset: what is good CQL but reads or runs differently in different engines, and so is not written here.

Each rule comes from a difference between engines, or between what is written and what is meant: results that depend on
the order of ties or on the clock, duplicates that vanish, date-times without offset, ends of intervals that are null.
"""

from __future__ import annotations

from collections.abc import Mapping

from cql_like_rules.cql.checking.findings import Findings
from cql_like_rules.cql.operators import FUNCTIONS
from cql_like_rules.cql.resolution import Kind, Reference
from cql_like_rules.cql.syntax import (
    DateTimeLiteral,
    Expression,
    ExpressionDef,
    FunctionDef,
    FunctionRef,
    IdentifierRef,
    IncludeDef,
    Instance,
    Interval,
    LetClause,
    Library,
    Node,
    Null,
    ParameterDef,
    QuantityLiteral,
    Query,
    Retrieve,
    ReturnClause,
    UsingDef,
)
from cql_like_rules.cql.types import DATE, DATETIME, TIME

_CLOCK = {
    "Now": "use a parameter that says when the question is asked",
    "Today": "use a parameter that says when the question is asked",
    "TimeOfDay": "use a parameter that says when the question is asked",
}
_AGE_TODAY = {f"AgeIn{unit}": f"AgeIn{unit}At(date)" for unit in ("Years", "Months", "Weeks", "Days", "Hours")}
_UCUM_CALENDAR = {"a": "years", "mo": "months"}
_POINTS_IN_TIME = (DATE, DATETIME, TIME)


class Lint:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def check(self, library: Library) -> None:
        """Report what the strict subset leaves out; the library is already resolved and typed."""
        self._head(library)
        uses_fhir = any(isinstance(part, UsingDef) and part.name == "FHIR" for part in library.definitions)
        for definition in library.definitions:
            clock_allowed = isinstance(definition, ParameterDef)
            for node in definition.walk():
                self._node(node, clock_allowed, uses_fhir)

    def _node(self, node: Node, clock_allowed: bool, uses_fhir: bool) -> None:
        match node:
            case ReturnClause(explicit=False):
                self._findings.report(
                    node, "return removes duplicates without saying so", "return all or return distinct"
                )
            case DateTimeLiteral(kind="DateTime", text=text):
                self._offset(node, text)
            case QuantityLiteral(calendar=False, unit=unit) if unit in _UCUM_CALENDAR:
                hint = f"write {node.value} {_UCUM_CALENDAR[unit]}"
                self._findings.report(node, f"'{unit}' is never equal to a calendar unit", hint)
            case Interval():
                self._null_ends(node)
            case Instance(type=type_) if uses_fhir and type_.model is None and self._findings.is_clean(type_):
                self._findings.report(node, f"say whose {type_.name} it is", f"write System.{type_.name}")
            case FunctionRef():
                self._call(node, clock_allowed)
            case Query():
                self._sort(node)
                self._idle(node)

    # --- the head ---

    def _head(self, library: Library) -> None:
        if not library.name:
            self._findings.report(library, "the library has no name", "begin with: library Name version '1.0.0'")
        elif library.version is None:
            self._findings.report(library, f"the library {library.name} has no version", "version '1.0.0'")
        for definition in library.definitions:
            if isinstance(definition, UsingDef | IncludeDef) and definition.version is None:
                word = "using" if isinstance(definition, UsingDef) else "include"
                self._findings.report(definition, f"{word} {definition.name} has no version")
        statements = [part for part in library.definitions if isinstance(part, ExpressionDef | FunctionDef)]
        if statements and library.context is None:
            self._findings.report(
                statements[0], "the context is not set", "write above the first define: context Patient"
            )

    # --- expressions ---

    def _offset(self, node: DateTimeLiteral, text: str) -> None:
        time = text.partition("T")[2]
        if time and not (time.endswith("Z") or "+" in time or "-" in time):
            self._findings.report(node, f"@{text} has no offset", f"write @{text}Z or @{text}+00:00")

    def _null_ends(self, node: Interval) -> None:
        for end, closed, bracket in ((node.low, node.low_closed, "("), (node.high, node.high_closed, ")")):
            if closed and isinstance(end, Null):
                what = "a closed end that is null means without limit"
                self._findings.report(end, what, f"write '{bracket}' for unknown, or the limit itself")

    def _idle(self, query: Query) -> None:
        """An alias without a clause does nothing: most often it is a misspelt operator."""
        clauses = (query.lets, query.relationships, query.sort, query.where, query.returns, query.aggregate)
        if len(query.sources) == 1 and not any(clauses):
            source = query.sources[0]
            self._findings.report(source, f"nothing is asked of {source.alias}", "add a clause, or leave the alias out")

    def _call(self, node: FunctionRef, clock_allowed: bool) -> None:
        reference = self._findings.references.get(id(node))
        if reference is None or reference.kind is not Kind.SYSTEM_FUNCTION:
            return
        if node.name not in FUNCTIONS:
            self._findings.report(
                node, f"{node.name} is an operator", "write it as the language does: exists x, x is null …"
            )
        if node.name in _CLOCK and not clock_allowed:
            self._findings.report(node, f"{node.name}() reads the clock", _CLOCK[node.name])
        if node.name in _AGE_TODAY and not clock_allowed:
            self._findings.report(node, f"{node.name}() is the age today", f"write {_AGE_TODAY[node.name]}")
        if node.name in ("First", "Last") and len(node.operands) == 1 and self._is_unsorted(node.operands[0]):
            self._findings.report(node, f"{node.name} of a list without order", "sort the query: sort by …")

    def _is_unsorted(self, node: Expression) -> bool:
        """True for a retrieve, and for what takes its order from one: an unsorted query, a define, a let."""
        match node:
            case Retrieve():
                return True
            case Query(sort=(), aggregate=None, sources=sources):
                return any(self._is_unsorted(source.expression) for source in sources)
            case IdentifierRef():
                declaration = self._declaration(node)
                return isinstance(declaration, ExpressionDef | LetClause) and self._is_unsorted(declaration.expression)
            case _:
                return False

    def _declaration(self, node: Node) -> Node | None:
        references: Mapping[int, Reference] = self._findings.references
        reference = references.get(id(node))
        return reference.declaration if reference else None

    def _sort(self, query: Query) -> None:
        """Rows of the same time come in any order, so a time alone is no order."""
        if len(query.sort) != 1:
            return
        (key,) = query.sort
        if key.expression is not None and self._findings.type_of(key.expression) in _POINTS_IN_TIME:
            hint = "add a second key, such as id.value"
            self._findings.report(key, "rows of the same time have no order", hint)
