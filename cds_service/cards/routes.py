"""Routes as a prescriber writes them: IV, SC, oral."""

from __future__ import annotations

from cql_like_rules.cql.values.concept import Code
from cql_like_rules.orders.order import Dosage

from .text import plain

SNOMED = "http://snomed.info/sct"

_BY_CODE = {
    "47625008": "IV",
    "34206005": "SC",
    "26643006": "oral",
    "78421000": "IM",
    "37161004": "rectal",
    "72607000": "intrathecal",
}


def route_words(dosage: Dosage) -> str:
    """The route of the dosage in plain text; "" when the order names none."""
    known = _BY_CODE.get(dosage.route.code) if dosage.route else None
    return known or _without_tag(dosage.route_text or _display(dosage.route))


def named_route(code: str, display: str) -> str:
    """The route with this SNOMED CT code and display in words."""
    return _BY_CODE.get(code) or _without_tag(display)


def _display(route: Code | None) -> str:
    return (route.display or "") if route else ""


def _without_tag(text: str) -> str:
    """The text without what SNOMED CT adds to name a route (`Nasal route (qualifier value)` is `nasal`)."""
    words = plain(text).removesuffix("(qualifier value)").rstrip()
    short = words.removesuffix("route").removesuffix("Route").rstrip()
    return short.lower() if short and short != words else words
