"""The light static types of the checker: enough to refuse a path that cannot exist, never in the way when unsure.

`ANY` means "not known": it goes with everything. The run time never looks at these types.

Source: CQL 1.5.3, Developer's Guide, Type System.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Named:
    """A System type (`System.Quantity`) or a FHIR type (`FHIR.Condition.Stage`)."""

    model: str
    name: str

    def __str__(self) -> str:
        return f"{self.model}.{self.name}"


@dataclass(frozen=True, slots=True)
class ListOf:
    element: Type

    def __str__(self) -> str:
        return f"List<{self.element}>"


@dataclass(frozen=True, slots=True)
class IntervalOf:
    point: Type

    def __str__(self) -> str:
        return f"Interval<{self.point}>"


@dataclass(frozen=True, slots=True)
class TupleOf:
    """`elements` are (name, type) pairs in the order in which they were written."""

    elements: tuple[tuple[str, Type], ...]

    def element(self, name: str) -> Type | None:
        """The type of the element; None when the tuple has no such element."""
        return dict(self.elements).get(name)

    def __str__(self) -> str:
        inside = ", ".join(f"{name} {type_}" for name, type_ in self.elements)
        return f"Tuple {{ {inside} }}"


@dataclass(frozen=True, slots=True)
class ChoiceOf:
    """One of several types; `options` are never choices themselves."""

    options: tuple[Type, ...]

    def __str__(self) -> str:
        return f"Choice<{', '.join(str(option) for option in self.options)}>"


Type: TypeAlias = Named | ListOf | IntervalOf | TupleOf | ChoiceOf


def system(name: str) -> Named:
    """The System type of that name (`system("Integer")`)."""
    return Named("System", name)


def fhir(name: str) -> Named:
    """The FHIR type of that name (`fhir("Condition")`)."""
    return Named("FHIR", name)


ANY = system("Any")
BOOLEAN = system("Boolean")
INTEGER = system("Integer")
DECIMAL = system("Decimal")
STRING = system("String")
DATE = system("Date")
DATETIME = system("DateTime")
TIME = system("Time")
QUANTITY = system("Quantity")
RATIO = system("Ratio")
CODE = system("Code")
CONCEPT = system("Concept")
VALUE_SET = system("ValueSet")
CODE_SYSTEM = system("CodeSystem")
