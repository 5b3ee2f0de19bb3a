"""Evaluation: the defines of a library for one patient and one order, each evaluated when it is first asked for.

    evaluation = Evaluation(library, record, {"Order": order}, as_of)
    evaluation.value("I.A.3")       # True, False or None
    evaluation.trace("I.A.3")       # why

There is no clock: `as_of` is the time of the evaluation, and evaluating twice gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cql_like_rules.cql.compiling.frame import Data, DefineFailed, ExpressionFailed, Recorder
from cql_like_rules.cql.compiling.program import CompiledDefine, CompiledLibrary, CompiledParameter, Program
from cql_like_rules.cql.errors import DefineFailure
from cql_like_rules.cql.trace import Source, Trace, TraceRecorder
from cql_like_rules.cql.values.temporal import Date, DateTime

__all__ = ["DefineFailed", "Evaluation", "Outcome"]

_UNKNOWN = object()
"""Stands where a value has not been asked for yet; null is a value."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The value of a define, or why it has none: then `value` is None and means nothing."""

    value: Any
    failure: DefineFailure | None = None


class Evaluation:
    """The defines of one library over one record.

    `parameters` holds values by the names of the library's parameters (`Library.Name` for those of an included
    library); one that is not supplied has its default, else null. `record` must not change meanwhile.
    """

    def __init__(self, library: CompiledLibrary, record: Data, parameters: Mapping[str, Any], as_of: DateTime) -> None:
        self._library = library
        supplied = _supplied(library, parameters)
        self._run = _Run(library.program, record, as_of, supplied)
        self._tracing = _TracingRun(library.program, record, as_of, supplied, known=self._run)

    def value(self, define: str) -> Any:
        """The value of a define. Raises DefineFailed when it has none, and KeyError for an unknown name."""
        return self._run.value_of(self._library.defines[define].index)

    def outcome(self, define: str) -> Outcome:
        """The value of a define, or its failure. Raises KeyError for an unknown name."""
        try:
            return Outcome(self.value(define))
        except DefineFailed as failed:
            return Outcome(None, failed.failure)

    def trace(self, define: str) -> Trace:
        """Why the define has its value, or that it failed. Raises KeyError for an unknown name."""
        return self._tracing.trace_of(self._library.defines[define].index)


def _supplied(library: CompiledLibrary, parameters: Mapping[str, Any]) -> list[Any]:
    """The supplied values at the numbers of the parameters."""
    return [
        parameters.get(parameter.name, _UNKNOWN)
        if parameter.library == library.name
        else parameters.get(f"{parameter.library}.{parameter.name}", _UNKNOWN)
        for parameter in library.program.parameters
    ]


class _Run:
    """The values known so far. What a define evaluates to is kept by its number; so is why it failed."""

    def __init__(self, program: Program, record: Data, as_of: DateTime, parameters: list[Any]) -> None:
        self.record = record
        self.as_of = as_of
        self.recorder: Recorder | None = None
        self._program = program
        self._values: list[Any] = [_UNKNOWN] * len(program.defines)
        self._failures: dict[int, DefineFailure] = {}
        self._parameters = list(parameters)

    @property
    def birth_date(self) -> Date | DateTime | None:
        """The patient's date of birth; None when it is not known."""
        patient = self.record.patient
        birth_date = patient.get("birthDate") if patient is not None else None
        if birth_date is None:
            return None
        value: Date | DateTime | None = birth_date.value
        if self.recorder is not None:
            self.recorder.read(birth_date, value)
        return value

    def value_of(self, index: int) -> Any:
        """The value of a define by its number. Raises DefineFailed."""
        value = self._values[index]
        return self._evaluated(index) if value is _UNKNOWN else value

    def parameter(self, index: int) -> Any:
        """The value of a parameter by its number."""
        value = self._parameters[index]
        if value is _UNKNOWN:
            value = self._parameters[index] = self._default(self._program.parameters[index])
        return value

    def _default(self, parameter: CompiledParameter) -> Any:
        return None if parameter.default is None else parameter.default([self, *parameter.locals])

    def _evaluated(self, index: int) -> Any:
        failure = self._failures.get(index)
        if failure is None:
            define = self._program.defines[index]
            try:
                value = self._values[index] = define.closure([self, *define.locals])
            except (ExpressionFailed, DefineFailed, RecursionError) as error:
                failure = self._failures[index] = _failure(define, error)
            else:
                return value
        raise DefineFailed(failure)


class _TracingRun(_Run):
    """A second run that takes down what happens. Each define is traced once; its trace holds its value.

    What it finds out is `known` to the first run, which does not evaluate again what was traced.
    """

    def __init__(self, program: Program, record: Data, as_of: DateTime, parameters: list[Any], known: _Run) -> None:
        super().__init__(program, record, as_of, parameters)
        self._values, self._failures = known._values, known._failures
        self._traces: dict[int, Trace] = {}
        self._current: TraceRecorder | None = None
        self._origins: dict[int, tuple[Any, dict[Source, None]]] = {}

    def value_of(self, index: int) -> Any:
        """The value of a define by its number; the define being traced uses it. Raises DefineFailed."""
        trace = self.trace_of(index)
        if self._current is not None:
            self._current.used(trace)
        if trace.failure is not None:
            raise DefineFailed(trace.failure)
        return trace.value

    def trace_of(self, index: int) -> Trace:
        """The trace of a define by its number."""
        trace = self._traces.get(index)
        if trace is None:
            trace = self._traces[index] = self._traced(self._program.defines[index])
        return trace

    def _traced(self, define: CompiledDefine) -> Trace:
        outer, outer_recorder = self._current, self.recorder
        recorder = TraceRecorder(self._origins)
        self._current = self.recorder = recorder
        value, failure = None, None
        try:
            value = self._values[define.index] = define.closure([self, *define.locals])
        except (ExpressionFailed, DefineFailed, RecursionError) as error:
            failure = self._failures[define.index] = _failure(define, error)
        finally:
            self._current, self.recorder = outer, outer_recorder
        return recorder.trace(define.name, define.library, value, failure)


def _failure(define: CompiledDefine, error: ExpressionFailed | DefineFailed | RecursionError) -> DefineFailure:
    """Why a define failed. One that rests on a define that failed has failed for the same reason."""
    if isinstance(error, DefineFailed):
        return error.failure
    if isinstance(error, ExpressionFailed):
        return DefineFailure(define.library, define.name, error.position, error.cause)
    return DefineFailure(define.library, define.name, define.position, "it is nested too deeply")
