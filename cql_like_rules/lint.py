"""Whether a policy that loads is also well written: what a pharmacist's colleague would ask to be mended.

Every leaf that can be missing says what to ask for, and every leaf that can fail says so. A number in the words of a
criterion is one that its rule holds, or the node that chooses it: words tell no other limit than the rule applies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from cql_like_rules.cql import syntax
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.criteria import names_of
from cql_like_rules.policy import Criterion, Policy

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_WITHOUT_ASK = ("referral",)
_WITHOUT_UNMET = ("referral", "documentation")


def problems_of(policy: Policy) -> Iterator[str]:
    """What is to be mended, a line each, in the order of the policy; nothing when it is well written."""
    numbers = _NumbersOf(policy.library)
    above = {
        name: node.name for node in policy.criteria.values() if node.structure for name in names_of(node.structure)
    }
    for criterion in (*policy.criteria.values(), *policy.advisories):
        yield from _wrong_numbers(criterion, numbers.of(criterion.name) | numbers.of(above.get(criterion.name, "")))
        if criterion.alternative and criterion.alternative not in policy.library.defines:
            yield f'{criterion.id}: @alternative names no define "{criterion.alternative}"'
    for criterion in policy.criteria.values():
        if criterion.is_node:
            continue
        if not criterion.ask and not criterion.unmet and criterion.kind not in _WITHOUT_ASK:
            yield f"{criterion.id}: neither @ask nor @unmet"
        if not criterion.unmet and criterion.kind not in _WITHOUT_UNMET:
            yield f"{criterion.id}: no @unmet"


def _wrong_numbers(criterion: Criterion, known: frozenset[Decimal]) -> Iterator[str]:
    for tag, text in (("title", criterion.title), ("ask", criterion.ask), ("unmet", criterion.unmet)):
        for number in _NUMBER.findall(text):
            if Decimal(number) not in known:
                yield f"{criterion.id}: @{tag} says {number}, which the rule does not"


class _NumbersOf:
    """The numbers written in a define and in the defines and functions of the library that it names."""

    def __init__(self, library: CompiledLibrary) -> None:
        self._definitions = {
            definition.name: definition.expression
            for definition in library.syntax.definitions
            if isinstance(definition, syntax.ExpressionDef | syntax.FunctionDef)
        }
        self._known: dict[str, frozenset[Decimal]] = {}

    def of(self, name: str) -> frozenset[Decimal]:
        if name not in self._known:
            self._known[name] = frozenset()
            if name in self._definitions:
                self._known[name] = frozenset(self._written_in(self._definitions[name]))
        return self._known[name]

    def _written_in(self, expression: syntax.Expression) -> Iterator[Decimal]:
        for node in expression.walk():
            match node:
                case syntax.Literal(value=bool()):
                    continue
                case syntax.Literal(value=int() | Decimal() as value) | syntax.QuantityLiteral(value=value):
                    yield Decimal(value)
                case syntax.IdentifierRef(name=name) | syntax.FunctionRef(name=name) if name in self._definitions:
                    yield from self.of(name)
