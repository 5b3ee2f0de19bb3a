"""What is broken on purpose is still there to be broken, and its test too."""

from __future__ import annotations

import pytest

from .breakages import PROJECT, Breakage, breakages

ALL = list(breakages())


@pytest.mark.parametrize("breakage", ALL, ids=lambda breakage: f"{breakage.room}: {breakage.what}")
def test_a_breakage_fits_the_code(breakage: Breakage) -> None:
    assert breakage.old in (PROJECT / breakage.file).read_text(encoding="utf-8")
    assert breakage.old != breakage.new
    file, _, name = breakage.test.partition("::")
    assert name.partition("[")[0] in (PROJECT / file).read_text(encoding="utf-8") or (PROJECT / file).is_dir()


def test_each_is_told_once() -> None:
    assert len({(breakage.room, breakage.what) for breakage in ALL}) == len(ALL)
