"""`oncology-cds policies questions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from click.testing import Result

Run = Callable[..., Result]


def test_each_form_is_told_with_its_questions_in_the_order_of_the_document(run: Run) -> None:
    lines = run("questions", "CP.PHAR.295").stdout.splitlines()
    assert lines[0] == "Sargramostim (Leukine), clinical policy CP.PHAR.295: what is asked"
    place = lines.index("CP.PHAR.295-I.A Acute myelogenous leukemia")
    below = lines[place:]
    assert "I.A.3  Age 55 years or older  (boolean)" in below
    assert below.index("I.A.1  Diagnosis of acute myelogenous leukemia  (boolean)") < below.index(
        "I.A.3  Age 55 years or older  (boolean)"
    )


def test_a_question_is_told_with_its_help_its_answers_and_the_define_that_the_record_answers_it_by(run: Run) -> None:
    lines = run("questions", "CP.PHAR.295").stdout.splitlines()
    induction = lines.index("I.A.2  Given after induction therapy for AML  (boolean)")
    assert lines[induction + 1].split() == ["help:", *lines[induction + 1].split()[1:]]
    assert lines[induction + 2].split() == ["record:", '"I.A.2"']
    purpose = next(number for number, line in enumerate(lines) if line.startswith("I.B.1#purpose"))
    assert "mobilization-autologous (" in lines[purpose + 1]
    weight = lines.index("I.A.6#weight  Body weight  (quantity)")
    assert lines[weight + 1].split() == ["answers:", "kg;", "[lb_av]"]


def test_a_policy_that_asks_nothing_has_no_forms(run: Run, tiny: Any, criterion_define: Any) -> None:
    folder = tiny.written(criterion_define("I", "true")).parent
    result = run("questions", "--folder", folder)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["A tiny policy: what is asked", ""]
