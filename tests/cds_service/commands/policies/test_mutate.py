"""`oncology-cds policies mutate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

Run = Callable[..., Result]
Change = Callable[[Callable[[list[Any]], None]], None]


def test_a_number_that_cases_surround_is_safe(run: Run, folder: Path, change_cases: Change) -> None:
    change_cases(_stand_beside_the_limit)
    result = run("mutate", "--folder", folder, "--jobs", 1)
    assert (result.exit_code, result.stderr) == (0, "")
    first, *_, last = result.stdout.splitlines()
    assert first.endswith('"I.A.1" 250 -> 249  killed by T.1, doses.json: 200 a day')
    assert last == "3 mutants, 3 killed, 0 survived, 0 to mend"


def test_a_number_that_nobody_checks_is_told_with_the_case_that_is_wanting(run: Run, folder: Path) -> None:
    result = run("mutate", "T.1", "--folder", folder, "--jobs", 1)
    assert result.exit_code == 1
    lower, upper = result.stderr.splitlines()
    assert lower.startswith("T.1/policy.cql:")
    assert lower.endswith('"I.A.1" 250 -> 249: no case notices; write one that tells 250 from 249, of T.1/I.A.1')
    assert "250 -> 251" in upper
    assert result.stdout.splitlines()[-1] == "3 mutants, 1 killed, 2 survived, 2 to mend"


def test_the_numbers_of_one_define_may_be_asked_for(run: Run, folder: Path) -> None:
    result = run("mutate", "--define", "I.A.1", "--folder", folder, "--jobs", 1)
    assert result.stdout.splitlines()[-1] == "3 mutants, 1 killed, 2 survived, 2 to mend"
    result = run("mutate", "--define", "I.A", "--folder", folder, "--jobs", 1)
    assert (result.exit_code, result.stderr) == (1, 'Error: there is no define "I.A" with a number\n')


def test_cases_that_fail_unchanged_are_told_first(run: Run, folder: Path, change_cases: Change) -> None:
    change_cases(lambda cases: cases[0]["expect"].update(section="II.A"))
    result = run("mutate", "--folder", folder, "--jobs", 1)
    assert result.exit_code == 1
    assert result.stderr == "Error: T.1, doses.json: 300 a day: section: expected 'II.A', got 'I.A'\n"


def _stand_beside_the_limit(cases: list[Any]) -> None:
    cases[0]["change"] = _dose(250.1)
    cases[1]["change"] = _dose(250)


def _dose(value: float) -> list[dict[str, Any]]:
    path = "/order/dosageInstruction/0/doseAndRate/0/doseQuantity/value"
    return [{"op": "replace", "path": path, "value": value}]
