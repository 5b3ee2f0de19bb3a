"""Stories: what policies are asked of the engine, from every case and every example request.

A story is taken where `determine` asks the engine, so that both engines get the very record and parameters that the
service gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from cds_service.commands.check import check
from cql_like_rules.cases import cases_of, determination_of
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.policy import load_policy
from cql_like_rules.record import Record
from cql_like_rules.terminology import Terminology
from tests.reference.wire import canonical, to_json

EXAMPLES = Path(__file__).parents[2] / "fhir_examples"


@dataclass(frozen=True, slots=True)
class Story:
    """One evaluation of one policy; `name` is the case's or the example's."""

    name: str
    library: CompiledLibrary
    record: Record
    parameters: Mapping[str, Any]
    as_of: DateTime

    @property
    def policy(self) -> str:
        """The name of the folder of the policy."""
        return Path(self.library.syntax.position.file).parent.name

    def resources(self) -> list[Any]:
        """The record as the reference engine gets it: what our record has kept, codings in their canonical spelling."""
        kept = [canonical(element.json) for element in self.record.resources]
        if not self.record.retrieve("Patient"):
            # The other engine evaluates for a patient or not at all; one of whom nothing is known stands for none.
            kept.append({"resourceType": "Patient", "id": "unknown"})
        return kept

    def wire_parameters(self) -> dict[str, Any]:
        return {name: to_json(value) for name, value in self.parameters.items()}

    def values(self) -> dict[tuple[str, str], Any]:
        """What our engine makes of every define, by library and name; `FAILED` for one that fails."""
        values: dict[tuple[str, str], Any] = {}
        for library in parts_of(self.library):
            parameters = self.parameters if library is self.library else {}
            evaluation = Evaluation(library, self.record, parameters, self.as_of)
            for name in library.defines:
                outcome = evaluation.outcome(name)
                values[library.name, name] = FAILED if outcome.failure else outcome.value
        return values


def parts_of(library: CompiledLibrary) -> list[CompiledLibrary]:
    """The library and all that it includes, however far, each once."""
    parts = {library.name: library}
    for included in library.includes.values():
        for part in parts_of(included):
            parts.setdefault(part.name, part)
    return list(parts.values())


class _Failed:
    def __repr__(self) -> str:
        return "failed"


FAILED = _Failed()


class _Enough(Exception):
    """The story is taken; what is determined is of no interest."""


@contextmanager
def _taken(name: str, *, only: bool = False) -> Iterator[list[Story]]:
    """The stories that `determine` asks meanwhile; with `only`, the first one, and nothing is determined."""
    stories: list[Story] = []

    class Taken(Evaluation):
        def __init__(self, library: CompiledLibrary, record: Any, parameters: Mapping[str, Any], at: DateTime) -> None:
            stories.append(Story(name, library, record, parameters, at))
            if only:
                raise _Enough
            super().__init__(library, record, parameters, at)

    with patch("cql_like_rules.determine.Evaluation", Taken), suppress(_Enough):
        yield stories


def stories_of_cases(folder: Path, terminology: Terminology) -> list[Story]:
    """The stories of the cases of a policy's folder."""
    policy = load_policy(folder, terminology)
    found: list[Story] = []
    for case in cases_of(folder):
        with _taken(f"{case.file.stem}: {case.name}", only=True) as stories:
            determination_of(case, policy, terminology)
        found += stories
    return found


def stories_of_examples() -> list[Story]:
    """Every order of every example request, as `oncology-cds check` asks each policy about it."""
    found: list[Story] = []
    for path in sorted(EXAMPLES.glob("order-sign/*.json")):
        with _taken(f"example {path.stem}") as stories:
            outcome = CliRunner().invoke(check, [str(path), "--json"])
        assert outcome.exit_code == 0, outcome.output
        found += stories
    return found
