"""`oncology-cds cql explain`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Run = Callable[..., Result]
Write = Callable[..., Path]

DEFINES = """define "Maximum": 250 'ug/m2/d'

// @title: At most 250 a day
define "Dose":
  "Order".perDayPerM2 <= "Maximum"

define "Adult":
  Ages.InYearsOn("Order".date) >= 18

define "All":
  "Adult" and "Dose"

define "Any":
  "Adult" or "Dose"
"""


def test_what_decides_is_shown_in_full_and_the_rest_by_its_value(run: Run, write: Write, overdose: Path) -> None:
    result = run("explain", write(DEFINES), "--define", "All", "--request", overdose)
    assert result.exit_code == 0
    lines = [line.rstrip() for line in result.output.splitlines()]
    reference = next(line for line in lines if "read:" in line).split()[-1]
    assert lines == [
        '"All" of Small, Small.cql:23',
        "",
        "All  is false",
        "│   rule:    Adult and Dose",
        "├── Adult  is true",
        "└── Dose  is false  (At most 250 a day)",
        "    │   rule:    Order.perDayPerM2 ≤ Maximum",
        "    │   found:   Order.perDayPerM2 (300 'ug/m2/d') ≤ Maximum (250 'ug/m2/d'): no",
        f"    │   read:    {reference}",
        "    └── Maximum  is 250 'ug/m2/d'",
    ]
    assert reference.startswith("MedicationRequest/")


def test_of_an_or_the_part_that_is_true_decides(run: Run, write: Write, overdose: Path) -> None:
    output = run("explain", write(DEFINES), "--define", "Any", "--request", overdose).output
    assert "found:   Ages.InYearsOn(Order.date) (64) ≥ 18: yes" in output
    assert "Maximum" not in output


def test_what_is_not_known_is_told_by_what_is_missing(run: Run, write: Write) -> None:
    output = run("explain", write(DEFINES), "--define", "Dose").output
    assert "Dose  is not known" in output
    assert "Order.perDayPerM2 (not known) ≤ Maximum (250 'ug/m2/d'): unknown" in output


def test_a_failure_is_told_where_it_happened(run: Run, write: Write) -> None:
    defines = 'define "A":\n  singleton from { 1, 2 }\n\ndefine "B":\n  "A" + 1\n'
    output = run("explain", write(defines), "--define", "B").output
    assert "B  failed" in output
    assert "└── A  failed" in output
    assert output.count("one element is expected, but the list has 2") == 1


def test_a_define_is_explained_once(run: Run, write: Write) -> None:
    defines = 'define "A": 1\n\ndefine "B": "A" + 1\n\ndefine "C": "A" + "B"\n'
    output = run("explain", write(defines), "--define", "C").output
    assert "A  is 1  (see above)" in output


def test_a_define_that_there_is_not_is_told(run: Run, write: Write) -> None:
    result = run("explain", write(DEFINES), "--define", "Al")
    assert result.exit_code == 1
    assert 'did you mean "All"?' in result.stderr


def test_lines_are_as_wide_as_is_asked(run: Run, write: Write) -> None:
    source = write(f'define "X": 1 in {{ {", ".join(map(str, range(60)))} }}\n')
    output = run("explain", source, "--define", "X", "--width", 60).output
    assert 40 < max(map(len, output.splitlines())) <= 60


def test_long_rules_lists_and_evidence_are_cut(run: Run, write: Write, overdose: Path) -> None:
    defines = (
        f'define "L": {{ {", ".join(map(str, range(90)))} }}\n\n'
        + 'define "Many":\n  '
        + " and ".join(f'"Least age" > {number}' for number in range(12))
        + '\n\ndefine "X": Last("L") > 1 and "Many"\n'
    )
    output = run("explain", write(defines), "--define", "X").output
    assert "and 6 more" in output
    listed = run("explain", write(defines), "--define", "L").output
    assert "(90 in all)" in listed
    assert "…" in listed


def test_codes_are_told_by_their_display_and_elements_by_their_place(run: Run, write: Write, overdose: Path) -> None:
    head = """library Small version '1'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
include Conversions version '1.0.0' called Conversions
codesystem "S": 'http://snomed.info/sct'
code "Route": '47625008' from "S" display 'Intravenous route'
code "Bare": '1' from "S"
context Patient
define "Drug": [MedicationRequest] M return all (M.medication as FHIR.CodeableConcept).codes()
define "Patients": [Patient] P return all P.birthDate
define "Codes": { "Route", "Bare" }
"""
    source = write("", head=head)

    def explained(name: str) -> str:
        return str(run("explain", source, "--define", name, "--request", overdose).output)

    assert "Codes  is { Intravenous route (47625008), 1 }" in explained("Codes")
    assert "birthDate }" in explained("Patients")
    assert "Leukine 250 mcg powder for injection }" in explained("Drug")


def test_of_a_policy_the_section_of_the_order_is_explained_of_a_library_every_define(
    run: Run, write: Write, overdose: Path
) -> None:
    policy = write(f'{DEFINES}\ndefine "Section": if "Adult" then \'Dose\' else null\n', "Policy.cql")
    assert run("explain", policy, "--request", overdose).output.startswith('"Dose" of Small, ')
    library = run("explain", write(DEFINES), "--request", overdose).output
    assert [line.split('"')[1] for line in library.splitlines() if " of Small, " in line] == [
        "Maximum",
        "Dose",
        "Adult",
        "All",
        "Any",
    ]
    unknown = run("explain", policy).output
    assert unknown.count(" of Small, ") == 6


def test_defines_further_down_are_told_by_their_value(run: Run, write: Write) -> None:
    source = write('define "A": 1\n\ndefine "B": "A" + 1\n\ndefine "C": "B" + 1\n')
    deep = run("explain", source, "--define", "C").output
    assert "rule:    A + 1" in deep
    flat = run("explain", source, "--define", "C", "--depth", 1).output
    assert "rule:    B + 1" in flat
    assert "└── B  is 2" in flat
    assert "A" not in flat


def test_value_sets_are_told_by_name_and_of_a_choice_only_what_was_true(run: Run, write: Write, overdose: Path) -> None:
    head = """library Small version '1'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
include Conversions version '1.0.0' called Conversions
valueset "AML": 'https://oncology-cds.example/ValueSet/acute-myeloid-leukemia'
context Patient
define "First": First([Condition] C sort by id.value)
define "Is it": "First".code.codes() in "AML"
define "Two": 2
define "Size": case when "Two" < 2 then 'small' when "Two" > 1 then 'large' else 'none' end
define "Plain": 3 > 2
"""
    source = write("", head=head)
    output = run("explain", source, "--define", "Is it", "--request", overdose).output
    assert "found:   First.code (" in output
    assert ") in AML: no" in output
    size = run("explain", source, "--define", "Size").output
    assert "found:   Two (2) > 1: yes" in size
    assert size.count("found:") == 1
    assert "found:" not in run("explain", source, "--define", "Plain").output
