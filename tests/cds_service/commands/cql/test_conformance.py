"""`oncology-cds cql conformance`: HL7's tests counted, from the files in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cds_service.cli import main

TESTS = """\
<tests xmlns="http://hl7.org/fhirpath/tests" name="Arithmetic">
  <group name="Add">
    <test name="Add11"><expression>1 + 1</expression><output>2</output></test>
    <test name="AddWrong"><expression>1 + 1</expression><output>3</output></test>
  </group>
  <group name="Ln">
    <test name="Ln1"><expression>Ln(1)</expression><output>0.0</output></test>
    <test name="Broken"><expression invalid="syntax">1 +</expression></test>
  </group>
</tests>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Arithmetic.xml").write_text(TESTS, encoding="utf-8")
    return tmp_path


def test_right_refused_and_wrong_are_counted_by_file_and_in_all(folder: Path) -> None:
    result = CliRunner().invoke(main, ["cql", "conformance", str(folder)])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "Arithmetic: 4 tests: 2 right, 1 refused, 1 wrong"
    assert lines[-1] == "4 tests: 2 right, 1 refused, 1 wrong"


def test_what_is_wrong_is_told_with_what_was_found(folder: Path) -> None:
    result = CliRunner().invoke(main, ["cql", "conformance", str(folder)])
    assert "wrong: Arithmetic/Add/AddWrong: gives 2, expected 3" in result.output.splitlines()


def test_a_folder_without_tests_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["cql", "conformance", str(tmp_path)])
    assert result.exit_code == 1
    assert "no tests in" in result.output
