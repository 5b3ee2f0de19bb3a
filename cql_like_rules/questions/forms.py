"""Forms: what a clinician is asked so that an order can be determined, one form for each section of a policy.

    form_for(policy, "I.B")             # its questions, in the order of the document
    form_needed(determination)          # the form that would move this determination on, if there is one

Nothing of a form is written down: its questions are the attestations that the criteria of the section read
(`attested`), their words the titles of the criteria and the tags of the policy (`words`). A criterion that
rests on the body size is asked by its id with `#weight`, `#height` or `#bodySurfaceArea`, which the reading of orders
takes from completed questionnaires. What only the order can mend is told, and not asked.

A section without criteria below it stands for those whose numbers begin with its own (`I`: what the drug is for is not
known). Its form asks what chooses between them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from cql_like_rules.criteria import names_of
from cql_like_rules.determination import CriterionResult, Determination, Status
from cql_like_rules.orders.order import BodySize, Order
from cql_like_rules.policy import Policy
from cql_like_rules.questions.attested import Attested, Footing, folded
from cql_like_rules.questions.facts import Facts
from cql_like_rules.questions.words import Option, words_of
from cql_like_rules.review.outcomes import outcomes_of

QUESTIONNAIRES = "https://oncology-cds.example/Questionnaire"

BOOLEAN, CHOICE, INTEGER, DATE, QUANTITY, DISPLAY = "boolean", "choice", "integer", "date", "quantity", "display"
"""The types of questions, as FHIR names them (R4, QuestionnaireItemType). A `display` is told, not asked."""

TYPES = {
    "YesNo": BOOLEAN,
    "YesNoSince": BOOLEAN,
    "ChosenCode": CHOICE,
    "WholeNumber": INTEGER,
    "WholeNumberSince": INTEGER,
    "Day": DATE,
}
"""What a question is, by the function that reads its answer; the first of them where several do."""

_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Size:
    """A part of the body size: what it is called, and the units it may be answered in (UCUM)."""

    text: str
    units: tuple[str, ...]


SIZES = {
    "weight": _Size("Body weight", ("kg", "[lb_av]")),
    "height": _Size("Height", ("cm", "[in_i]")),
    "bodySurfaceArea": _Size("Body surface area, where it was measured or computed", ("m2",)),
}
"""The parts of the body size by the facets that ask for them."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked, or told.

    `link` is the linkId of the answer, `criterion` the id of the criterion it is asked under, `number` that
    criterion's number in the document. `help` says what to supply. `options` are the answers of a `choice`, `units`
    those of a `quantity`. `define` is the define of the policy that the record may answer it with, "" where there is
    none that stands on the record alone.
    """

    link: str
    criterion: str
    type: str
    text: str
    help: str = ""
    options: tuple[Option, ...] = ()
    units: tuple[str, ...] = ()
    define: str = ""

    @property
    def number(self) -> str:
        return self.criterion.partition("/")[2]

    @property
    def is_asked(self) -> bool:
        return self.type != DISPLAY


@dataclass(frozen=True, slots=True)
class Form:
    """The questions of one section of a policy, in the order of the document.

    `attested` are the ids of the criteria that an answer can decide; `sized` those that a body size can, each with the
    parts of it that it rests on.
    """

    policy: Policy
    section: str
    questions: tuple[Question, ...]
    attested: frozenset[str]
    sized: Mapping[str, frozenset[str]]

    @property
    def id(self) -> str:
        return f"{self.policy.id}-{self.section}"

    @property
    def url(self) -> str:
        return f"{QUESTIONNAIRES}/{self.id}"

    @property
    def canonical(self) -> str:
        """The address of its Questionnaire with the version."""
        return f"{self.url}|{self.policy.version}"

    @property
    def criteria(self) -> frozenset[str]:
        """The ids of the criteria that it lets someone answer."""
        return self.attested | self.sized.keys()

    def answers(self, missing: CriterionResult, order: Order) -> bool:
        """Whether it can decide a criterion that is missing for an order.

        Where the order states no dose, no answer decides whether it is the right one. A dose for which the body size is
        known is missing for want of something else; any other criterion that rests on the body size is about it, and
        may want a newer one.
        """
        is_dose = missing.kind == "dose"
        if is_dose and order.dosage.as_ordered is None and not order.dosage.parts:
            return False
        sizes = self.sized.get(missing.id, frozenset())
        lacking = {size for size, value in _known(order.body_size).items() if value is None}
        return missing.id in self.attested or bool(sizes & lacking if is_dose else sizes)


def _known(body: BodySize) -> dict[str, object]:
    return {"weight": body.weight, "height": body.height, "bodySurfaceArea": body.surface_area}


def form_for(policy: Policy, section: str) -> Form | None:
    """The form of a section; None for what is no section of the policy and where nothing is to be asked."""
    return _forms(_Loaded(policy)).get(section)


def forms_of(policy: Policy) -> tuple[Form, ...]:
    """All forms of a policy, in the order of its sections."""
    return tuple(_forms(_Loaded(policy)).values())


def form_needed(determination: Determination) -> Form | None:
    """The form of the section, when it can decide a criterion that is missing and stands in the way; else None."""
    form = form_for(determination.policy, determination.section)
    if form is None:
        return None
    told = (result for finding in determination.findings for result in finding.criteria)
    missing = (result for result in told if result.status is Status.MISSING)
    return form if any(form.answers(result, determination.order) for result in missing) else None


def sections_of(policy: Policy) -> tuple[str, ...]:
    """The criteria that an order can be held against: what "Section" may come to, in the order of the document."""
    chosen = folded(policy.library.defines["Section"].expression, policy.library.resolved, {}) or ()
    return tuple(name for name in policy.criteria if name in chosen)


def below(policy: Policy, root: str, sections: Collection[str]) -> tuple[str, ...]:
    """The criterion of that name and all that it rests on, whether they apply to an order or not.

    Other sections, and what only they rest on, are left out.
    """
    found: set[str] = set()
    waiting = [root]
    while waiting:
        name = waiting.pop()
        if name not in found and (name == root or name not in sections):
            found.add(name)
            structure = policy.criteria[name].structure
            waiting += names_of(structure) if structure else ()
    return tuple(name for name in policy.criteria if name in found)


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A policy as the key of a cache: the one object, whatever equals it."""

    policy: Policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Loaded) and other.policy is self.policy

    def __hash__(self) -> int:
        return id(self.policy)


@lru_cache(maxsize=_KEPT)
def _forms(loaded: _Loaded) -> dict[str, Form]:
    making = _Making(loaded.policy)
    forms = ((section, making.form(section)) for section in making.sections)
    return {section: form for section, form in forms if any(question.is_asked for question in form.questions)}


def _once(questions: Iterable[Question]) -> Iterator[Question]:
    """The questions without those that ask for a fact again, or tell the same: several criteria may rest on it."""
    seen: set[tuple[str, str, tuple[Option, ...]]] = set()
    for question in questions:
        key = question.type, question.text, question.options
        if question.type not in (CHOICE, DISPLAY) or key not in seen:
            yield question
        seen.add(key)


class _Making:
    """Makes the forms of one policy."""

    def __init__(self, policy: Policy) -> None:
        self.sections = sections_of(policy)
        self._policy = policy
        self._attested = Attested(policy)
        self._words = words_of(policy)
        self._facts = Facts(policy)
        self._order = {name: index for index, name in enumerate(policy.criteria)}
        self._below = {name: frozenset(below(policy, name, self.sections)) for name in policy.criteria}

    def form(self, section: str) -> Form:
        names = below(self._policy, section, self.sections)
        footings = {name: self._attested.by(name) for name in names}
        asked = self._asked(section, names, footings)
        sized = {name: sizes for name in names if (sizes := self._sizes(name, footings[name]))}
        attested = {name for name in names if self._is_answered(section, name, footings[name], asked)}
        placed = [
            *((self._place(link, reader), self._question(link, types)) for link, (reader, types) in asked.items()),
            *((self._order[name], question) for name, question in self._body_questions(names, sized)),
            *((self._order[name], self._told(name)) for name in names if self._is_told(name, {*attested, *sized})),
        ]
        questions = (question for _, question in sorted(placed, key=lambda each: each[0]))
        return Form(
            policy=self._policy,
            section=section,
            questions=tuple(_once(questions)),
            attested=frozenset(self._id(name) for name in attested),
            sized={self._id(name): sizes for name, sizes in sized.items()},
        )

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _asked(
        self, section: str, names: tuple[str, ...], footings: Mapping[str, Footing]
    ) -> dict[str, tuple[str, set[str]]]:
        """The links that are asked for in a section: the first criterion that reads each, and the types it is read as.

        A criterion's own id comes before its facets.
        """
        asked: dict[str, tuple[str, set[str]]] = {}
        for name in names:
            for reading in footings[name].readings:
                number = self._number(reading.link)
                is_open = number and number not in self._words.unasked
                if is_open and self._belongs(self._base(number), section, names):
                    _, types = asked.setdefault(number, (name, set()))
                    types.update(filter(None, [TYPES.get(reading.reader)]))
        kept = [number for number in asked if not self._is_asked_below(number, section, asked)]
        return {number: asked[number] for number in sorted(kept, key=lambda number: number not in self._order)}

    def _is_asked_below(self, number: str, section: str, asked: Collection[str]) -> bool:
        """Whether it is the id of a node whose leaves are asked each for itself."""
        leaves = self._below.get(number, frozenset()) - {number}
        return self._policy.criteria[section].is_node and not leaves.isdisjoint(asked)

    def _belongs(self, base: str, section: str, names: tuple[str, ...]) -> bool:
        """Whether a question about this criterion is asked in this section, and not in another one."""
        stands_for_several = self._policy.criteria[section].structure is None
        if base in names or (stands_for_several and base.startswith(f"{section}.")):
            return True
        return base not in self._policy.criteria and self._home(base) in ("", section)

    def _home(self, number: str) -> str:
        """The section that a number stands in, "" where it stands in none."""
        homes = (section for section in self.sections if number == section or number.startswith(f"{section}."))
        return max(homes, key=len, default="")

    def _is_answered(self, section: str, name: str, footing: Footing, asked: Collection[str]) -> bool:
        """Whether a criterion reads an answer that is asked for: a leaf, or a node that is a condition too.

        What is asked about the section as a whole is known where an order is held against it, and decides only that.
        """
        numbers = {self._number(reading.link) for reading in footing.readings}.intersection(asked)
        return any(name == section or self._base(number) != section for number in numbers)

    def _sizes(self, name: str, footing: Footing) -> frozenset[str]:
        """The parts of the body size that a leaf rests on.

        Amounts by body size count for the criteria that hold the dose against a limit; others read them to know
        whether the dose is a usual one.
        """
        criterion = self._policy.criteria[name]
        if criterion.is_node or not self._can_be_missing(name):
            return frozenset()
        read = footing.order_elements
        sizes = read & SIZES.keys()
        if criterion.kind == "dose":
            sizes |= {"weight"} if any(element.endswith("PerKg") for element in read) else set()
            sizes |= SIZES.keys() if any(element.endswith("PerM2") for element in read) else set()
        return frozenset(SIZES) if "bodySurfaceArea" in sizes else frozenset(sizes)

    # --- in words ----------------------------------------------------------------------------------------------------

    def _question(self, number: str, types: set[str]) -> Question:
        base = self._base(number)
        criterion = self._policy.criteria.get(number)
        type_ = next((type_ for type_ in TYPES.values() if type_ in types), BOOLEAN)
        return Question(
            link=self._id(number),
            criterion=self._id(base),
            type=type_,
            text=self._words.questions.get(number) or (criterion.title if criterion else number),
            help=criterion.ask if criterion else "",
            options=tuple(self._words.options.get(number, ())) if type_ == CHOICE else (),
            define=self._facts.define_for(number, type_),
        )

    def _body_questions(
        self, names: tuple[str, ...], sized: Mapping[str, frozenset[str]]
    ) -> Iterator[tuple[str, Question]]:
        """Each part of the body size once, under the lowest criterion that has all below it that rest on any."""
        above = [name for name in names if self._below[name].issuperset(sized)]
        place = min(above, key=lambda name: len(self._below[name]))
        for facet, size in SIZES.items():
            if any(facet in sizes for sizes in sized.values()):
                link = self._id(f"{place}#{facet}")
                yield place, Question(link, self._id(place), QUANTITY, size.text, units=size.units)

    def _told(self, name: str) -> Question:
        criterion = self._policy.criteria[name]
        return Question(criterion.id, criterion.id, DISPLAY, criterion.ask or criterion.title)

    def _is_told(self, name: str, answered: set[str]) -> bool:
        is_leaf = not self._policy.criteria[name].is_node
        return is_leaf and name not in answered and self._can_be_missing(name)

    # --- numbers -----------------------------------------------------------------------------------------------------

    def _place(self, number: str, reader: str) -> int:
        return self._order[base] if (base := self._base(number)) in self._order else self._order[reader]

    def _base(self, number: str) -> str:
        """The criterion that a link is about: the longest id that it begins with, before a `#`; else what does."""
        base = number
        while base not in self._policy.criteria and "#" in base:
            base = base.rpartition("#")[0]
        return base

    def _number(self, link: str) -> str:
        """What follows the policy's id in a link, "" for a link of another policy."""
        policy, _, number = link.partition("/")
        return number if policy == self._policy.id else ""

    def _id(self, number: str) -> str:
        return f"{self._policy.id}/{number}"

    def _can_be_missing(self, name: str) -> bool:
        return Status.MISSING.value in outcomes_of(self._policy, name)
