"""Values of our engine as JSON, values of the reference engine from JSON, and whether two values are the same.

What JSON has itself stays as it is; anything else is an object with one key, which is its type:
`{"quantity": [5, "mg"]}`. values.mjs has the same for the other engine.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.operators.succession import end, start
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.concept import Code, Concept, canonical_coding
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import CALENDAR_UNITS, UCUM_OF_CALENDAR, Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.element import Element

Number = Callable[[Decimal], Any]

# The reference engine calculates in floats: the ninth place is not its own.
_PLACES = 1e-8
_RELATIVE = 1e-9


# --- to JSON ---------------------------------------------------------------------------------------------------------


def to_json(value: Any, number: Number = float) -> Any:
    """A value of our engine; `number` says what becomes of a Decimal."""

    def each(part: Any) -> Any:
        return to_json(part, number)

    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return number(value)
        case list() | tuple():
            return [each(member) for member in value]
        case Quantity():
            return {"quantity": [number(value.value), value.unit]}
        case Ratio():
            return {"ratio": [each(value.numerator), each(value.denominator)]}
        case DateTime():
            return {"dateTime": str(value)}
        case Date():
            return {"date": str(value)}
        case Time():
            return {"time": str(value)}
        case Interval():
            return {"interval": [each(value.low), each(value.high), value.low_closed, value.high_closed]}
        case Uncertainty():
            return {"uncertainty": [each(value.low), each(value.high)]}
        case Code():
            return {"code": [value.code, value.system, value.version, value.display]}
        case Concept():
            return {"concept": [each(code)["code"] for code in value.codes]}
        case Tuple():
            return {"tuple": {name: each(value[name]) for name in value}}
        case Element() if value.resource is None:
            return {"resource": [value.type, value.json.get("id")]}
        case Element():
            return {"element": canonical(value.json)}
    raise TypeError(f"no JSON for {value!r}")


def canonical(json: Any) -> Any:
    """FHIR JSON with every coding spelled as value sets spell it, which the reference engine leaves to its data."""
    match json:
        case {"system": str(system), "code": str(code), **rest} if "value" not in rest:
            system, code = canonical_coding(system, code)
            return {**{key: canonical(value) for key, value in rest.items()}, "system": system, "code": code}
        case dict():
            return {key: canonical(value) for key, value in json.items()}
        case list() | tuple():
            return [canonical(member) for member in json]
        case Decimal():
            return float(json)
    return json


# --- from JSON -------------------------------------------------------------------------------------------------------


def from_json(json: Any) -> Any:
    """A value of the reference engine as a value of ours; resources and elements stay JSON.

    That engine has one type of numbers: 5.0 comes back as the Integer 5, and what has a fraction as a Decimal.
    """
    if isinstance(json, list):
        return [from_json(member) for member in json]
    if isinstance(json, float):
        return Decimal(repr(json))
    if not isinstance(json, dict):
        return json
    ((type_name, content),) = json.items()
    match type_name:
        case "quantity":
            return Quantity(Decimal(repr(content[0])), _unit(content[1]))
        case "ratio":
            return Ratio(from_json(content[0]), from_json(content[1]))
        case "dateTime":
            return DateTime.parse(content)
        case "date":
            return Date.parse(content)
        case "time":
            return Time.parse(content)
        case "interval":
            low, high, low_closed, high_closed = content
            return Interval(from_json(low), from_json(high), low_closed, high_closed)
        case "uncertainty":
            return Uncertainty(from_json(content[0]), from_json(content[1]))
        case "code":
            return Code(*content)
        case "concept":
            return Concept(tuple(Code(*code) for code in content))
        case "tuple":
            return Tuple({name: from_json(value) for name, value in content.items()})
    return json


# Its units for calendar durations: plurals, and months and years of UCUM's own where it has calculated.
_CALENDAR_OF = {"mo_g": "month", "a_g": "year"} | {f"{unit}s": unit for unit in CALENDAR_UNITS}


def _unit(unit: str) -> str:
    return _CALENDAR_OF.get(unit, unit)


# --- the same? -------------------------------------------------------------------------------------------------------


def agree(ours: Any, theirs: Any) -> bool:
    """Whether a value of ours is the other engine's (from JSON): numbers to eight places, moments as moments."""
    if isinstance(ours, Uncertainty) and isinstance(theirs, Interval):
        theirs = Uncertainty(theirs.low, theirs.high)
    match ours, theirs:
        case (None, _) | (_, None) | (bool(), _) | (_, bool()):
            return ours is theirs
        case int() | Decimal(), int() | Decimal():
            return _close(ours, theirs)
        case Quantity(), Quantity():
            return _same_amount(ours, theirs)
        case Ratio(), Ratio():
            return agree(ours.numerator, theirs.numerator) and agree(ours.denominator, theirs.denominator)
        case (Date(), Date()) | (DateTime(), DateTime()) | (Time(), Time()):
            return bool(ours.components == theirs.components)
        case Uncertainty(), Uncertainty():
            return agree(ours.low, theirs.low) and agree(ours.high, theirs.high)
        case Interval(), Interval():
            return _same_ends(ours, theirs)
        case list(), list():
            return len(ours) == len(theirs) and all(map(agree, ours, theirs))
        case Code(), Code():
            return canonical_coding(ours.system, ours.code) == canonical_coding(theirs.system, theirs.code)
        case Concept(), Concept():
            return agree(list(ours.codes), list(theirs.codes))
        case Tuple(), Tuple():
            return all(agree(ours.get(name), theirs.get(name)) for name in {*ours, *theirs})
        case Element(), dict():
            return bool(to_json(ours) == theirs)
    return bool(ours == theirs)


def _close(ours: int | Decimal, theirs: int | Decimal) -> bool:
    return abs(ours - theirs) <= max(_PLACES, abs(float(theirs)) * _RELATIVE)


def _same_amount(ours: Quantity, theirs: Quantity) -> bool:
    if ours.unit == theirs.unit:
        return _close(ours.value, theirs.value)
    units = [UCUM_OF_CALENDAR.get(quantity.unit, quantity.unit) for quantity in (ours, theirs)]
    converted = ucum.convert(ours.value, *units)
    return converted is not None and _close(converted, theirs.value)


def _same_ends(ours: Interval, theirs: Interval) -> bool:
    """The same first and last point, however the ends are written: `[1, 3)` is `[1, 2]`."""
    if isinstance(ours.low, Decimal) or isinstance(ours.high, Decimal):
        # That engine does not tell 5.0 from 5, of which the next is 6.
        ends = (Decimal(each) if type(each) is int else each for each in (theirs.low, theirs.high))
        theirs = Interval(*ends, theirs.low_closed, theirs.high_closed)
    return agree(start(ours), start(theirs)) and agree(end(ours), end(theirs))
