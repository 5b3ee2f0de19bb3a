"""A trial: one policy and its cases, against which mutants of it, or of a library that it shares, are held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cql_like_rules.cases import Case, cases_of, determined, differences, read_case
from cql_like_rules.cql import syntax
from cql_like_rules.cql.compiling.program import CompiledLibrary
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.library import FolderSource, LibrarySource, SourceText, compile_text
from cql_like_rules.orders import Order
from cql_like_rules.policy import Policy, policy_of
from cql_like_rules.record import Record
from cql_like_rules.review.lint import SHARED_DEFINES
from cql_like_rules.review.mutation.mutants import Mutant
from cql_like_rules.terminology import Terminology


@dataclass(frozen=True, slots=True, eq=False)
class Story:
    """A case with its record and order read once.

    `rests_on` are the criteria of its determination, `told` those that it expects something of.
    """

    case: Case
    record: Record
    order: Order
    rests_on: frozenset[str]
    told: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Changed:
    """Libraries of which one has another text."""

    unchanged: LibrarySource
    name: str
    text: str

    def read(self, name: str, version: str | None) -> SourceText | None:
        """The text of the library, the changed one in place of its own."""
        if name == self.name:
            return SourceText(f"{name}.cql", self.text)
        return self.unchanged.read(name, version)


class Trial:
    """One policy folder under mutation.

    Raises CqlError when the unchanged policy cannot be loaded, ValueError when one of its cases fails.
    """

    def __init__(self, folder: Path, library_folder: Path, terminology: Terminology) -> None:
        self.folder = folder
        self._terminology = terminology
        self._source = FolderSource(folder, library_folder)
        self._text = (folder / "policy.cql").read_text(encoding="utf-8")
        self.policy = self._compiled(self._text, self._source)
        self._users = _users(self.policy.library)
        self._killers: dict[tuple[str, str], dict[Story, None]] = {}
        self.stories = tuple(map(self._story, cases_of(folder)))

    @cached_property
    def libraries(self) -> Mapping[str, CompiledLibrary]:
        """Every library that the policy includes, directly or not, by name."""
        return dict(_included(self.policy.library))

    def killer(self, mutant: Mutant) -> str | None:
        """What kills the mutant: the name of a case, or the compiler; None when it survives."""
        try:
            changed = self._changed(mutant)
        except CqlError as error:
            return f"the compiler: {error.problems[0].message}"
        place = (mutant.library, mutant.define)
        for story in self._likely_first(mutant):
            if differences(story.case, determined(story.case, changed, story.record, story.order)):
                self._killers.setdefault(place, {})[story] = None
                return f"{self.policy.id}, {story.case.file.name}: {story.case.name}"
        return None

    def resting_on(self, define: str) -> tuple[str, ...]:
        """The criteria, advisories and shared defines whose value may depend on a define, as the document has them.

        Nodes only where nothing else does: they rest on their leaves.
        """
        users = _closure(define, self._users)
        criteria = self.policy.criteria.values()
        leaves = (each.name for each in (*criteria, *self.policy.advisories) if not each.is_node)
        nodes = (each.name for each in criteria if each.is_node)
        named = (name for each in criteria for name in (each.alternative, each.limit, each.critical))
        found = tuple(dict.fromkeys(name for name in (*leaves, *SHARED_DEFINES, *named) if name in users))
        return found or tuple(name for name in nodes if name in users)

    def _changed(self, mutant: Mutant) -> Policy:
        if mutant.library == self.policy.library.name:
            return self._compiled(mutant.applied_to(self._text), self._source)
        text = mutant.applied_to(self.libraries[mutant.library].syntax.source)
        return self._compiled(self._text, _Changed(self._source, mutant.library, text))

    def _compiled(self, text: str, source: LibrarySource) -> Policy:
        return policy_of(compile_text(SourceText(str(self.folder / "policy.cql"), text), source, self._terminology))

    def _story(self, case: Case) -> Story:
        record, order = read_case(case, self._terminology)
        determination = determined(case, self.policy, record, order)
        failed = differences(case, determination)
        if failed:
            raise ValueError(f"{self.policy.id}, {case.file.name}: {case.name}: {'; '.join(failed)}")
        told = {*case.expect.get("criteria", ()), *case.expect.get("advisories", ())}
        rests_on = {result.section for result in determination.criteria}
        return Story(case, record, order, frozenset(rests_on), frozenset(told))

    def _likely_first(self, mutant: Mutant) -> Iterable[Story]:
        """All stories: first those that killed a sibling, then those that look at what rests on the number."""
        before = tuple(self._killers.get((mutant.library, mutant.define), ()))
        users = _closure(mutant.define, self._users)

        def distance(story: Story) -> tuple[bool, bool, int]:
            looked_at = story.told & users
            return not looked_at, not story.rests_on & users, len(story.told - users)

        yield from before
        yield from sorted((story for story in self.stories if story not in before), key=distance)


def _included(library: CompiledLibrary) -> Iterator[tuple[str, CompiledLibrary]]:
    for included in library.includes.values():
        yield included.name, included
        yield from _included(included)


def _users(library: CompiledLibrary) -> Mapping[str, frozenset[str]]:
    """For every name the definitions, of the policy and its libraries, that use it.

    Names alone decide: where two libraries have the same name, more is found than there is, and never less.
    """
    users: dict[str, set[str]] = {}
    for each in (library, *dict(_included(library)).values()):
        for definition in each.syntax.definitions:
            for name in _names_in(definition):
                users.setdefault(name, set()).add(definition.name)
    return {name: frozenset(found) for name, found in users.items()}


def _names_in(definition: syntax.Definition) -> Iterator[str]:
    for node in definition.walk():
        match node:
            case syntax.IdentifierRef(name=name) | syntax.FunctionRef(name=name) | syntax.Property(path=name):
                yield name


def _closure(name: str, users: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += users.get(each, ())
    return frozenset(found)
