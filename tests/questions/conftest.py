"""Tiny policies that ask clinicians."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cql_like_rules.policy import LIBRARY, Policy, load_policy

HEAD = """library T_1 version '1.0'
using FHIR version '4.0.1'
include FHIRHelpers version '4.0.1' called FHIRHelpers
include Attestations version '1.0.0' called Attestations
include Helpers version '1.0' called Helpers
parameter "Order" Tuple {
  date Date, weight Tuple { value System.Quantity }, perDay System.Quantity,
  perDayPerM2 System.Quantity, perDayPerKg System.Quantity
}
parameter "Delivered" List<String>
parameter "Days" Integer default 30
context Patient
define "Applies": true
define "Phase": 'initial'
"""

HELPERS = """library Helpers version '1.0'
using FHIR version '4.0.1'
include Attestations version '1.0.0' called Attestations
parameter "Place" String default 'T.1/I.A.9'
context Patient
define "Prefix": 'T.1/'
define function Asked(number String): Attestations.YesNo("Prefix" + number)
define fluent function asked(number String): Attestations.YesNo('T.1/' & number)
"""


@pytest.fixture
def asking(tiny: Any) -> Callable[..., Policy]:
    """The tiny policy with these defines; "Section" is `I` or what is given."""

    def policy(defines: str, section: str = "'I'", **options: Any) -> Policy:
        library = tiny.folder / "library"
        library.mkdir(exist_ok=True)
        for name in ("FHIRHelpers", "Attestations"):
            (library / f"{name}.cql").write_text((LIBRARY / f"{name}.cql").read_text("utf-8"), "utf-8")
        (library / "Helpers.cql").write_text(HELPERS, "utf-8")
        folder = tiny.written(defines, head=HEAD, shared=f'define "Section": {section}\n', **options)
        return load_policy(folder, tiny.terminology, library)

    return policy
