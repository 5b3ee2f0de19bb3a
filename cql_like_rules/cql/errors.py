"""What can be wrong with CQL: problems found at load, all of a file at once, and the failure of a define later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cql_like_rules.cql.syntax import Position


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a source file.

    `found` and `expected` are short phrases (`'whre'`, `a clause of the query or the next define`); `hint` says what
    to do about it and may be empty.
    """

    position: Position
    message: str
    found: str = ""
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        parts = [f"{self.position}: {self.message}"]
        if self.found:
            parts.append(f"found {self.found}")
        if self.expected:
            parts.append(f"expected {self.expected}")
        text = "; ".join(parts)
        return f"{text}\n    hint: {self.hint}" if self.hint else text


class CqlError(Exception):
    """A library cannot be loaded. `problems` holds every problem that was found, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.position.file, p.position.line, p.position.column)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EvaluationError(Exception):
    """An operator cannot answer for these operands (a unit that is not UCUM, a list where one element was asked for).

    Raised by operators without a position; the evaluation wraps the first one once, in a `DefineFailure`.
    """


@dataclass(frozen=True, slots=True)
class DefineFailure:
    """Why a define has no value: never false, never null, always told."""

    library: str
    define: str
    position: Position
    cause: str

    def __str__(self) -> str:
        # The file by its name alone: prescribers are shown this, and need not see where a machine keeps its files.
        file = self.position.file.replace("\\", "/").rpartition("/")[2]
        place = f"{file}:{self.position.line}:{self.position.column}"
        return f'{self.library}."{self.define}" failed at {place}: {self.cause}'
