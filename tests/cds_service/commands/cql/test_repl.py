"""`oncology-cds cql repl`, with lines from a pipe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
Write = Callable[..., Path]
Ask = Callable[..., list[str]]

DEFINES = 'define "Dose":\n  "Order".perDayPerM2\n\ndefine "Is high":\n  "Dose" > 250 \'ug/m2/d\'\n'


@pytest.fixture
def ask(run: Run) -> Ask:
    """What is answered to some lines, without the greeting and without the prompts."""

    def asked(*lines: str, options: tuple[object, ...] = ()) -> list[str]:
        result = run("repl", *options, input="\n".join([*lines, ":quit"]))
        assert result.exit_code == 0, result.output
        greeting, _, rest = result.output.partition("\n")
        assert "defines. :help for help, :quit to end." in greeting
        return rest.replace("cql> ", "").splitlines()

    return asked


@pytest.fixture
def loaded(write: Write, overdose: Path) -> tuple[object, ...]:
    return ("--library", write(DEFINES), "--request", overdose)


def test_expressions_are_answered_in_cql(ask: Ask) -> None:
    assert ask("1 + 1", "'a' & 'b'", "{ 1, null }", "@2026-01-15 + 1 month", "2 'mg' = 2000 'ug'") == [
        "2",
        "'ab'",
        "{ 1, null }",
        "@2026-02-15",
        "true",
    ]


def test_the_record_and_the_defines_of_a_library_are_at_hand(ask: Ask, loaded: tuple[object, ...]) -> None:
    told = ask('"Dose"', "Count([Patient])", '"Is high" and "Order".id is not null', options=loaded)
    assert told == ["300 'ug/m2/d'", "1", "true"]


def test_without_a_library_the_parameters_and_conversions_are_at_hand(ask: Ask, overdose: Path) -> None:
    told = ask('"Order".perDayPerM2', "[Patient] P return all P.birthDate.value", options=("--request", overdose))
    assert told == ["300 'ug/m2/d'", "{ @1961-06-21 }"]


def test_an_error_is_told_at_its_place_in_the_line(ask: Ask) -> None:
    told = ask("5 'mcg' > 3 'mg'")
    assert told == ["line:1:1: 'mcg' is no UCUM unit", "    5 'mcg' > 3 'mg'", "    ^", "    hint: write 'ug'"]


def test_what_is_missing_at_the_end_is_told_behind_it(ask: Ask) -> None:
    told = ask("1 +")
    assert told[0].startswith("line:1:4: ")
    assert told[1:3] == ["    1 +", "       ^"]


def test_a_failure_is_told_and_the_session_goes_on(ask: Ask) -> None:
    assert ask("singleton from { 1, 2 }", "1") == ["failed: one element is expected, but the list has 2", "1"]


def test_defines_can_be_added(ask: Ask, loaded: tuple[object, ...]) -> None:
    told = ask('define "Twice": "Dose" * 2', '"Twice"', "define Broken 3", ":defines twi", options=loaded)
    assert told[:2] == ["3 defines", "600 'ug/m2/d'"]
    assert told[2].startswith("line:1:15: ")
    assert told[-1] == "Twice"


def test_why_explains_a_define_or_the_last_expression(ask: Ask, loaded: tuple[object, ...]) -> None:
    told = ask(":why", ":why Is high", "\"Dose\" < 5 'ug/m2/d'", ":why", ":why Is hi", options=loaded)
    assert told[0] == "nothing was asked yet; :why NAME explains a define"
    assert "│   found:   Dose (300 'ug/m2/d') > 250 'ug/m2/d': yes" in told
    assert "│   found:   Dose (300 'ug/m2/d') < 5 'ug/m2/d': no" in told
    assert told[-1] == 'Small has no define "Is hi"; did you mean "Is high"?'


def test_the_defines_are_listed(ask: Ask, loaded: tuple[object, ...]) -> None:
    assert ask(":defines", ":defines HIGH", options=loaded) == ["Dose", "Is high", "Is high"]


def test_help_tells_every_command_and_others_are_none(ask: Ask) -> None:
    told = "\n".join(ask(":help"))
    assert all(word in told for word in (":why", ":defines", ":help", ":quit", "define"))
    assert ask(":hepl") == ["no such command: :hepl; :help tells what there is"]


def test_an_empty_line_is_not_answered_and_the_end_of_the_input_ends_it(run: Run) -> None:
    result = run("repl", input="\n\n1\n")
    assert result.exit_code == 0
    assert result.output.count("cql> ") == 4
    assert result.output.endswith("cql> \n")


def test_a_library_with_problems_is_not_opened(run: Run, write: Write) -> None:
    result = run("repl", "--library", write('define "A": Q\n'), input="1\n")
    assert result.exit_code == 1
    assert "^" in result.stderr


def test_a_line_that_is_broken_off_is_forgotten(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str | type[BaseException]] = ["1", KeyboardInterrupt, "2", EOFError]

    def typed(prompt: str) -> str:
        line = lines.pop(0)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", typed)
    result = run("repl")
    assert (result.exit_code, result.output.splitlines()[1:]) == (0, ["1", "", "2", ""])
