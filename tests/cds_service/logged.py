"""Every log line of the tests is searched for what the examples tell of patients, and of who treats them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

EXAMPLES = Path(__file__).parents[2] / "fhir_examples"
ALWAYS = frozenset({"jane", "find-me", "secret-token", "access-token-find-me"})
"""What tests call patients and tokens that must not be found again."""

_NAMES = frozenset({"family", "given"})
_IDENTITIES = frozenset({"birthDate", "id", "patientId", "reference", "userId"})
_IDS_OF_CLIENTS = ("hook_instance", "request_id")
_WORD = re.compile(r"[A-Za-z0-9\-]{4,}", re.ASCII)
_IDENTITY = re.compile(r"(?=.*\d)[A-Za-z0-9\-]{8,}", re.ASCII)


@cache
def of_patients() -> frozenset[str]:
    """Names, dates of birth, and ids of resources in the examples, in small letters."""
    examples = [json.loads(path.read_text(encoding="utf-8")) for path in EXAMPLES.glob("*/*.json")]
    names = {word for text in _texts(examples, _NAMES) for word in _WORD.findall(text)}
    identities = {word for text in _texts(examples, _IDENTITIES) for word in _WORD.findall(text)}
    return ALWAYS.union(map(str.lower, names), (word.lower() for word in identities if _IDENTITY.fullmatch(word)))


def _texts(value: Any, keys: frozenset[str], key: str = "") -> Iterator[str]:
    """The texts below these keys."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _texts(member, keys, name)
    elif isinstance(value, list):
        for member in value:
            yield from _texts(member, keys, key)
    elif isinstance(value, str) and key in keys:
        yield value


def found_in(line: Mapping[str, Any]) -> set[str]:
    """What of patients is in a log line, but for the ids that clients give to requests and calls."""
    told = json.dumps({name: value for name, value in line.items() if name not in _IDS_OF_CLIENTS}, default=str)
    return {word.lower() for word in _WORD.findall(told)} & of_patients()


@pytest.fixture(autouse=True)
def no_log_line_tells_of_a_patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Holds every line that a test makes the service log, also one that the test captures."""
    lines: list[dict[str, Any]] = []
    capture = LogCapture.__call__

    def hold(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        lines.append(dict(line))
        return line

    def captured(self: LogCapture, logger: Any, method: str, line: MutableMapping[str, Any]) -> Any:
        lines.append(dict(line))
        return capture(self, logger, method, line)

    processors = structlog.get_config()["processors"]
    processors.insert(0, hold)
    monkeypatch.setattr(LogCapture, "__call__", captured)
    yield
    if hold in processors:
        processors.remove(hold)
    assert [(line, found) for line in lines if (found := found_in(line))] == []
