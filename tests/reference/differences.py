"""What differs between the engines: found, and known with a reason (differences.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.reference.reference import Reference
from tests.reference.stories import FAILED, Story
from tests.reference.wire import agree, from_json

_LIST: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "differences.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One define (`Library.name`) that has another value in the reference engine; `theirs` is JSON."""

    policy: str
    story: str
    define: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.define}\n    in {self.story}\n    ours:   {self.ours!r}\n    theirs: {self.theirs!r}"


def differences_in(story: Story, reference: Reference) -> Iterator[Difference]:
    """The defines that differ in a story of the policy that the reference engine has at hand."""
    ours = story.values()
    theirs = reference.evaluate(story.resources(), story.wire_parameters(), str(story.as_of))
    for (library, name), value in ours.items():
        other = theirs.get(library, {}).get(name, "no such define")
        if not _same(value, other):
            yield Difference(story.policy, story.name, f"{library}.{name}", value, other)
    for library, values in theirs.items():
        for name in values:
            if (library, name) not in ours:
                yield Difference(story.policy, story.name, f"{library}.{name}", "no such define", values[name])


def _same(ours: Any, theirs: Any) -> bool:
    failed = isinstance(theirs, dict) and "failed" in theirs
    return ours is FAILED if failed else ours is not FAILED and agree(ours, from_json(theirs))


@dataclass(frozen=True, slots=True)
class KnownInPolicies:
    """Known differences of a story, of a define or of both; an empty name stands for any."""

    reason: str
    policy: str = ""
    story: str = ""
    define: str = ""

    def covers(self, difference: Difference) -> bool:
        pairs = (
            (self.policy, difference.policy),
            (self.story, difference.story),
            (self.define, difference.define),
        )
        return all(known in ("", found) for known, found in pairs)

    def is_about(self, policy: str, stories: Collection[str]) -> bool:
        """Whether it must be found among these stories of the policy."""
        return self.policy in ("", policy) and (not self.story or self.story in stories)


KNOWN_IN_POLICIES = tuple(KnownInPolicies(**entry) for entry in _LIST.get("policy", ()))


@dataclass(frozen=True, slots=True)
class KnownInExpressions:
    """Known differences in random expressions, as `pattern` finds them in their one line; `example` is one of them."""

    reason: str
    pattern: str
    example: str

    def covers(self, line: str) -> bool:
        return re.search(self.pattern, line) is not None


KNOWN_IN_EXPRESSIONS = tuple(KnownInExpressions(**entry) for entry in _LIST.get("expression", ()))
