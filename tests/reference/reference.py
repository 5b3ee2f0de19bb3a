"""The reference translator and engine of CQL, in a process of Node, asked one question after another.

with Reference() as reference:
    reference.translate(text, [folder])     # [] when it has no word to say
    reference.evaluate(resources, parameters, as_of)
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Message:
    """What the translator says of a line; `severity` is `Error`, `Warning` or `Info`."""

    severity: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.severity}: {self.text}"


class Reference:
    """The Node process. It lives as long as the `with` block."""

    def __enter__(self) -> Self:
        # Standard error is left to what the packages print there, which says nothing about the answers.
        self._process = subprocess.Popen(
            ["node", str(HERE / "reference.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def translate(self, text: str, folders: Iterable[Path] = ()) -> list[Message]:
        """Translates a library, which is then the one that is evaluated, and what it includes from the folders."""
        answer = self._ask("translate", text=text, folders=[str(folder) for folder in folders])
        return [Message(each["severity"], each["line"], each["message"]) for each in answer["messages"]]

    def set_value_sets(self, value_sets: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """The codes (system, code) of every value set, by its URL."""
        self._ask("valueSets", valueSets={url: sorted(codes) for url, codes in value_sets.items()})

    def evaluate(self, resources: list[Any], parameters: Mapping[str, Any], as_of: str) -> dict[str, dict[str, Any]]:
        """The value of every define, by library and name, as JSON (see `wire`); `{"failed": why}` where it has none."""
        answer = self._ask("evaluate", resources=resources, parameters=parameters, asOf=as_of)
        values: dict[str, dict[str, Any]] = answer["values"]
        return values

    def milliseconds(
        self, resources: list[Any], parameters: Mapping[str, Any], as_of: str, times: int = 1
    ) -> list[float]:
        """How long evaluating every define of the library itself takes, each time from resources as JSON on.

        The engine times itself: what it is asked and answers over the pipe does not count.
        """
        answer = self._ask("time", resources=resources, parameters=parameters, asOf=as_of, times=times)
        taken: list[float] = answer["milliseconds"]
        return taken

    def _ask(self, question: str, **about: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"ask": question, **about}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the reference engine ended; `make reference` installs what it needs")
        answer: dict[str, Any] = json.loads(line)
        if "broken" in answer:
            raise RuntimeError(answer["broken"])
        return answer
