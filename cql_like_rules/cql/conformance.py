"""HL7's conformance tests for CQL: read from their XML files, run, and counted.

A test is an expression and the value that it must have, or that it must be refused. Each is right, refused (it uses
something that this subset of CQL leaves out, and was told so when it was loaded) or wrong.

    results = [result_of(test) for test in read_tests(folder)]
    print(summary(results))         # 1069 tests: 1001 right, 68 refused, 0 wrong

Source: https://github.com/cqframework/cql-tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Context, Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cql_like_rules.cql.compiling.program import CompiledLibrary
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.cql.evaluation import DefineFailed, Evaluation
from cql_like_rules.cql.library import SourceText, compile_text
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.record import Record

_XML = "{http://hl7.org/fhirpath/tests}"
_REFUSAL = "not in the subset"
_AS_OF = DateTime(2026, 1, 15, 9, 30, 0, 0, Decimal(0))
_EIGHT_PLACES = Decimal("1E-8")
_WIDE = Context(prec=60)


class Verdict(StrEnum):
    RIGHT = "right"
    REFUSED = "refused"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class ConformanceTest:
    """One test. `file` is the name of its file without extension; `output` is empty for what must be refused."""

    file: str
    group: str
    name: str
    expression: str
    output: str
    must_fail: bool

    @property
    def id(self) -> str:
        """`file/group/name`: names are only unique within a group."""
        return f"{self.file}/{self.group}/{self.name}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a test went; `detail` says what was found where it is not right."""

    test: ConformanceTest
    verdict: Verdict
    detail: str = ""


def read_tests(folder: Path) -> list[ConformanceTest]:
    """The tests in the XML files of a folder, by file and in the order of the file."""
    return [test for path in sorted(folder.glob("*.xml")) for test in _tests_in(path)]


def _tests_in(path: Path) -> Iterator[ConformanceTest]:
    root = ElementTree.parse(path).getroot()
    for group in root.iter(f"{_XML}group"):
        for test in group.iter(f"{_XML}test"):
            expression = test.find(f"{_XML}expression")
            output = test.find(f"{_XML}output")
            yield ConformanceTest(
                file=path.stem,
                group=group.get("name", ""),
                name=test.get("name", ""),
                expression=_text(expression),
                output=_text(output),
                must_fail=expression is not None and expression.get("invalid", "false") != "false",
            )


def _text(element: ElementTree.Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def result_of(test: ConformanceTest) -> Result:
    """The result of running one test."""
    try:
        library = _compiled(test.expression)
    except CqlError as error:
        return _refused(test, error)
    try:
        value = _value(library)
    except DefineFailed as failed:
        verdict = Verdict.RIGHT if test.must_fail else Verdict.WRONG
        return Result(test, verdict, f"failed: {failed.failure.cause}")
    if test.must_fail:
        return Result(test, Verdict.WRONG, f"gives {value!r}, must fail")
    return _compared(test, value)


def _compared(test: ConformanceTest, value: Any) -> Result:
    try:
        expected = _value(_compiled(test.output))
    except CqlError as error:
        return Result(test, Verdict.WRONG, f"gives {value!r}; what is expected is not accepted: {error}")
    if same(value, expected):
        return Result(test, Verdict.RIGHT)
    return Result(test, Verdict.WRONG, f"gives {value!r}, expected {expected!r}")


def summary(results: Iterable[Result]) -> str:
    """One line with the totals."""
    counts = Counter(result.verdict for result in results)
    each = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
    return f"{sum(counts.values())} tests: {each}"


def _refused(test: ConformanceTest, error: CqlError) -> Result:
    if all(problem.message.startswith(_REFUSAL) for problem in error.problems):
        return Result(test, Verdict.REFUSED, error.problems[0].message)
    return Result(test, Verdict.RIGHT if test.must_fail else Verdict.WRONG, f"not accepted: {error}")


class _Nothing:
    """No library and no value set: a test is an expression by itself."""

    def read(self, name: str, version: str | None) -> SourceText | None:
        return None

    def resolve(self, url: str) -> None:
        return None


def _compiled(expression: str) -> CompiledLibrary:
    text = SourceText("test", f"library Test version '1'\ndefine Result:\n{expression}\n")
    return compile_text(text, _Nothing(), _Nothing(), strict=False)


def _value(library: CompiledLibrary) -> Any:
    return Evaluation(library, Record([]), {}, _AS_OF).value("Result")


# --- comparing with what is expected ---


def same(value: Any, expected: Any) -> bool:
    """Whether a value is the expected one: of the same type, decimals to eight places, null being null.

    What CQL cannot tell exactly (`months between 2014 and 2015`) is an interval in the tests.
    """
    if isinstance(value, Uncertainty):
        value = Interval(value.low, value.high)
    if type(value) is not type(expected):
        return False
    match value:
        case Decimal():
            return bool(_rounded(value) == _rounded(expected))
        case list():
            return len(value) == len(expected) and all(map(same, value, expected))
        case Tuple():
            return set(value) == set(expected) and all(same(value[name], expected[name]) for name in value)
        case Date() | DateTime() | Time():
            return bool(value.components == expected.components)
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
        return all(same(getattr(value, name), getattr(expected, name)) for name in names)
    return bool(value == expected)


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_EIGHT_PLACES, context=_WIDE)
