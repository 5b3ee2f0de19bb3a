from __future__ import annotations

import itertools
import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.values import ucum

MASS = ("kg", "g", "mg", "ug", "ng", "[lb_av]", "[oz_av]")
DOSE = ("mg/m2", "ug/m2", "g/m2", "mg/m2{dose}", "kg/m2")
RATE = ("mg/kg/d", "ug/kg/h", "mg/kg/wk", "g/kg/min")
COUNT = ("/uL", "10*3/uL", "10*9/L", "{cells}/uL", "10^6/mL")
FAMILIES = (MASS, DOSE, RATE, COUNT)
VALUES = st.decimals(min_value=Decimal("-1e9"), max_value=Decimal("1e9"), places=6)


@pytest.mark.parametrize(
    ("value", "unit", "other", "expected"),
    [
        ("850", "/uL", "10*9/L", "0.85"),
        ("154", "[lb_av]", "kg", "69.85322498"),
        ("71", "[in_i]", "cm", "180.34"),
        ("1", "wk", "d", "7"),
        ("1", "mo", "d", "30.4375"),
        ("1", "a", "d", "365.25"),
        ("5", "%", "1", "0.05"),
        ("300", "mg.min/mL", "g.s/L", "18000"),
        ("35", "ug/kg/d", "mg/kg/wk", "0.245"),
        ("2", "k[IU]", "[iU]", "2000"),
        ("37", "Cel", "[degF]", "98.6"),
        ("32", "[degF]", "Cel", "0"),
        ("120", "mm[Hg]", "kPa", "15.99864"),
        ("60", "U/L", "nkat/L", "1000"),
        ("3", "{tablet}", "1", "3"),
        ("1", "mL", "cm3", "1"),
    ],
)
def test_a_value_is_converted(value: str, unit: str, other: str, expected: str) -> None:
    assert ucum.convert(Decimal(value), unit, other) == Decimal(expected)


@pytest.mark.parametrize(
    ("unit", "other"),
    [
        ("[iU]/L", "/L"),
        ("mmol/L", "10*9/L"),
        ("meq/L", "mmol/L"),
        ("[iU]", "[arb'U]"),
        ("mg", "mL"),
        ("mg/m2", "mg/kg"),
        ("Cel", "s"),
        ("mcg", "ug"),
        ("mg", "x"),
    ],
)
def test_units_that_do_not_measure_the_same_are_not_converted(unit: str, other: str) -> None:
    assert ucum.convert(Decimal(1), unit, other) is None


@pytest.mark.parametrize(
    "unit",
    ["mg", "mg/m2/d", "ug/kg/d", "10*9/L", "[lb_av]", "mg.min/mL", "{score}", "%", "kg/(m2)", "mm[Hg]", "m[IU]/mL",
     "/uL", "1", "mL/min/{1.73_m2}", "[pH]", "meq/L", "mosm/kg", "Gy", "h-1", "2.mg"],
)  # fmt: skip
def test_clinical_units_are_known(unit: str) -> None:
    assert ucum.is_valid(unit)


@pytest.mark.parametrize(
    "unit", ["mcg", "mg/m2/dose", "K/cumm", "IU/L", "mmHg", "5mg", "mg//d", "mg/", "(mg", "mg)", "m^2", "year", "{open",
             "kCel", "Cel/d", "mg m2", "0.5.mg", "//", "9" * 5000, "(" * 3000 + "mg"],
)  # fmt: skip
def test_what_is_not_ucum_is_not_a_unit(unit: str) -> None:
    assert not ucum.is_valid(unit)
    assert ucum.dimension(unit) is None
    assert ucum.convert(Decimal(1), unit, unit) is None


@pytest.mark.parametrize(
    ("a", "b", "product", "quotient"),
    [
        ("mg/m2", "m2", "mg", "mg/m4"),
        ("cm", "cm", "cm2", "1"),
        ("10*9/L", "L", "10*9", "10*9/L2"),
        ("mg", "1", "mg", "mg"),
        ("mg/d", "d", "mg", "mg/d2"),
        ("1", "d", "d", "/d"),
        ("mg/kg", "[lb_av]", "mg.[lb_av]/kg", "mg/kg/[lb_av]"),
    ],
)
def test_units_are_multiplied_and_divided(a: str, b: str, product: str, quotient: str) -> None:
    assert ucum.multiply_units(a, b) == product
    assert ucum.divide_units(a, b) == quotient


def test_temperature_scales_have_no_product() -> None:
    assert ucum.multiply_units("Cel", "d") is None
    assert ucum.is_scale("Cel")
    assert not ucum.is_scale("K")


def test_a_comparison_does_not_round() -> None:
    conversion = ucum.conversion("d", "wk")
    assert conversion is not None
    assert conversion.compare(Decimal(1), Decimal("0.142857142857142857142857142857")) == 1
    assert conversion.compare(Decimal(21), Decimal(3)) == 0


@given(VALUES, st.data())
def test_there_and_back_is_the_same_value(value: Decimal, data: st.DataObject) -> None:
    family = data.draw(st.sampled_from(FAMILIES))
    unit, other = data.draw(st.sampled_from(family)), data.draw(st.sampled_from(family))
    there = ucum.convert(value, unit, other)
    assert there is not None
    back = ucum.convert(there, other, unit)
    assert back is not None
    assert abs(back - value) <= abs(value) * Decimal("1e-25")


@given(VALUES, VALUES, st.data())
def test_comparing_is_antisymmetric(a: Decimal, b: Decimal, data: st.DataObject) -> None:
    family = data.draw(st.sampled_from(FAMILIES))
    unit, other = data.draw(st.sampled_from(family)), data.draw(st.sampled_from(family))
    there, back = ucum.conversion(unit, other), ucum.conversion(other, unit)
    assert there is not None
    assert back is not None
    assert there.compare(a, b) == -back.compare(b, a)


@given(st.sampled_from([unit for family in FAMILIES for unit in family]), st.sampled_from(MASS))
def test_dividing_undoes_multiplying(unit: str, other: str) -> None:
    product = ucum.multiply_units(unit, other)
    assert product is not None
    quotient = ucum.divide_units(product, other)
    assert quotient is not None
    assert ucum.dimension(quotient) == ucum.dimension(unit)
    assert ucum.convert(Decimal(1), quotient, unit) == 1


KINDS: list[dict[str, float]] = json.loads(Path(__file__).with_name("units-lhc.json").read_text())["kinds"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: next(iter(kind)))
def test_units_convert_as_in_the_reference_library(kind: dict[str, float]) -> None:
    first = next(iter(kind))
    for unit, expected in kind.items():
        assert float(ucum.convert(Decimal(7), unit, first) or 0) == pytest.approx(expected, rel=1e-12)


def test_units_of_different_kinds_do_not_convert_in_the_reference_library_nor_here() -> None:
    kind_of = {unit: index for index, kind in enumerate(KINDS) for unit in kind}
    for unit, other in itertools.product(kind_of, kind_of):
        assert (ucum.conversion(unit, other) is not None) is (kind_of[unit] == kind_of[other])
