"""`oncology-cds policies show`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cql_like_rules.policy import POLICIES

Run = Callable[..., Result]

SHIPPED = sorted(path.parent.name for path in POLICIES.glob("*/policy.cql") if "@" not in path.parent.name)


@pytest.mark.parametrize("policy_id", SHIPPED)
def test_every_policy_fits_a_hundred_columns(run: Run, policy_id: str) -> None:
    result = run("show", policy_id)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line for line in result.stdout.splitlines() if len(line) > 100] == []


def test_the_outline_reads_as_the_document_does(run: Run, folder: Path) -> None:
    result = run("show", "T.1", "--folder", folder)
    assert result.stdout.splitlines() == [
        "A tiny policy",
        "",
        "policy     T.1, version 1.0",
        "publisher  Nobody",
        "document   coverage: what is paid for",
        "about      any …",
        "",
        "Section that an order is held against",
        "=====================================",
        "I.A  always",
        "",
        "Criteria",
        "========",
        "I.A  Title of I.A  (dose: all of)",
        "├── I.A.1  At most 250 a day  (dose)",
        "│       holds:   ≤ 250 ug/m2/d",
        "│       missing: State the dose",
        "│       not met: Above 250",
        "└── met",
        "",
        "Advisories: told whatever the criteria say",
        "==========================================",
        "V.1  Title of V.1  (safety, critical)",
        "",
        "Codes by themselves",
        "===================",
        "Drug          RxNorm 203878       Leukine",
        "Other drug    RxNorm 1605067      Zarxio",
        "By injection  SNOMED CT 34206005  Subcutaneous route",
    ]


def test_long_words_go_on_under_themselves(run: Run, tiny: Any, criterion_define: Callable[..., str]) -> None:
    folder = tiny.written(criterion_define("I", "true", ask="many words " * 8)).parent
    lines = run("show", "T.1", "--folder", folder, "--width", 60).stdout.splitlines()
    first = next(number for number, line in enumerate(lines) if "missing:" in line)
    assert lines[first] == "    missing: many words many words many words many words"
    assert lines[first + 1] == "             many words many words many words many words"


def test_the_outline_may_be_markdown(run: Run, folder: Path) -> None:
    lines = run("show", "T.1", "--folder", folder, "--format", "markdown").stdout.splitlines()
    assert lines[0] == "# A tiny policy"
    assert "## Criteria" in lines
    assert "- **I.A** Title of I.A *(dose: all of)*" in lines
    assert "  - **I.A.1** At most 250 a day *(dose)*" in lines
    assert "    - holds: ≤ 250 ug/m2/d" in lines
    assert "| Drug | RxNorm 203878 | Leukine |" in lines


def test_one_version_may_be_named_and_the_newest_is_shown(run: Run, tiny: Any, folder: Path) -> None:
    text = (folder / "T.1" / "policy.cql").read_text(encoding="utf-8")
    newer = folder / "T.1@2.0"
    newer.mkdir()
    text = text.replace("version '1.0'", "version '2.0'").replace("@publisher", "@effective: 2027-01-01\n@publisher")
    (newer / "policy.cql").write_text(text, encoding="utf-8")
    for name, version in (("T.1", "2.0"), ("T.1@1.0", "1.0"), ("T.1@2.0", "2.0")):
        assert f"T.1, version {version}" in run("show", name, "--folder", folder).stdout


def test_an_unknown_policy_is_refused(run: Run, folder: Path) -> None:
    for name, told in (("T.2", "no policy T.2; there are T.1"), ("T.1@7", "T.1 has no version 7, but 1.0")):
        result = run("show", name, "--folder", folder)
        assert result.exit_code == 1
        assert told in result.stderr


def test_a_policy_that_is_named_is_shown_while_another_is_broken(run: Run, tiny: Any, folder: Path) -> None:
    tiny.written("define", name="Z.9")
    assert run("show", "T.1", "--folder", folder).exit_code == 0
    assert run("list", "--folder", folder).exit_code == 1
