"""Versions of a policy side by side, and which one holds on a day."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.cql.errors import CqlError
from cql_like_rules.policy import Policy, load_policies
from cql_like_rules.versions import PolicyVersions

Define = Callable[..., str]


@pytest.fixture
def write(tiny: Any, criterion_define: Define) -> Callable[..., None]:
    """Writes a version of the tiny policy into a folder of its own."""

    def write(folder: str, version: str, *tags: str, policy: str = "T.1") -> None:
        lines = (f"@policy: {policy}", "@title: A tiny policy", *tags)
        head = tiny.head.replace("version '1.0'", f"version '{version}'")
        tiny.written(criterion_define("I", "true"), tags=f"/* {chr(10).join(lines)} */", name=folder, head=head)

    return write


@pytest.fixture
def load(tiny: Any) -> Callable[[], tuple[Policy, ...]]:
    def load() -> tuple[Policy, ...]:
        library = tiny.folder / "library"
        library.mkdir(exist_ok=True)
        return load_policies(tiny.folder / "policies", tiny.terminology, library)

    return load


def refused(load: Callable[[], Any]) -> list[tuple[str, str]]:
    with pytest.raises(CqlError) as error:
        load()
    return [(problem.message, problem.found or "") for problem in error.value.problems]


def test_a_version_knows_its_days_and_its_folder(write: Any, load: Any, tiny: Any) -> None:
    write("T.1@2026", "2026", "@effective: 2026-07-01", "@until: 2026-12-31")
    (policy,) = load()
    assert (policy.effective, policy.until) == (datetime.date(2026, 7, 1), datetime.date(2026, 12, 31))
    assert policy.folder == tiny.folder / "policies" / "T.1@2026"


def test_without_dates_a_version_always_holds(write: Any, load: Any) -> None:
    write("T.1", "1")
    (policy,) = load()
    assert (policy.effective, policy.until) == (None, None)


@pytest.mark.parametrize("date", ["2026", "2026-07", "20260701", "2026-02-30", "soon", "2026-W27-3", ""])
def test_a_date_that_is_none_is_refused(write: Any, load: Any, date: str) -> None:
    write("T.1", "1", f"@effective: {date}")
    assert refused(load) == [("@effective is no date", date)]


def test_a_version_that_ends_before_it_begins_is_refused(write: Any, load: Any) -> None:
    write("T.1", "1", "@effective: 2026-07-01", "@until: 2026-06-30")
    assert refused(load) == [("@until is before @effective", "2026-06-30")]


def test_the_versions_of_a_policy_come_the_oldest_first(write: Any, load: Any) -> None:
    write("b", "3", "@effective: 2026-01-01")
    write("c", "1", "@effective: 2027-01-01")
    write("a", "2")
    write("d", "9", policy="S.1")
    assert [(policy.id, policy.version) for policy in load()] == [
        ("S.1", "9"),
        ("T.1", "2"),
        ("T.1", "3"),
        ("T.1", "1"),
    ]


def test_two_folders_with_the_same_version_are_refused_by_their_names(write: Any, load: Any) -> None:
    write("one", "1", "@effective: 2026-01-01")
    write("two", "1", "@effective: 2027-01-01")
    ((message, found),) = refused(load)
    assert message == "T.1 has this version (1) twice"
    assert [name for name in ("one", "two") if f"/{name}" in found] == ["one", "two"]


@pytest.mark.parametrize("tags", [("@effective: 2026-01-01",), ()])
def test_two_versions_that_take_effect_on_one_day_are_refused_by_their_names(
    write: Any, load: Any, tags: tuple[str, ...]
) -> None:
    write("one", "1", *tags)
    write("two", "2", *tags)
    ((message, found),) = refused(load)
    assert message.startswith("T.1 has this date of effect (")
    assert "/one and " in found
    assert found.endswith("/two")


def test_versions_of_different_policies_are_never_taken_for_one_another(write: Any, load: Any) -> None:
    write("one", "1", "@effective: 2026-01-01")
    write("two", "1", "@effective: 2026-01-01", policy="T.2")
    assert len(load()) == 2


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2025-12-31", "old"),
        ("2026-01-01", "old"),
        ("2026-12-31", "old"),
        ("2027-01-01", "new"),
        ("2027-06-30", "new"),
        ("2031-01-01", "new"),
        (None, "new"),
    ],
)
def test_the_version_in_force_is_the_newest_that_has_taken_effect(
    write: Any, load: Any, day: str | None, version: str
) -> None:
    write("new", "new", "@effective: 2027-01-01", "@until: 2027-06-30")
    write("old", "old", "@effective: 2026-01-01", "@until: 2026-09-30")
    write("other", "9", policy="S.1")
    date = datetime.date.fromisoformat(day) if day else None
    assert [policy.version for policy in PolicyVersions(load()).in_force(date)] == ["9", version]
