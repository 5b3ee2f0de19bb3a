"""Broken requests, made from good ones: the same for the same number.

Values are deleted, doubled, replaced, renamed and nested, resources multiplied, bytes changed, headers made up. Each
mutation starts from one example, sent to any address that takes its kind.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cds_service.fhir.bundles import resources_in
from cds_service.openapi.requests import EXAMPLE_FEEDBACK
from tests.cds_service.test_robustness import CHANGES, NASTY, places

EXAMPLES = Path(__file__).parents[2] / "fhir_examples"
HOOKS = ("order-sign", "order-select", "order-dispatch")
PACKAGE = "/fhir/Questionnaire/$questionnaire-package"
HEADERS: tuple[tuple[str, str], ...] = (
    ("Content-Type", "text/xml"),
    ("Content-Type", "application/json; charset=\xff"),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br, identity"),
    ("Accept", "application/fhir+xml"),
    ("Accept", ";;;,q=x"),
    ("Authorization", "Bearer a.b.c"),
    ("X-Request-ID", "x" * 10_000),
    ("X-Forwarded-For", "::::,%"),
    ("Origin", "null"),
    ("Host", "evil.example:99999"),
)
LONG: tuple[str, ...] = (
    "1" * 6_000,
    "(" * 3_000,
    "[" * 3_000,
    "-" * 20_000,
    " " * 20_000 + "x",
    "a/" * 10_000,
    "mg/m2 daily for 5 days " * 900,
    "1.2.3." * 3_000,
    "Patient/" * 3_000,
    "2026-01-01T" * 2_000,
)
_DRUG = ("resourceType", "id", "doNotPerform", "medication", "authoredOn", "contained")


@dataclass(slots=True)
class Mutation:
    """A request to send.

    `changes` tells what was done to the example, `bytes_changed` that it may be no JSON any more.
    """

    number: int
    url: str
    body: bytes
    example: str
    headers: Mapping[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    bytes_changed: bool = False

    def __str__(self) -> str:
        return f"mutation {self.number} of {self.example} to {self.url}: {'; '.join(self.changes)}"


def _examples() -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Each example: its name, the addresses that take it, and the JSON."""
    for path in sorted(EXAMPLES.glob("order-*/*.json")):
        hook = path.parent.name.removesuffix("-crd")
        value = json.loads(path.read_text(encoding="utf-8"))
        yield f"{path.parent.name}/{path.name}", (f"/cds-services/{hook}", f"/cds-services/{hook}-crd"), value
        if hook == "order-sign":
            yield f"parameters of {path.name}", (PACKAGE, "/fhir/$questionnaire-package"), _parameters(value)
    feedback = copy.deepcopy(EXAMPLE_FEEDBACK)
    overridden = {"reason": {"code": "c", "system": "https://x.example", "display": "d"}, "userComment": "as told"}
    feedback["feedback"].append(feedback["feedback"][0] | {"outcome": "overridden", "overrideReason": overridden})
    for hook in HOOKS:
        yield "feedback", (f"/cds-services/{hook}/feedback", f"/cds-services/{hook}-crd/feedback"), feedback


def _parameters(call: Any) -> Any:
    """What a client of forms would send about the orders of a call."""
    held = [
        ("coverage" if name == "coverage" else "referenced", resource)
        for name, value in call.get("prefetch", {}).items()
        for resource in resources_in(value)
    ]
    held += [("order", order) for order in resources_in(call["context"]["draftOrders"])]
    listed = [{"name": name, "resource": value} for name, value in held]
    address = "https://oncology-cds.example/Questionnaire/CP.PHAR.295-I.A"
    return {"resourceType": "Parameters", "parameter": [{"name": "questionnaire", "valueCanonical": address}, *listed]}


_ALL = tuple(_examples())
_CALLS = tuple(each for each in _ALL if "/order-" in each[1][0])
_OTHERS = tuple(each for each in _ALL if "/order-" not in each[1][0] or "feedback" in each[1][0])


def mutation(number: int) -> Mutation:
    """The mutation of this number."""
    chance = random.Random(number)
    name, urls, value = chance.choice(_OTHERS if chance.random() < 0.25 else _CALLS)
    value = copy.deepcopy(value)
    made = Mutation(number, chance.choice(urls), b"", name)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        made.changes.append(_change(value, chance))
    made.body = json.dumps(value).encode()
    if chance.random() < 0.15:
        made.bytes_changed = True
        made.body = _with_other_bytes(made.body, chance, made.changes)
    if chance.random() < 0.05:
        header, text = chance.choice(HEADERS)
        made.headers = {header: text}
        made.changes.append(f"{header}: {text[:40]}")
    return made


def _change(value: Any, chance: random.Random) -> str:
    known = list(places(value))
    if not known:
        return "nothing left to change"
    place = chance.choice(known)
    target = value
    for step in place[:-1]:
        target = target[step]
    where = ".".join(map(str, place))
    kind = chance.randrange(10)
    if kind < 4:
        put = chance.choice(LONG if chance.random() < 0.15 else NASTY)
        target[place[-1]] = copy.deepcopy(put)
        return f"{where} = {json.dumps(put)[:60]}"
    if kind == 4:
        source = chance.choice(known)
        moved: Any = value
        try:
            for step in source:
                moved = moved[step]
        except (LookupError, TypeError):
            moved = None
        target[place[-1]] = copy.deepcopy(moved)
        return f"{where} = what is at {'.'.join(map(str, source))}"
    if kind == 5 and isinstance(target, list):
        target.extend(copy.deepcopy([target[place[-1]]] * chance.choice((1, 3, 60))))
        return f"{where} many times"
    change: Callable[[Any, Any], None] = chance.choice(CHANGES)
    change(target, place[-1])
    return f"{change.__name__} {where}"


def _with_other_bytes(body: bytes, chance: random.Random, changes: list[str]) -> bytes:
    changed = bytearray(body)
    start = chance.randrange(len(changed))
    length = chance.choice((1, 1, 2, 8, 100))
    kind = chance.choice(("cut off", "left out", "flipped", "inserted", "doubled"))
    if kind == "cut off":
        del changed[start:]
    elif kind == "left out":
        del changed[start : start + length]
    elif kind == "flipped":
        for place in range(start, min(start + length, len(changed))):
            changed[place] ^= 1 << chance.randrange(8)
    elif kind == "inserted":
        changed[start:start] = chance.choice(
            (chance.randbytes(length), b"[" * 5000, b'{"a":' * 5000, b"9" * 6000, b"\\u0000")
        )
    else:
        changed[start:start] = changed[start : start + length]
    changes.append(f"{length} bytes {kind} at {start}")
    return bytes(changed)


def deciding_parts(call: Any) -> Any:
    """What of a call tells which drug is ordered when, and under which plan: with the same, a policy speaks."""
    context = call["context"]
    orders = [entry["resource"] for entry in context["draftOrders"]["entry"]]
    drugs = [{name: value for name, value in order.items() if name.startswith(_DRUG)} for order in orders]
    return drugs, call["prefetch"].get("coverage"), context["patientId"], context.get("selections")


INDEX = json.loads((EXAMPLES / "index.json").read_text(encoding="utf-8"))
SPOKEN_ON = frozenset(each["file"] for each in INDEX if each["determinations"])
"""The examples that some policy is about."""


def original(name: str) -> Any:
    """An example by its name."""
    return next(value for known, _, value in _ALL if known == name)
