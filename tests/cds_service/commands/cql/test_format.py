"""`oncology-cds cql format`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from cds_service.commands.cql import formatting
from cql_like_rules.cql.formatting import FormattingFailed

Run = Callable[..., Result]
Write = Callable[..., Path]

UNTIDY = 'define "X":1+2\n'
TIDY = 'define "X": 1 + 2\n'


def test_a_file_is_formatted_in_place(run: Run, write: Write) -> None:
    file = write(UNTIDY)
    result = run("format", file)
    assert (result.exit_code, result.stdout) == (0, f"{file}: formatted\n")
    assert file.read_text(encoding="utf-8").endswith(TIDY)


def test_a_file_that_is_formatted_is_not_touched(run: Run, write: Write) -> None:
    file = write(TIDY)
    before = file.stat().st_mtime_ns
    result = run("format", file)
    assert (result.exit_code, result.stdout) == (0, "")
    assert file.stat().st_mtime_ns == before


def test_check_names_what_is_not_formatted_and_writes_nothing(run: Run, write: Write) -> None:
    tidy, untidy = write(TIDY, "Tidy.cql"), write(UNTIDY, "Untidy.cql")
    result = run("format", "--check", tidy, untidy)
    assert (result.exit_code, result.stdout) == (1, f"{untidy}: not formatted\n")
    assert untidy.read_text(encoding="utf-8").endswith(UNTIDY)
    assert run("format", "--check", tidy).exit_code == 0


def test_diff_shows_what_would_change(run: Run, write: Write) -> None:
    file = write(UNTIDY)
    result = run("format", "--diff", file)
    assert result.exit_code == 1
    assert '-define "X":1+2\n+define "X": 1 + 2\n' in result.stdout
    assert file.read_text(encoding="utf-8").endswith(UNTIDY)


def test_stdout_prints_the_formatted_text(run: Run, write: Write) -> None:
    file = write(UNTIDY, head="library S version '1'\n\n")
    result = run("format", "--stdout", file)
    assert (result.exit_code, result.stdout) == (0, f"library S version '1'\n\n{TIDY}")
    assert file.read_text(encoding="utf-8").endswith(UNTIDY)


def test_a_file_that_cannot_be_parsed_is_left_alone_and_the_others_are_formatted(run: Run, write: Write) -> None:
    broken, untidy = write("define X 1\n", "Broken.cql"), write(UNTIDY, "Untidy.cql")
    result = run("format", broken, untidy)
    assert result.exit_code == 1
    assert "expected ':' and an expression" in result.stderr
    assert broken.read_text(encoding="utf-8").endswith("define X 1\n")
    assert untidy.read_text(encoding="utf-8").endswith(TIDY)


def test_a_fault_of_the_formatter_ends_the_command_and_writes_nothing(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(text: str, file: str) -> str:
        raise FormattingFailed(f"{file} cannot be formatted without changing it")

    monkeypatch.setattr(formatting, "formatted", fails)
    file = write(UNTIDY)
    result = run("format", file)
    assert result.exit_code == 1
    assert "cannot be formatted without changing it" in result.stderr
    assert file.read_text(encoding="utf-8").endswith(UNTIDY)
