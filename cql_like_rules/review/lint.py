"""Whether a policy that loads is also well written: what a pharmacist's colleague would ask to be mended.

Every criterion has its kind; every leaf that can be missing says what to ask for, and every leaf that can fail says so.
What is not named by a number of the document says where in it it stands. A number in the words of a criterion is one
that its rule holds, or the node that chooses it: words tell no other limit than the rule applies. Nothing is written
that no criterion rests on. What is asked of clinicians has its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from cql_like_rules.cql import syntax
from cql_like_rules.cql.compiling.program import CompiledDefine
from cql_like_rules.criteria import names_of
from cql_like_rules.policy import DOSING_SIZES, INDICATORS, REQUIRED_DEFINES, Criterion, Policy
from cql_like_rules.questions.words import QUESTION_TAGS
from cql_like_rules.review.document_numbers import is_document_number
from cql_like_rules.review.outcomes import OUTCOMES, named_in_only, outcomes_of
from cql_like_rules.review.questions import question_problems
from cql_like_rules.review.resting import Resting
from cql_like_rules.review.rule_numbers import RuleNumbers, is_written

HEAD_TAGS = ("policy", "title", "publisher", "effective", "until", "reviewed", "nature")
OTHER_TAGS = ("equivalent", *QUESTION_TAGS)
CRITERION_TAGS = (
    "kind",
    "title",
    "ask",
    "unmet",
    "finding",
    "indicator",
    "only",
    "alternative",
    "limit",
    "drug",
    "critical",
    "source",
)
SHARED_DEFINES = (
    *REQUIRED_DEFINES,
    *DOSING_SIZES.values(),
    "Approval months",
    "Approval until",
    "Referral",
    "Orderable doses",
)
"""The defines that the service asks for by name."""

SUPPLIED = ("Order", "Delivered", "Health plan")
"""The parameters that the service supplies: a policy may declare them and not use them."""

_WITHOUT_ASK = ("referral",)
_WITHOUT_UNMET = ("referral", "documentation")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_DOCUMENT_NUMBER = re.compile(r"\b[IVX]+(?:\.[\w-]+)+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def problems_of(policy: Policy) -> Iterator[str]:
    """What is to be mended, a line each, in the order of the policy; nothing when it is well written."""
    told = {each.name: each for each in (*policy.criteria.values(), *policy.advisories)}
    words = _Words(policy)
    reached = _reached(policy)
    for tag in policy.library.tags:
        if tag.name not in HEAD_TAGS:
            yield f"{policy.id}: no such tag: @{tag.name}"
    for name, define in policy.library.defines.items():
        problems = [*_of_tags(define)]
        if name in policy.criteria:
            problems += _of_criterion(policy, told[name], reached)
        elif name in told:
            problems += _of_advisory(policy, told[name])
        if name in told:
            problems += _of_both(policy, told[name])
            problems += words.wrong_numbers(told[name])
        yield from (f"{policy.id}/{name}: {problem}" for problem in problems)
    yield from (f"{policy.id}/{name}: nothing rests on it" for name in _unused(policy, told.values()))
    yield from question_problems(policy)


def _of_tags(define: CompiledDefine) -> Iterator[str]:
    names = [tag.name for tag in define.tags if tag.name not in OTHER_TAGS]
    if "kind" not in names:
        if is_document_number(define.name):
            yield "it is named by a number of the document, and has no @kind"
        elif names:
            yield f"@{names[0]} without @kind: it is not told as a criterion"
    for name in dict.fromkeys(names):
        if name not in CRITERION_TAGS:
            yield f"no such tag: @{name}"
        if names.count(name) > 1:
            yield f"@{name} is there {names.count(name)} times"


def _of_criterion(policy: Policy, criterion: Criterion, reached: frozenset[str]) -> Iterator[str]:
    if criterion.name not in reached:
        yield 'no criterion names it, nor does "Section": it is never determined'
    only = named_in_only(policy, criterion.name)
    if only is not None:
        yield from (f"@only: no such outcome: {outcome}" for outcome in only if outcome not in OUTCOMES)
        if set(only) >= set(OUTCOMES):
            yield "@only leaves nothing out"
    if criterion.is_node:
        return
    outcomes = outcomes_of(policy, criterion.name)
    if not criterion.ask and "missing" in outcomes and criterion.kind not in _WITHOUT_ASK:
        yield "no @ask: what is to be supplied when it is missing"
    if not criterion.unmet and "not-met" in outcomes and criterion.kind not in _WITHOUT_UNMET:
        yield "no @unmet: what to tell when it is not met"


def _of_advisory(policy: Policy, advisory: Criterion) -> Iterator[str]:
    for tag in ("only", "ask", "unmet", "indicator"):
        if policy.library.defines[advisory.name].tag(tag) is not None:
            yield f"an advisory has no @{tag}: it is told when it is true"


def _of_both(policy: Policy, criterion: Criterion) -> Iterator[str]:
    if not criterion.source and not is_document_number(criterion.name):
        yield "its name is no number of the document, and it has no @source"
    if criterion.indicator and criterion.indicator not in INDICATORS:
        yield f"@indicator: no such indicator: {criterion.indicator}"
    if criterion.alternative and criterion.alternative not in policy.library.defines:
        yield f'@alternative names no define "{criterion.alternative}"'


def _reached(policy: Policy) -> frozenset[str]:
    """The criteria that an order can be held against: what "Section" may come to, and what these rest on."""
    chosen = Resting(policy.library.syntax).texts("Section")
    waiting = [name for name in policy.criteria if name in chosen]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        structure = policy.criteria[name].structure
        if name not in reached and structure is not None:
            waiting += names_of(structure)
        reached.add(name)
    return frozenset(reached)


def _unused(policy: Policy, told: Iterable[Criterion]) -> Iterator[str]:
    """The defines, functions, parameters and value sets that no criterion, advisory or shared define rests on."""
    resting = Resting(policy.library.syntax)
    roots = {name for each in told for name in (each.name, each.alternative, each.limit, each.critical)}
    used = {name for root in (*roots, *SHARED_DEFINES) for name in resting.on(root)}
    for name, definition in resting.definitions.items():
        judged = is_written(definition) or isinstance(definition, syntax.ValueSetDef)
        if judged and name not in used and name not in SUPPLIED:
            yield name


class _Words:
    """The numbers in the words of criteria, held against those of their rules."""

    def __init__(self, policy: Policy) -> None:
        self._numbers = RuleNumbers(policy.library, shared=True)
        self._above = {
            name: node.name for node in policy.criteria.values() if node.structure for name in names_of(node.structure)
        }

    def wrong_numbers(self, criterion: Criterion) -> Iterator[str]:
        """A note (`@finding: info`) whose rule holds no number may tell some that no rule tests."""
        known = self._known(criterion.name) | self._known(self._above.get(criterion.name, ""))
        if not known and criterion.indicator == "info":
            return
        for tag, text in (("title", criterion.title), ("ask", criterion.ask), ("unmet", criterion.unmet)):
            for number in _numbers_in(text):
                if Decimal(number) not in known:
                    yield f"@{tag} says {number}, which the rule does not"

    def _known(self, name: str) -> frozenset[Decimal]:
        return frozenset(Decimal(each) for number in self._numbers.of(name) for each in _numbers_in(number.text))


def _numbers_in(text: str) -> list[str]:
    """The numbers of a text: not those in words (`CD38`), and not the numbers of criteria (`II.A.3`)."""
    return _NUMBER.findall(_THOUSANDS.sub("", _DOCUMENT_NUMBER.sub("", text)))
