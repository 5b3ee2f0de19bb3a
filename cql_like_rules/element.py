"""Element: one piece of a FHIR resource, read by name through the model table and only when it is asked for.

FHIR values are never converted behind an author's back: a FHIR `date` is an Element, and its System value is what
`get("value")` gives. What cannot be read is None, and the record keeps a note of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from cql_like_rules import lenient
from cql_like_rules.cql.model import FHIR
from cql_like_rules.cql.values.temporal import Date, DateTime, Time

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class RecordNote:
    """Something in the record that could not be read: where it is, and what is wrong with it, for a prescriber.

    `types` are the resource types that are missing for it; none where anything may be.
    """

    reference: str
    path: str
    message: str
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Access:
    """How an element is reached in JSON: the key to look under for each type it can have."""

    keys: tuple[tuple[str, str], ...]
    is_list: bool


class Element:
    """A FHIR element: a resource, a datatype, a backbone element or a primitive.

    `type` is the FHIR type name without prefix (`Condition`, `Condition.Stage`, `dateTime`), `json` the JSON it was
    read from, `resource` the resource that it belongs to (None when it is the resource) and `path` where in that
    resource it stands (`stage[0].summary`). Two elements are equal when type and JSON are.
    `known` holds what has been asked for, by name: `get` looks there first, and so may who asks very often.
    """

    __slots__ = ("_notes", "_sibling", "json", "known", "path", "resource", "type")

    def __init__(
        self,
        type: str,
        json: Any,
        resource: Element | None = None,
        path: str = "",
        *,
        sibling: Any = None,
        notes: list[RecordNote] | None = None,
    ) -> None:
        self.type = type
        self.json = json
        self.resource = resource
        self.path = path
        self._sibling = sibling
        self._notes: list[RecordNote] = [] if notes is None else notes
        self.known: dict[str, Any] = {}

    @property
    def reference(self) -> str:
        """`Type/id` of the resource it belongs to; the type alone when the resource has no id."""
        root = self.resource or self
        identity = root.json.get("id") if isinstance(root.json, dict) else None
        return f"{root.type}/{identity}" if identity else root.type

    @property
    def value(self) -> Any:
        """The System value of a primitive; None when there is none or it cannot be read."""
        return self.get("value")

    def get(self, name: str) -> Any:
        """The element of this name: an Element, a list of them where FHIR has a list, a System value, or None.

        A choice (`value[x]`) is asked for without its type (`value`) and has the type that is present. A primitive
        has `value`, its System value, besides `id` and `extension`. An element that is absent, that this type does
        not have, or that cannot be read is None.
        """
        known = self.known
        if name not in known:
            known[name] = self._read(name)
        return known[name]

    def _read(self, name: str) -> Any:
        system_type = _system_type(self.type)
        if system_type is not None:
            if name == "value":
                return self._system_value(system_type)
            source = self._sibling
        else:
            source = self.json
        access = _access(self.type, name)
        if access is None or not isinstance(source, dict):
            return None
        for key, type_name in access.keys:
            json = source.get(key)
            sibling = source.get("_" + key)
            if json is not None or sibling is not None:
                return self._children(key, type_name, json, sibling, access.is_list)
        return None

    def _children(self, key: str, type_name: str, json: Any, sibling: Any, is_list: bool) -> Any:
        path = f"{self.path}.{key}" if self.path else key
        if not is_list:
            return self._only_child(path, type_name, json, sibling)
        members = lenient.items(json)
        siblings = lenient.items(sibling)
        length = max(len(members), len(siblings))
        return [
            child
            for index in range(length)
            if (child := self._child(f"{path}[{index}]", type_name, _at(members, index), _at(siblings, index)))
            is not None
        ]

    def _only_child(self, path: str, type_name: str, json: Any, sibling: Any) -> Any:
        if isinstance(json, list):
            if len(json) > 1:
                self._note(path, "There are several values where one is expected.")
                return None
            json = json[0] if json else None
            sibling = sibling[0] if isinstance(sibling, list) and sibling else sibling
        return self._child(path, type_name, json, sibling)

    def _child(self, path: str, type_name: str, json: Any, sibling: Any) -> Any:
        if type_name.startswith("System."):
            return _READERS[type_name](json)
        if _system_type(type_name) is None:
            if json is None:
                return None
            if not isinstance(json, dict):
                self._note(path, f"{json!r} cannot be read as {type_name}.")
                return None
            if type_name == "Resource":
                type_name = lenient.text(json.get("resourceType")) or type_name
        elif json is None and sibling is None:
            return None
        return Element(type_name, json, self.resource or self, path, sibling=sibling, notes=self._notes)

    def _system_value(self, system_type: str) -> Any:
        if self.json is None:
            return None
        value = _READERS[system_type](self.json)
        if value is None:
            self._note(self.path, f"{self.json!r} cannot be read as {self.type}.")
        return value

    def _note(self, path: str, message: str) -> None:
        self._notes.append(RecordNote(self.reference, path, message))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return self.type == other.type and self.json == other.json

    def __hash__(self) -> int:
        return hash((self.type, len(self.json) if isinstance(self.json, dict | list) else self.json))

    def __repr__(self) -> str:
        place = f"{self.reference}#{self.path}" if self.path else self.reference
        return f"<Element {self.type} {place}>"


@lru_cache(maxsize=4096)
def _access(type_name: str, name: str) -> _Access | None:
    element = FHIR.element(type_name, name)
    if element is None:
        return None
    if not element.choices:
        return _Access(((name, element.type),), element.is_list)
    return _Access(tuple((_choice_key(name, choice), choice) for choice in element.choices), element.is_list)


def _choice_key(name: str, type_name: str) -> str:
    # The model knows profiles of Quantity as types of their own; JSON names them all after Quantity.
    suffix = "Quantity" if type_name in ("SimpleQuantity", "MoneyQuantity") else type_name
    return name + suffix[0].upper() + suffix[1:]


_system_type = lru_cache(maxsize=1024)(FHIR.primitive)


def _at(members: Any, index: int) -> Any:
    return members[index] if index < len(members) else None


def _date(json: Any) -> Date | None:
    # A birth date with a time of day is common and its day is not in doubt.
    return _temporal(Date.parse, json.partition("T")[0]) if isinstance(json, str) else None


def _date_time(json: Any) -> DateTime | None:
    return _temporal(DateTime.parse, json) if isinstance(json, str) else None


def _time(json: Any) -> Time | None:
    return _temporal(Time.parse, json) if isinstance(json, str) else None


def _temporal(parse: Callable[[str], _Read | None], json: str) -> _Read | None:
    try:
        return parse(json.strip())
    except ValueError:
        return None


def _boolean(json: Any) -> bool | None:
    return json if isinstance(json, bool) else None


def _string(json: Any) -> str | None:
    return json if isinstance(json, str) else None


_READERS: dict[str, Callable[[Any], Any]] = {
    "System.Boolean": _boolean,
    "System.Date": _date,
    "System.DateTime": _date_time,
    "System.Decimal": lenient.number,
    "System.Integer": lenient.whole_number,
    "System.String": _string,
    "System.Time": _time,
}
