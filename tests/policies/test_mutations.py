"""A handful of the mutants of `make mutate`: one number of each kind, and that the tool would see a survivor."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from cql_like_rules.policy import POLICIES
from cql_like_rules.terminology import Terminology

TOOL = Path(__file__).parents[1] / "mutation" / "mutate_policies.py"


@pytest.fixture(scope="module")
def tool() -> Iterator[ModuleType]:
    specification = importlib.util.spec_from_file_location("mutate_policies", TOOL)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["mutate_policies"] = module
    specification.loader.exec_module(module)
    yield module
    del sys.modules["mutate_policies"]


@pytest.fixture(scope="module")
def mutation(tool: ModuleType, terminology: Terminology) -> Any:
    return tool.Mutation(POLICIES / "CP.PHAR.295", terminology)


@pytest.mark.parametrize(
    ("define", "before", "after"),
    [
        ("I.A.3", "55", "54"),
        ("Maximum for AML", "250", "251"),
        ("Maximum for AML", "'ug/m2/d'", "'mg/m2/d'"),
        ("Illinois waiver", "@2026-01-01", "@2026-01-02"),
        ("Days a weight is current", "30", "29"),
        ("Time between chemotherapy or radiotherapy and Leukine", "24", "23"),
    ],
)
def test_a_changed_number_fails_a_case(tool: ModuleType, mutation: Any, define: str, before: str, after: str) -> None:
    wanted = (define, before, after)
    mutant = next(m for m in tool.mutants_of(mutation.library) if (m.define, m.before, m.after) == wanted)
    assert mutation.killer(mutant) is not None


def test_an_unchanged_policy_survives(tool: ModuleType, mutation: Any) -> None:
    first = next(tool.mutants_of(mutation.library))
    unchanged = tool.Mutant(first.define, first.line, first.start, first.before, first.before)
    assert mutation.killer(unchanged) is None


def test_a_number_moves_by_its_last_digit(tool: ModuleType) -> None:
    library, _ = tool.parse_library('library A define "X": 0.5 + 3', "a.cql")
    assert [(m.before, m.after) for m in tool.mutants_of(library)] == [
        ("0.5", "0.4"), ("0.5", "0.6"), ("3", "2"), ("3", "4"),
    ]  # fmt: skip


def test_a_date_moves_by_a_day(tool: ModuleType) -> None:
    library, _ = tool.parse_library('library A define "X": @2024-03-01', "a.cql")
    assert [m.after for m in tool.mutants_of(library)] == ["@2024-02-29", "@2024-03-02"]


def test_positions_in_lists_and_words_are_no_numbers_of_the_document(tool: ModuleType) -> None:
    library, _ = tool.parse_library("""library A define "X": "Y"[0] = 'stage 4'""", "a.cql")
    assert list(tool.mutants_of(library)) == []
