"""Random CQL expressions, well typed, and small random records to evaluate them over.

An expression is a tree: a form (`{0} + {1}`) over the expressions that stand in it. FORMS has every form by the type of
its value; what a form takes is drawn from the forms of those types. Decimals are quarters, which floats hold exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import strategies as st

SYSTEM = "https://oncology-cds.example/CodeSystem/random"
VALUE_SETS = {f"https://oncology-cds.example/ValueSet/random-{code}": [(SYSTEM, code)] for code in "ab"}

LIBRARY = """library Random version '1'
using FHIR version '4.0.1'
valueset "A": 'https://oncology-cds.example/ValueSet/random-a'
valueset "B": 'https://oncology-cds.example/ValueSet/random-b'
context Patient
define function Started(C FHIR.Condition): (C.onset as FHIR.dateTime).value
define "Birth date": Patient.birthDate.value
define "Active": Patient.active.value
define "Onsets": [Condition] C return all Started(C)
define "Onsets of A": [Condition: "A"] C return all Started(C)
define "Known onsets": "Onsets" O where O is not null return all O
define "Last onset": Last("Known onsets" O return distinct O sort asc)
define "With period": [Condition] C where C.onset is FHIR.Period
define "Periods": "With period" C
  return all Interval[(C.onset as FHIR.Period).start.value, (C.onset as FHIR.Period)."end".value]
define "Period": First("Periods")
define "Statuses": [Observation] O return all O.status.value
define "Numbers": [Observation] O return all (O.value as FHIR.integer).value
define "Flags": [Observation: "B"] O return all (O.value as FHIR.boolean).value
define "Measured": [Observation] O where O.value is FHIR.Quantity
define "Amounts": "Measured" O
  let V: O.value as FHIR.Quantity return all System.Quantity { value: V.value.value, unit: V.code.value }
define "Amount": First("Amounts")
define "A is there": exists [Condition: "A"]
define "A or B is there": exists ([Condition] C where exists (C.code.coding K where K.code.value in { 'a', 'b' }))
define "A before B": exists ([Condition: "A"] C with [Condition: "B"] D such that Started(C) before Started(D))
define "A without B": exists ([Condition: "A"] C without [Condition: "B"] D such that Started(C) before Started(D))
"""
DEFINES = re.findall(r'^define "(.+?)":', LIBRARY, re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Expression:
    """`form` with `parts` in its places; `type` is that of its value."""

    type: str
    form: str
    parts: tuple[Expression, ...] = ()

    def __str__(self) -> str:
        return self.form.format(*map(str, self.parts)) if self.parts else self.form

    def walk(self) -> Iterator[Expression]:
        """Itself and everything in it, the innermost first."""
        for part in self.parts:
            yield from part.walk()
        yield self


# --- forms -----------------------------------------------------------------------------------------------------------

Form = tuple[str, tuple[str, ...]]

FORMS: dict[str, list[Form]] = {}

POINTS = ("Integer", "Decimal", "Quantity", "Date", "DateTime", "Time")
LISTED = ("Integer", "String", "Date", "DateTime", "Quantity", "Boolean")
UNITS_OF = {
    "Date": ("year", "month", "week", "day"),
    "DateTime": ("year", "month", "week", "day", "hour", "minute", "second", "millisecond"),
    "Time": ("hour", "minute", "second", "millisecond"),
}


def _form(value: str, form: str, *takes: str) -> None:
    FORMS.setdefault(value, []).append((form, takes))


def _logic() -> None:
    for operator in ("and", "or", "xor", "implies"):
        _form("Boolean", f"({{0}} {operator} {{1}})", "Boolean", "Boolean")
    _form("Boolean", "(not {0})", "Boolean")
    for test in ("is null", "is not null", "is true", "is not false"):
        _form("Boolean", f"({{0}} {test})", "Boolean")


def _any_type(name: str) -> None:
    _form(name, "(if {0} then {1} else {2})", "Boolean", name, name)
    _form(name, "(case when {0} then {1} when {2} then {3} else null end)", "Boolean", name, "Boolean", name)
    _form(name, "Coalesce({0}, {1})", name, name)
    _form("Boolean", "({0} is null)", name)


def _comparison(name: str) -> None:
    for operator in ("=", "!=", "~", "!~", "<", "<=", ">", ">="):
        _form("Boolean", f"({{0}} {operator} {{1}})", name, name)
    _form("Boolean", "({0} between {1} and {2})", name, name, name)


def _arithmetic() -> None:
    for name in ("Integer", "Decimal", "Quantity"):
        for operator in "+-":
            _form(name, f"({{0}} {operator} {{1}})", name, name)
        _form(name, "(-{0})", name)
        _form(name, "Abs({0})", name)
    for name, other in (
        ("Integer", "Integer"),
        ("Decimal", "Decimal"),
        ("Decimal", "Integer"),
        ("Quantity", "Decimal"),
    ):
        _form(name, "({0} * {1})", name, other)
    for name in ("Integer", "Decimal"):
        _form(name, "({0} mod {1})", name, name)
        _form(name, "({0} div {1})", name, name) if name == "Integer" else None
        _form("Integer", "Ceiling({0})", name)
        _form("Integer", "Floor({0})", name)
        _form("Integer", "Truncate({0})", name)
    _form("Decimal", "({0} / {1})", "Decimal", "Power of two")
    _form("Quantity", "({0} / {1})", "Quantity", "Power of two")
    _form("Decimal", "ToDecimal({0})", "Integer")
    _form("Decimal", "Round({0}, 1)", "Decimal")


def _dates() -> None:
    for name, units in UNITS_OF.items():
        for unit in units:
            _form(name, f"({{0}} + {{1}} {unit}s)", name, "Small integer")
            _form(name, f"({{0}} - {{1}} {unit}s)", name, "Small integer")
            _form("Integer", f"({unit}s between {{0}} and {{1}})", name, name)
            _form("Integer", f"(difference in {unit}s between {{0}} and {{1}})", name, name)
            if unit != "week":
                for relation in ("same {} as", "same {} or before", "same {} or after", "before {} of", "after {} of"):
                    _form("Boolean", f"({{0}} {relation.format(unit)} {{1}})", name, name)
                _form("Integer", f"({unit} from {{0}})", name)
        for relation in ("before", "after", "same or before", "same or after"):
            _form("Boolean", f"({{0}} {relation} {{1}})", name, name)
    _form("Date", "(date from {0})", "DateTime")
    _form("DateTime", "ToDateTime({0})", "Date")
    _form("Integer", "CalculateAgeInYearsAt({0}, {1})", "Date", "Date")
    _form("Integer", "CalculateAgeInDaysAt({0}, {1})", "Date", "Date")


def _intervals(point: str) -> None:
    name = f"Interval<{point}>"
    for relation in ("contains", "properly includes", "before", "after", "on or before", "on or after"):
        _form("Boolean", f"({{0}} {relation} {{1}})", name, point)
    for relation in ("in", "properly included in", "during", "before", "after", "on or before", "on or after"):
        _form("Boolean", f"({{0}} {relation} {{1}})", point, name)
    relations = ["=", "~", "overlaps", "meets", "before", "after", "includes", "during", "starts", "ends"]
    relations += ["overlaps before", "overlaps after", "meets before", "meets after"]
    relations += ["properly includes", "properly included in", "on or before", "on or after"]
    for relation in relations:
        _form("Boolean", f"({{0}} {relation} {{1}})", name, name)
    for operator in ("union", "intersect", "except"):
        _form(name, f"({{0}} {operator} {{1}})", name, name)
    _form(point, "(start of {0})", name)
    _form(point, "(end of {0})", name)
    if point in ("Integer", "Decimal", "Quantity"):
        _form(point, "(width of {0})", name)
    _any_type(name)


def _lists(member: str) -> None:
    name = f"List<{member}>"
    for operator in ("union", "intersect", "except"):
        _form(name, f"({{0}} {operator} {{1}})", name, name)
    for relation in ("=", "~", "includes", "included in", "properly includes", "properly included in"):
        _form("Boolean", f"({{0}} {relation} {{1}})", name, name)
    _form("Boolean", "({0} contains {1})", name, member)
    _form("Boolean", "({0} in {1})", member, name)
    _form("Boolean", "(exists {0})", name)
    _form("Integer", "Count({0})", name)
    _form("Integer", "Length({0})", name)
    _form("Integer", "IndexOf({0}, {1})", name, member)
    _form(name, "(distinct {0})", name)
    for function in ("First", "Last", "Min", "Max", "Sum", "Avg", "Median"):
        if function in ("Sum", "Avg", "Median") and member not in ("Decimal", "Quantity"):
            continue
        if function in ("Min", "Max") and member == "Boolean":
            continue
        _form(member, f"{function}({{0}})", name)
    for function in ("Skip", "Take"):
        _form(name, f"{function}({{0}}, {{1}})", name, "Small integer")
    _form(name, "Tail({0})", name)
    _form(member, "({0}[{1}])", name, "Small integer")
    _form(name, "(({0}) X where X is not null return all X)", name)
    _form(name, "(({0}) X return distinct X)", name)
    _form(name, "(from ({0}) X, ({1}) Y where X = Y return all X)", name, name)
    _form(name, "(({0}) X with ({1}) Y such that X = Y return all X)", name, name)
    _form(name, "(({0}) X without ({1}) Y such that X = Y return all X)", name, name)
    if member != "Boolean":
        _form(name, "(({0}) X where X < {1} return all X)", name, member)
        _form(name, "(({0}) X where X is not null return all X sort asc)", name)
        _form(name, "(({0}) X where X is not null return all X sort desc)", name)
    _any_type(name)


def _texts() -> None:
    _form("String", "({0} + {1})", "String", "String")
    _form("String", "({0} & {1})", "String", "String")
    _form("String", "Upper({0})", "String")
    _form("String", "Lower({0})", "String")
    _form("String", "Substring({0}, {1})", "String", "Small integer")
    _form("String", "Substring({0}, {1}, {2})", "String", "Small integer", "Small integer")
    _form("String", "Combine({0}, ',')", "List<String>")
    _form("List<String>", "Split({0}, ',')", "String")
    _form("Integer", "Length({0})", "String")
    _form("Integer", "PositionOf({0}, {1})", "String", "String")
    _form("Integer", "ToInteger({0})", "String")
    _form("Date", "ToDate({0})", "String")
    _form("Boolean", "StartsWith({0}, {1})", "String", "String")
    _form("Boolean", "EndsWith({0}, {1})", "String", "String")
    _form("Boolean", "ToBoolean({0})", "String")
    _form("String", "ToString({0})", "Integer")
    _form("String", "ToString({0})", "Boolean")
    _form("String", "ToString({0})", "Date")


def _aggregates() -> None:
    _form("Boolean", "AllTrue({0})", "List<Boolean>")
    _form("Boolean", "AnyTrue({0})", "List<Boolean>")
    _form("Integer", "Sum({0})", "List<Integer>")
    _form("Decimal", "Avg(({0}) X return all ToDecimal(X))", "List<Integer>")
    _form("Integer", "(({0}) X aggregate T starting 0: T + Coalesce(X, 1))", "List<Integer>")


def _record() -> None:
    for name, defines in {
        "Date": ["Birth date"],
        "Boolean": ["Active", "A is there", "A or B is there", "A before B", "A without B"],
        "DateTime": ["Last onset"],
        "List<DateTime>": ["Onsets", "Onsets of A"],
        "List<String>": ["Statuses"],
        "List<Integer>": ["Numbers"],
        "List<Boolean>": ["Flags"],
        "List<Quantity>": ["Amounts"],
        "Quantity": ["Amount"],
    }.items():
        for define in defines:
            LITERALS.setdefault(name, []).append(f'"{define}"')
    LITERALS["Interval<DateTime>"].append('"Period"')


def _texts_of_points() -> dict[str, list[str]]:
    days = ["2011-12-31", "2012-02-29", "2012-03-01", "2013-02-28", "2014-07-15"]
    clocks = ["00:00:00.000", "10:30:00.000", "10:30:15.500", "23:59:59.999"]
    moments = [f"@{day}T{clock}{zone}" for day, clock, zone in product(days, clocks, ("Z", "+02:00", "-05:00"))]
    moments += [f"@{day}T" for day in ("2012", "2012-02", "2013-01", *days)]
    moments += ["@2012-02-29T10Z", "@2012-02-29T10:30Z", "@2014-07-15T23:59:59Z"]
    return {
        "Integer": [f"({n})" if n < 0 else str(n) for n in (0, 1, 2, 3, 7, 10, 11, 100, -1, -3)],
        "Decimal": [f"({n})" if n < 0 else str(n) for n in (0.0, 0.25, 0.5, 1.0, 1.5, 2.75, 10.0, 99.75, -0.5, -2.25)],
        "Quantity": ["1 'mg'", "1000 'mg'", "2.5 'mg'", "1 'g'", "0.5 'g'", "0.0 'g'", "500 'ug'", "1500 'ug'"],
        "Date": [f"@{text}" for text in ("2011", "2012", "2014", "2012-02", "2012-03", "2013-12", *days)],
        "DateTime": moments,
        "Time": [f"@T{text}" for text in ("10", "23", "10:30", "10:30:15", *clocks)],
    }


LITERALS: dict[str, list[str]] = {
    **_texts_of_points(),
    "Boolean": ["true", "false"],
    "String": ["''", "'a'", "'b'", "'ab'", "'A b'", "'a,b'", "'12'", "'-3'", "'true'", "'2012-02-29'", "'2012-13'"],
    "Small integer": ["0", "1", "2", "13"],
    "Power of two": ["2.0", "4.0", "0.5", "0.0", "(null as Decimal)"],
}


def _intervals_of(point: str) -> list[str]:
    ends = {
        "Integer": ["0", "1", "3", "7", "10", "11", "100"],
        # The reference engine takes 1.0 for the Integer 1, after which comes 2.
        "Decimal": ["0.25", "0.5", "1.5", "2.75", "10.25", "99.75"],
        "Quantity": ["0.25 'mg'", "2.5 'mg'", "500.5 'mg'", "999.75 'mg'", "1500.5 'mg'"],
        "Date": ["@2011-12-31", "@2012-02", "@2012-03-01", "@2013", "@2014-07-15"],
        "DateTime": [
            "@2011-12-31T10:30:00.000Z",
            "@2012-02-29T",
            "@2012-03-01T10:30:15.500+02:00",
            "@2013T",
            "@2014-07-15T00:00:00.000-05:00",
        ],
        "Time": ["@T00:00:00.000", "@T10:30", "@T10:30:15.500", "@T22", "@T23:59:59.999"],
    }[point]
    found = []
    for low, high in product(range(len(ends)), repeat=2):
        if low < high:
            found += [f"Interval[{ends[low]}, {ends[high]}]", f"Interval[{ends[low]}, {ends[high]})"]
        if low + 1 < high:
            # Between neighbours there may be nothing, and an empty interval is none.
            found.append(f"Interval({ends[low]}, {ends[high]})")
    found += [f"Interval[{end}, {end}]" for end in ends]
    found += [f"Interval[{end}, null]" for end in ends] + [f"Interval(null, {end}]" for end in ends]
    return found + [f"Interval[{end}, null)" for end in ends]


def _lists_of(member: str, texts: list[str]) -> list[str]:
    typed = _typed_null(member)
    parts = [texts[first : first + length] for first in range(len(texts[:6])) for length in (1, 2, 3)]
    lists = ["{{ {} }}".format(", ".join(part)) for part in parts]
    lists += [f"{{ {texts[1]}, {texts[0]}, {texts[1]} }}", f"{{ {typed}, {texts[0]} }}", f"{{ {typed} }}"]
    return [*lists, f"({{}} as List<{_named(member)}>)"]


def _named(name: str) -> str:
    return f"System.{name}" if name in ("Quantity",) else name


def _typed_null(name: str) -> str:
    if name.startswith("Interval<") or name.startswith("List<"):
        outer, inner = name[:-1].split("<")
        return f"(null as {outer}<{_named(inner)}>)"
    return f"(null as {_named(name)})"


for _point in POINTS:
    LITERALS[f"Interval<{_point}>"] = _intervals_of(_point)
for _member in LISTED:
    LITERALS[f"List<{_member}>"] = _lists_of(_member, LITERALS[_member])
for _name in list(LITERALS):
    if _name not in ("Small integer", "Power of two"):
        LITERALS[_name].append(_typed_null(_name))
_record()
_logic()
_arithmetic()
_dates()
_texts()
_aggregates()
for _point in POINTS:
    _comparison(_point)
    _any_type(_point)
    _intervals(_point)
_comparison("String")
_any_type("String")
_any_type("Boolean")
for _member in LISTED:
    _lists(_member)


# --- drawing ---------------------------------------------------------------------------------------------------------

EVERY_FORM = [(name, form, takes) for name, forms in sorted(FORMS.items()) for form, takes in forms]


@st.composite
def expressions(draw: st.DrawFn) -> Expression:
    """An expression of any type, one to three forms deep."""
    form_of = draw(st.sampled_from(EVERY_FORM))
    return _formed(draw, *form_of, draw(st.integers(1, 3)))


def _formed(draw: st.DrawFn, name: str, form: str, takes: tuple[str, ...], depth: int) -> Expression:
    return Expression(name, form, tuple(_drawn(draw, each, depth - 1) for each in takes))


def _drawn(draw: st.DrawFn, name: str, depth: int) -> Expression:
    if name not in FORMS or depth == 0 or draw(st.integers(0, 3)) == 0:
        return Expression(name, draw(st.sampled_from(LITERALS[name])))
    return _formed(draw, name, *draw(st.sampled_from(FORMS[name])), depth)


# --- records ---------------------------------------------------------------------------------------------------------

_MOMENTS = st.sampled_from(["2012", "2012-02", "2012-02-29", "2012-02-29T10:30:00Z", "2014-07-15T23:59:59.999-05:00"])
_CODES = st.sampled_from(["a", "b", "c"])


def _concept(code: str) -> dict[str, Any]:
    return {"coding": [{"system": SYSTEM, "code": code}]}


@st.composite
def _condition(draw: st.DrawFn) -> dict[str, Any]:
    onset = draw(
        st.one_of(
            st.just({}),
            st.builds(lambda moment: {"onsetDateTime": moment}, _MOMENTS),
            st.builds(lambda: {"onsetPeriod": {"start": "2012-02-29", "end": "2014-07-15"}}),
            st.builds(lambda: {"onsetPeriod": {"start": "2012-02-29T10:30:00Z"}}),
        )
    )
    return {"resourceType": "Condition", "code": _concept(draw(_CODES)), **onset}


@st.composite
def _observation(draw: st.DrawFn) -> dict[str, Any]:
    amounts = st.builds(
        lambda value, unit: {"valueQuantity": {"value": value, "code": unit, "system": "http://unitsofmeasure.org"}},
        st.sampled_from([0.5, 1, 1000]),
        st.sampled_from(["mg", "g"]),
    )
    values = st.one_of(
        st.just({}),
        amounts,
        st.builds(lambda number: {"valueInteger": number}, st.integers(-1, 3)),
        st.builds(lambda flag: {"valueBoolean": flag}, st.booleans()),
    )
    status = draw(st.sampled_from(["final", "amended", "preliminary"]))
    return {"resourceType": "Observation", "status": status, "code": _concept(draw(_CODES)), **draw(values)}


@st.composite
def records(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A Patient with up to three Conditions and three Observations."""
    patient = {"resourceType": "Patient"} | draw(
        st.fixed_dictionaries(
            {}, optional={"birthDate": st.sampled_from(["2011", "2012-02-29"]), "active": st.booleans()}
        )
    )
    others = [*draw(st.lists(_condition(), max_size=3)), *draw(st.lists(_observation(), max_size=3))]
    return [{**resource, "id": f"r{number}"} for number, resource in enumerate([patient, *others])]
