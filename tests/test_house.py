"""The house: imports point one way, and no Python knows a drug or a policy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cds_service
import cql_like_rules
from cql_like_rules.policy import POLICIES
from cql_like_rules.terminology import load_terminology

RULES = Path(cql_like_rules.__file__).parent
SERVICE = Path(cds_service.__file__).parent


def imported_by(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_the_rules_know_nothing_of_the_service_the_network_the_database_or_the_clock() -> None:
    others = {"cds_service", "flask", "requests", "sqlalchemy", "time", "click", "rich"}
    found = {
        (str(file.relative_to(RULES)), name)
        for file in RULES.rglob("*.py")
        for name in imported_by(file)
        if name.partition(".")[0] in others
    }
    assert found == set()


def test_no_python_names_a_drug() -> None:
    names = load_terminology().drug_names
    found = {
        (str(file), code.display)
        for folder in (RULES, SERVICE)
        for file in folder.rglob("*.py")
        for code in names.codes_in(file.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_no_python_names_a_policy() -> None:
    ids = {path.parent.name for path in POLICIES.glob("*/policy.cql")}
    found = {
        (str(file), policy_id)
        for folder in (RULES, SERVICE)
        for file in folder.rglob("*.py")
        for policy_id in ids
        if policy_id in file.read_text(encoding="utf-8")
    }
    assert found == set()
