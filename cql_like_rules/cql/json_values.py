"""Values from JSON, by the type that they are declared to have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.types import ChoiceOf, IntervalOf, ListOf, Named, TupleOf, Type
from cql_like_rules.cql.values.concept import Code, Concept
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time


class NotOfType(ValueError):
    """The JSON is no value of the type."""


def from_json(json: Any, type_: Type) -> Any:
    """The value of a type that the JSON stands for; null for null.

    Dates and times are strings (`"2026-01-15"`), a Quantity is `{"value": 5, "unit": "mg"}`, a Code `{"code": …,
    "system": …}`, an Interval `{"low": …, "high": …}`, closed unless `lowClosed` or `highClosed` is false; a Tuple, or
    a Concept with its `codes`, is an object too. Numbers with a fraction are to be read as Decimal. Raises NotOfType.
    """
    if json is None:
        return None
    match type_:
        case Named(model="System", name=name) if name in _READERS:
            return _READERS[name](json)
        case ListOf(element=element) if isinstance(json, list):
            return [from_json(member, element) for member in json]
        case IntervalOf(point=point) if isinstance(json, dict):
            low, high = (from_json(json.get(name), point) for name in ("low", "high"))
            return Interval(low, high, json.get("lowClosed") is not False, json.get("highClosed") is not False)
        case TupleOf(elements=elements) if isinstance(json, dict):
            return _tuple(json, dict(elements))
        case ChoiceOf(options=options):
            return _first_of(json, options)
    raise NotOfType(f"{type_} cannot be given as {_told(json)}")


def _tuple(json: Mapping[str, Any], types: Mapping[str, Type]) -> Tuple:
    unknown = next((name for name in json if name not in types), None)
    if unknown is not None:
        raise NotOfType(f"there is no element {unknown}, but {', '.join(types)}")
    return Tuple({name: from_json(json.get(name), type_) for name, type_ in types.items()})


def _first_of(json: Any, options: tuple[Type, ...]) -> Any:
    for option in options:
        try:
            return from_json(json, option)
        except NotOfType:
            continue
    raise NotOfType(f"{_told(json)} is none of {', '.join(map(str, options))}")


def _told(json: Any) -> str:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return kinds.get(type(json), "a number")


def _plain(name: str, *classes: type) -> Callable[[Any], Any]:
    def read(json: Any) -> Any:
        if type(json) not in classes:
            raise NotOfType(f"{name} cannot be given as {_told(json)}")
        return json

    return read


def _parsed(name: str, parse: Callable[[str], Any]) -> Callable[[Any], Any]:
    def read(json: Any) -> Any:
        if not isinstance(json, str):
            raise NotOfType(f"{name} cannot be given as {_told(json)}")
        try:
            return parse(json)
        except ValueError as error:
            raise NotOfType(str(error)) from error

    return read


def _decimal(json: Any) -> Decimal:
    return Decimal(_plain("Decimal", int, Decimal)(json))


def _made(name: str, make: Callable[..., Any], **elements: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader of objects with these elements; one that is not there takes what `make` takes without it."""

    def read(json: Any) -> Any:
        if not isinstance(json, dict) or not elements.keys() >= json.keys():
            raise NotOfType(f"{name} is an object with {', '.join(elements)}")
        try:
            return make(**{element: elements[element](value) for element, value in json.items()})
        except TypeError as error:
            raise NotOfType(f"{name} is an object with {', '.join(elements)}") from error

    return read


_text = _plain("String", str)
_quantity = _made("Quantity", Quantity, value=_decimal, unit=_text)
_code = _made("Code", Code, code=_text, system=_text, version=_text, display=_text)


def _codes(json: Any) -> tuple[Code, ...]:
    return tuple(from_json(json, ListOf(Named("System", "Code"))))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "Boolean": _plain("Boolean", bool),
    "Integer": _plain("Integer", int),
    "Decimal": _decimal,
    "String": _text,
    "Date": _parsed("Date", Date.parse),
    "DateTime": _parsed("DateTime", DateTime.parse),
    "Time": _parsed("Time", Time.parse),
    "Quantity": _quantity,
    "Ratio": _made("Ratio", Ratio, numerator=_quantity, denominator=_quantity),
    "Code": _code,
    "Concept": _made("Concept", Concept, codes=_codes, display=_text),
}
