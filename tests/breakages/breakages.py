"""Protections taken away on purpose, one by one: a test has to fail for each.

    python -m tests.breakages.breakages [ROOM ...]      # the names of files here; without one, all of them

Each is done in a copy of the project. Exit 1 when a protection can be taken away and its test still passes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
_PARTS = ("cds_service", "cql_like_rules", "deploy", "docs", "fhir_examples", "tests")
_LEFT_OUT = shutil.ignore_patterns("node_modules", "__pycache__")


@dataclass(frozen=True, slots=True)
class Breakage:
    """`old` becomes `new` in `file`, and `test` has to notice."""

    room: str
    what: str
    file: str
    old: str
    new: str
    test: str


def breakages(rooms: Iterable[str] = ()) -> Iterator[Breakage]:
    """Those of the rooms, of all rooms when none is named."""
    wanted = set(rooms)
    for path in sorted(HERE.glob("*.toml")):
        if not wanted or path.stem in wanted:
            for entry in tomllib.loads(path.read_text(encoding="utf-8"))["breakage"]:
                yield Breakage(path.stem, **entry)


def is_noticed(breakage: Breakage, copy: Path) -> bool:
    """Whether the test fails in a copy of the project that is broken so. The copy is mended again."""
    file = copy / breakage.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(breakage.old, breakage.new, 1), encoding="utf-8")
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", breakage.test],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            check=False,
        )
    finally:
        file.write_text(whole, encoding="utf-8")
    return ran.returncode == 1


def main(rooms: list[str]) -> int:
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in _PARTS:
            shutil.copytree(PROJECT / part, copy / part, ignore=_LEFT_OUT)
        for name in ("pyproject.toml", "README.md", "Makefile"):
            shutil.copy(PROJECT / name, copy / name)
        for breakage in breakages(rooms):
            noticed = is_noticed(breakage, copy)
            unnoticed += not noticed
            sys.stdout.write(f"{'noticed' if noticed else 'NOT NOTICED'}: {breakage.room}: {breakage.what}\n")
            sys.stdout.flush()
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
