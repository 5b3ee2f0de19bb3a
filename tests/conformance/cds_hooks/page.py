"""docs/conformance.md: every rule of CDS Hooks and CRD, with the tests that check it or the reason why none does.

python -m tests.conformance.cds_hooks.page        # writes the page anew after a change of rules or marks
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "conformance.md"
RULES = Path(__file__).parent / "rules.toml"

HEAD = """\
# Conformance to CDS Hooks and Da Vinci CRD

Made by `python -m tests.conformance.cds_hooks.page` from `tests/conformance/cds_hooks/rules.toml` and from the marks
(`@pytest.mark.rules("D-1")`) of the tests; a test keeps this page up to date. The words are ours, the rules those of
the specifications named. "Advice" is no text of a specification, but what we hold ourselves to; a "row" is one of the
requests at the end of the page.

`tests/conformance/cds_hooks/` has, besides: clients that call the service as an EHR would (one careless, one strict by
CRD 2.0.1, one strict by CRD 2.2.1) with all requests of `fhir_examples/`, and the assertions of the public CRD server
test suite.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `level` is SHALL, SHOULD, MAY, advice, or row (of the requests at the end of the page).

    `reason` says why no test checks it, or what is left out.
    """

    id: str
    level: str
    says: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The rules with one letter, and where they come from."""

    letter: str
    title: str
    source: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A test that names a rule. `name` is a function, a class, or a module when the whole of it is marked."""

    rule: str
    file: Path
    name: str

    @property
    def link(self) -> str:
        """The test as a link; its name reads as a sentence."""
        words = self.name.removeprefix("test_")
        words = re.sub(r"^T_\d+_", "", words).replace("_", " ")
        return f"[{words}](../{self.file.relative_to(ROOT).as_posix()})"


def read_rules() -> tuple[Part, ...]:
    """The parts of rules.toml, in its order."""
    parts = tomllib.loads(RULES.read_text(encoding="utf-8"))["part"]
    return tuple(
        Part(
            part["letter"],
            part["title"],
            part["source"],
            tuple(Rule(name, **members) for name, members in part["rules"].items()),
        )
        for part in parts
    )


def read_marks(folder: Path = ROOT / "tests") -> tuple[Mark, ...]:
    """Every mark in the tests of a folder, read without running them."""
    files = sorted(file for file in folder.rglob("*.py") if "node_modules" not in file.parts)
    return tuple(mark for file in files for mark in marks_of(file))


def marks_of(file: Path) -> Iterator[Mark]:
    """The marks in one file, in its order."""
    text = file.read_text(encoding="utf-8")
    if "mark.rules" not in text and "test_T_" not in text:
        return
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for rule in (*_row_of(node.name), *_rules_in(node.decorator_list)):
                yield Mark(rule, file, node.name)
        elif isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
        ):
            values = node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value]
            for rule in _rules_in(values):
                yield Mark(rule, file, file.stem)


def _row_of(name: str) -> Iterator[str]:
    """The row of the table of requests that a test is about: `test_T_07_…` is about T-7."""
    if match := re.match(r"test_T_(\d+)_", name):
        yield f"T-{int(match[1])}"


def _rules_in(expressions: Sequence[ast.expr]) -> Iterator[str]:
    """The ids in calls of `pytest.mark.rules`."""
    for each in expressions:
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr == "rules":
            for argument in each.args:
                yield ast.literal_eval(argument)


def tests_by_rule(marks: Sequence[Mark]) -> Mapping[str, list[Mark]]:
    """The tests of each rule, each once."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        tests = found.setdefault(mark.rule, [])
        if mark not in tests:
            tests.append(mark)
    return found


def conformance_page(parts: Sequence[Part], marks: Sequence[Mark]) -> str:
    """The whole of docs/conformance.md."""
    tests = tests_by_rule(marks)
    return "\n".join((HEAD, *_summary(parts, tests), *(line for part in parts for line in _table(part, tests)), ""))


def _summary(parts: Sequence[Part], tests: Mapping[str, list[Mark]]) -> Iterator[str]:
    rules = [rule for part in parts for rule in part.rules]
    tested = sum(rule.id in tests for rule in rules)
    yield f"{len(rules)} rules: {tested} are checked by tests, {len(rules) - tested} are not, for the reasons given."


def _table(part: Part, tests: Mapping[str, list[Mark]]) -> Iterator[str]:
    yield f"\n## {part.title}\n"
    yield f"From {part.source}.\n"
    yield "| rule | level | what it asks | checked by |"
    yield "|---|---|---|---|"
    for rule in part.rules:
        said = [mark.link for mark in tests.get(rule.id, ())]
        if rule.reason:
            said.append(f"{rule.reason}" if not said else f"But: {rule.reason}")
        yield f"| {rule.id} | {rule.level} | {rule.says} | {'<br>'.join(said)} |"


if __name__ == "__main__":
    PAGE.write_text(conformance_page(read_rules(), read_marks()), encoding="utf-8")
