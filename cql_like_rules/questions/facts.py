"""What the record alone may answer: defines that a form filler can evaluate before anyone is asked.

A form filler has the record of the patient and the CQL, and nothing that this service reads of an order: a define that
rests on a parameter without a default ("Order", "Delivered", …) is not for it. Such a define would not fail there, it
would find everything missing, and some then answer no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cql_like_rules.cql.compiling.program import CompiledDefine
from cql_like_rules.cql.syntax import Expression, FunctionRef, List
from cql_like_rules.cql.types import BOOLEAN, DATE, INTEGER, Type
from cql_like_rules.policy import Policy
from cql_like_rules.questions.attested import Attested

_VALUES: Mapping[str, Type] = {"boolean": BOOLEAN, "integer": INTEGER, "date": DATE}
"""The types whose values are answers as they stand, by the type of the question."""


class Facts:
    """The defines of a policy that stand on the record alone, by the questions they answer."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._attested = Attested(policy, up_to_criteria=False)
        self._facts = dict(self._found())

    def define_for(self, number: str, type_: str) -> str:
        """The define whose value answers the question with this link (without the policy's id); "" for none.

        For a criterion asked as a whole its own define; for a facet a define that takes it from the record, and the
        answer only where the record is silent (`Coalesce(…, Attestations.YesNo(link))`).
        """
        name = number if number in self._policy.criteria else self._facts.get(number, "")
        define = self._policy.library.defines.get(name)
        if define is None or self._attested.by(name).parameters or not _gives(define, type_):
            return ""
        return name

    def _found(self) -> Iterator[tuple[str, str]]:
        for name, define in self._policy.library.defines.items():
            if name not in self._policy.criteria and len(links := self._links_of(define)) == 1:
                policy, _, number = links.pop().partition("/")
                if policy == self._policy.id:
                    yield number, name

    def _links_of(self, define: CompiledDefine) -> set[str]:
        """The links that a define rests on, when one of them is what it comes to for want of anything else."""
        last = _last_resort(define.expression)
        if last is None or not self._attested.reads(last):
            return set()
        return {reading.link for reading in self._attested.by(define.name).readings}


def _last_resort(expression: Expression) -> FunctionRef | None:
    """The last operand of a Coalesce, where that is a call."""
    if not isinstance(expression, FunctionRef) or expression.name != "Coalesce":
        return None
    operands = expression.operands
    if len(operands) == 1 and isinstance(operands[0], List):
        operands = operands[0].elements
    return operands[-1] if isinstance(operands[-1], FunctionRef) else None


def _gives(define: CompiledDefine, type_: str) -> bool:
    return define.type == _VALUES.get(type_)
