"""Values as CQL writes them: `5 'mg'`, `@2026-01-15`, `{ 1, 2 }`, `Tuple { a: null }`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from cql_like_rules.cql.values.concept import Code, CodeSystem, Concept, ValueSet
from cql_like_rules.cql.values.interval import Interval
from cql_like_rules.cql.values.quantity import Quantity, Ratio, plain
from cql_like_rules.cql.values.structure import Tuple
from cql_like_rules.cql.values.temporal import Date, DateTime, Time
from cql_like_rules.cql.values.uncertainty import Uncertainty
from cql_like_rules.element import Element

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f"})


def in_cql(value: Any) -> str:
    """The value in CQL's own notation, on one line.

    Read as an expression, what is written for a System value has that value again; an uncertainty is the interval of
    its possibilities. A FHIR resource is told by its type and id, another element with all that it holds. Raises
    TypeError for what is no value of CQL.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            text = plain(value)
            return text if "." in text else f"{text}.0"
        case str():
            return f"'{value.translate(_ESCAPES)}'"
        case Quantity() | Ratio():
            return str(value)
        case Date():
            return f"@{value}"
        case DateTime():
            return f"@{value}" if "T" in str(value) else f"@{value}T"
        case Time():
            return f"@T{value}"
        case Interval():
            opening, closing = "[" if value.low_closed else "(", "]" if value.high_closed else ")"
            return f"Interval{opening}{in_cql(value.low)}, {in_cql(value.high)}{closing}"
        case Uncertainty():
            return f"Interval[{in_cql(value.low)}, {in_cql(value.high)}]"
        case list() | tuple():
            return _braced("", map(in_cql, value))
        case Tuple():
            return _instance("Tuple", value.items()) if value else "Tuple { : }"
        case Code():
            elements = {"code": value.code, "system": value.system, "version": value.version, "display": value.display}
            return _instance("System.Code", _given(elements))
        case Concept():
            return _instance("System.Concept", _given({"codes": list(value.codes), "display": value.display}))
        case ValueSet() | CodeSystem():
            return _instance(f"System.{type(value).__name__}", _given({"id": value.id, "name": value.name}))
        case Element() if value.resource is None:
            return _instance(f"FHIR.{value.type}", _given({"id": value.json.get("id")}))
        case Element():
            return _instance(f"FHIR.{value.type}", _elements(value))
    raise TypeError(f"no notation for {value!r}")


def _given(elements: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    return ((name, value) for name, value in elements.items() if value is not None)


def _instance(type_name: str, elements: Iterable[tuple[str, Any]]) -> str:
    return _braced(f"{type_name} ", (f"{_name(name)}: {in_cql(value)}" for name, value in elements))


def _name(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else f'"{name}"'


def _braced(type_name: str, parts: Iterable[str]) -> str:
    inside = ", ".join(parts)
    return f"{type_name}{{ {inside} }}" if inside else f"{type_name}{{}}"


def _elements(element: Element) -> Iterator[tuple[str, Any]]:
    """What a FHIR element holds, by the names that CQL has for it."""
    if not isinstance(element.json, dict):
        yield "value", element.value
        return
    for key in element.json:
        # A choice is found by its name without the type: `valueQuantity` is `value`.
        for end in (len(key), *(match.start() for match in re.finditer("[A-Z]", key))):
            value = element.get(key[:end])
            if value is not None:
                yield key[:end], value
                break
