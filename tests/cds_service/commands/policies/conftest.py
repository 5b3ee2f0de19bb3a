"""`oncology-cds policies …`, and a folder with one tiny policy that is well written and whose cases cover it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import main

Define = Callable[..., str]

LIMIT = "\"Order\".perDayPerM2 <= 250 'ug/m2/d'"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *arguments: CliRunner().invoke(main, ["policies", *map(str, arguments)])


@pytest.fixture
def defines(criterion_define: Define) -> str:
    """I.A rests on the dose, at most 250 a day; V.1 is told whatever the dose."""
    return (
        criterion_define("I.A.1", LIMIT, "dose", ask="State the dose", unmet="Above 250")
        + criterion_define("I.A", '"I.A.1" and true', "dose")
        + criterion_define("V.1", "true", "safety", finding="critical")
    ).replace("Title of I.A.1", "At most 250 a day")


@pytest.fixture
def folder(tiny: Any, defines: str) -> Path:
    """The folder with the tiny policy and its cases: 300 a day, 200 a day, and a dose that is not stated."""
    written: Path = tiny.written(defines, shared=tiny.shared.replace("'I'", "'I.A'"))
    cases = [
        case("300 a day", "not-met", **{"I.A.1": "not-met"}),
        case("200 a day", "met", **{"I.A.1": "met"}) | {"change": dose("replace", 200)},
        case("no dose", "missing-information", **{"I.A.1": "missing"}) | {"change": dose("remove")},
    ]
    write_cases(written, tiny, cases)
    return written.parent


def case(name: str, status: str, **criteria: str) -> dict[str, Any]:
    return {"name": name, "expect": {"status": status, "criteria": criteria, "advisories": ["V.1"]}}


def dose(op: str, value: int | None = None) -> list[dict[str, Any]]:
    path = "/order/dosageInstruction/0/doseAndRate/0/doseQuantity"
    return [{"op": op, "path": f"{path}/value", "value": value} if value else {"op": op, "path": path}]


def write_cases(policy_folder: Path, tiny: Any, cases: list[dict[str, Any]]) -> None:
    (policy_folder / "cases").mkdir(exist_ok=True)
    base = {"order": tiny.request(), "resources": {}, "delivered": []}
    content = json.dumps({"base": base, "cases": cases})
    (policy_folder / "cases" / "doses.json").write_text(content, encoding="utf-8")


@pytest.fixture
def change_cases(folder: Path) -> Callable[[Callable[[list[Any]], None]], None]:
    """Changes the cases of the tiny policy."""

    def change(how: Callable[[list[Any]], None]) -> None:
        path = folder / "T.1" / "cases" / "doses.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        how(content["cases"])
        path.write_text(json.dumps(content), encoding="utf-8")

    return change
