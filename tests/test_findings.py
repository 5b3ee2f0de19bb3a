"""From criteria to findings: kinds, weights and dose limits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import Comparison, CriterionResult, DoseLimit, Finding, Status
from cql_like_rules.findings import Sizes, dose_limit_of, findings_of, is_critical


def quantity(value: str | int | Decimal, unit: str) -> Quantity:
    return Quantity(Decimal(value), unit)


def criterion(
    number: str = "I.A",
    kind: str = "dose",
    status: Status = Status.NOT_MET,
    indicator: str = "",
    comparisons: tuple[Comparison, ...] = (),
) -> CriterionResult:
    return CriterionResult(
        f"T.1/{number}", kind, f"Title of {number}", status, "leaf", indicator=indicator, comparisons=comparisons
    )


def limit(ordered: Quantity | None, ceiling: Quantity | None = None, number: str = "I.A") -> DoseLimit:
    return DoseLimit(ceiling or quantity(250, "ug/m2/d"), "day", f"T.1/{number}", ordered)


def body(weight: str | None = None, area: str | None = None, unit: str = "kg") -> Sizes:
    return {"kg": quantity(weight, unit) if weight else None, "m2": quantity(area, "m2") if area else None}


def shown(findings: tuple[Finding, ...]) -> list[tuple[str, str, list[str]]]:
    return [(each.kind, each.indicator, [result.section for result in each.criteria]) for each in findings]


# --- kinds and weights -----------------------------------------------------------------------------------------------


def test_nothing_in_the_way_is_no_finding() -> None:
    assert findings_of([], [], []) == ()


def test_what_is_not_met_speaks_in_its_own_kind_and_what_is_missing_asks_for_documentation() -> None:
    blocking = [
        criterion("I.A", "age"),
        criterion("I.B", "dose", Status.MISSING),
        criterion("I.C", "age"),
        criterion("I.D", "prescriber", Status.MISSING),
    ]
    assert shown(findings_of(blocking, [], [])) == [
        ("age", "warning", ["I.A", "I.C"]),
        ("documentation", "warning", ["I.B", "I.D"]),
    ]


def test_a_finding_weighs_as_much_as_the_weightiest_of_its_criteria_and_tells_it_first() -> None:
    blocking = [
        criterion("I.A", "regimen"),
        criterion("I.B", "regimen", indicator="critical"),
        criterion("I.C", "regimen", indicator="info"),
        criterion("I.D", "regimen"),
    ]
    assert shown(findings_of(blocking, [], [])) == [("regimen", "critical", ["I.B", "I.A", "I.D", "I.C"])]
    alone = [criterion("I.A", "documentation", indicator="info")]
    assert shown(findings_of(alone, [], [])) == [("documentation", "info", ["I.A"])]


def test_a_criterion_that_is_missing_is_asked_for_without_the_weight_of_its_failure() -> None:
    blocking = [criterion("I.A", "safety", Status.MISSING, "critical")]
    assert shown(findings_of(blocking, [], [])) == [("documentation", "warning", ["I.A"])]


def test_an_advisory_joins_the_finding_of_its_kind_and_weight() -> None:
    blocking = [criterion("I.A", "safety"), criterion("I.B")]
    advisories = [
        criterion("V.1", "safety", Status.MET, "warning"),
        criterion("V.2", "duration", Status.MET, "info"),
        criterion("V.3", "duration", Status.MET, "info"),
    ]
    ceiling = limit(quantity(300, "ug/m2/d"), number="I.B")
    findings = findings_of(blocking, advisories, [ceiling])
    assert shown(findings) == [
        ("safety", "warning", ["I.A", "V.1"]),
        ("dose", "warning", ["I.B"]),
        ("duration", "info", ["V.2", "V.3"]),
    ]
    assert [finding.dose for finding in findings] == [None, ceiling, None]


def test_an_advisory_of_another_weight_makes_a_finding_of_its_own() -> None:
    findings = findings_of([criterion("I.A", "safety")], [criterion("V.1", "safety", Status.MET, "critical")], [])
    assert shown(findings) == [("safety", "warning", ["I.A"]), ("safety", "critical", ["V.1"])]


def test_an_advisory_that_joins_a_dose_finding_leaves_its_limit() -> None:
    ceiling = limit(quantity(300, "ug/m2/d"))
    (finding,) = findings_of([criterion()], [criterion("V.1", "dose", Status.MET, "warning")], [ceiling])
    assert finding.dose == ceiling


# --- critical from twice the ceiling ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordered", "critical"),
    [
        ("249.99999999", False),
        ("250", False),
        ("499.99999999", False),
        ("500", True),
        ("500.00000001", True),
        ("5000", True),
    ],
)
def test_an_order_is_critical_from_exactly_twice_the_ceiling(ordered: str, critical: bool) -> None:
    ceiling = limit(quantity(ordered, "ug/m2/d"))
    assert is_critical(ceiling) is critical
    (finding,) = findings_of([criterion()], [], [ceiling])
    assert finding.indicator == ("critical" if critical else "warning")


def test_twice_the_ceiling_is_twice_in_every_unit() -> None:
    assert is_critical(limit(quantity("0.5", "mg/m2/d")))
    assert not is_critical(limit(quantity("0.49999999", "mg/m2/d")))


def test_an_amount_that_is_not_known_or_of_another_dimension_is_not_critical() -> None:
    assert not is_critical(limit(None))
    assert not is_critical(limit(quantity(5000, "ug/d")))


def test_the_limit_of_a_finding_is_the_one_that_was_exceeded() -> None:
    within = limit(quantity(200, "ug/m2/d"), number="I.A")
    above = limit(quantity(300, "ug/m2/d"), number="I.B")
    (finding,) = findings_of([criterion("I.A"), criterion("I.B")], [], [within, above])
    assert finding.dose == above
    (undecided,) = findings_of([criterion("I.A")], [], [within])
    assert undecided.dose == within


@given(st.decimals("0.00000001", "100000", places=8), st.decimals("0.00000001", "100000", places=8))
def test_critical_is_never_less_than_exceeded(ordered: Decimal, ceiling: Decimal) -> None:
    found = limit(quantity(ordered, "mg"), quantity(ceiling, "mg"))
    assert is_critical(found) is (ordered >= 2 * ceiling)
    assert bool(found.exceeded) or not is_critical(found)


# --- limits ----------------------------------------------------------------------------------------------------------


def compared(
    right: object, left: object = None, operator: str = "LessOrEqual", result: bool | None = False
) -> CriterionResult:
    return criterion(comparisons=(Comparison(operator, left, right, result),))


@pytest.mark.parametrize(
    ("unit", "absolute", "per"),
    [
        ("ug/m2/d", ("450.0", "ug/d"), "day"),
        ("mg/m2", ("450.0", "mg"), "dose"),
        ("mg/m2/wk", ("450.0", "mg/wk"), "week"),
        ("ug/kg/d", ("17500", "ug/d"), "day"),
        ("ug/kg", ("17500", "ug"), "dose"),
        ("mg", ("250", "mg"), "dose"),
        ("g/wk", ("250", "g/wk"), "week"),
    ],
)
def test_a_ceiling_is_told_as_an_amount_for_this_patient(unit: str, absolute: tuple[str, str], per: str) -> None:
    found = dose_limit_of(compared(quantity(250, unit), quantity(300, unit)), body("70", "1.8"))
    assert found is not None
    assert (found.limit, found.ordered, found.per) == (quantity(250, unit), quantity(300, unit), per)
    assert found.absolute == quantity(*absolute)


@pytest.mark.parametrize(("unit", "known"), [("mg/m2", body(weight="70")), ("mg/kg", body(area="1.8"))])
def test_a_ceiling_has_no_amount_without_the_body_size_it_needs(unit: str, known: Sizes) -> None:
    found = dose_limit_of(compared(quantity(250, unit), quantity(300, unit)), known)
    assert found is not None
    assert found.absolute is None


def test_a_body_weight_in_another_unit_is_converted() -> None:
    found = dose_limit_of(compared(quantity(5, "ug/kg/d")), body("70000", unit="g"))
    assert found is not None
    assert found.absolute == quantity(350, "ug/d")


def test_a_body_size_in_a_unit_of_something_else_gives_no_amount() -> None:
    found = dose_limit_of(compared(quantity(5, "ug/kg/d")), body("70", unit="cm"))
    assert found is not None
    assert found.absolute is None


def test_only_a_comparison_with_an_amount_from_below_sets_a_ceiling() -> None:
    assert dose_limit_of(compared(12), body()) is None
    assert dose_limit_of(compared(quantity(250, "mg"), operator="GreaterOrEqual"), body()) is None
    assert dose_limit_of(criterion(), body()) is None
    strict = dose_limit_of(compared(quantity(250, "mg"), operator="Less"), body())
    assert strict is not None


def test_the_ordered_amount_of_a_ceiling_may_be_unknown() -> None:
    found = dose_limit_of(compared(quantity(250, "mg"), None, result=None), body())
    assert found is not None
    assert (found.ordered, found.exceeded) == (None, None)


def test_an_amount_of_another_dimension_is_neither_above_nor_below() -> None:
    found = dose_limit_of(compared(quantity(250, "mg"), quantity(3, "mL"), result=None), body())
    assert found is not None
    assert found.exceeded is None


@pytest.mark.parametrize("unit", ["kg", "m2", "/uL", "%", "h", "ug/mL", "mL/h"])
def test_an_amount_of_something_else_than_a_drug_sets_no_ceiling(unit: str) -> None:
    assert dose_limit_of(compared(quantity(30, unit), quantity(20, unit)), body()) is None


def test_an_order_on_the_right_is_compared_all_the_same() -> None:
    made = Comparison("GreaterOrEqual", quantity(250, "mg"), quantity(300, "mg"), False, "Most", "Order.perDose")
    found = dose_limit_of(criterion(comparisons=(made,)), body())
    assert found is not None
    assert (found.limit, found.ordered, found.exceeded) == (quantity(250, "mg"), quantity(300, "mg"), True)


# --- recommended doses -----------------------------------------------------------------------------------------------

RECOMMENDED = quantity(16, "mg/kg")


def around(ordered: str | None, unit: str = "mg/kg") -> CriterionResult:
    """An order compared with 5 % below and 5 % above the recommended dose."""
    amount = quantity(ordered, unit) if ordered else None
    low, high = quantity("15.2", "mg/kg"), quantity("16.8", "mg/kg")
    made = (Comparison("GreaterOrEqual", amount, low, None), Comparison("LessOrEqual", amount, high, None))
    return criterion(comparisons=made)


@pytest.mark.parametrize(
    ("ordered", "exceeded", "fallen_short"),
    [
        ("15.19", False, True),
        ("15.2", False, False),
        ("16", False, False),
        ("16.8", False, False),
        ("16.81", True, False),
        (None, None, None),
    ],
)
def test_a_recommended_dose_is_told_without_the_tolerance_around_it(
    ordered: str | None, exceeded: bool | None, fallen_short: bool | None
) -> None:
    found = dose_limit_of(around(ordered), body("70"), RECOMMENDED)
    assert found is not None
    assert (found.limit, found.absolute) == (RECOMMENDED, quantity(1120, "mg"))
    assert (found.exceeded, found.fallen_short) == (exceeded, fallen_short)


def test_a_recommended_dose_is_told_when_only_one_side_of_it_was_compared() -> None:
    made = Comparison("GreaterOrEqual", quantity(8, "mg/kg"), quantity("15.2", "mg/kg"), False)
    found = dose_limit_of(criterion(comparisons=(made,)), body("70"), RECOMMENDED)
    assert found is not None
    assert found.fallen_short
    assert dose_limit_of(criterion(), body("70"), RECOMMENDED) is not None


def test_an_order_that_falls_short_is_what_the_finding_tells() -> None:
    short = dose_limit_of(around("8"), body("70"), RECOMMENDED)
    assert short is not None
    (finding,) = findings_of([criterion()], [], [short])
    assert (finding.indicator, finding.dose) == ("warning", short)


def test_twice_the_recommended_dose_is_critical() -> None:
    double = dose_limit_of(around("32"), body("70"), RECOMMENDED)
    assert double is not None
    assert is_critical(double)


def test_an_amount_compared_as_a_mass_is_told_per_body_size_as_its_limit_is() -> None:
    made = Comparison("LessOrEqual", quantity("128.8", "mg"), quantity("123.2", "mg"), False)
    found = dose_limit_of(criterion(comparisons=(made,)), body(area="2.2"), quantity(56, "mg/m2"))
    assert found is not None
    assert (found.limit, found.absolute, found.body_size) == (
        quantity(56, "mg/m2"),
        quantity("123.2", "mg"),
        quantity("2.2", "m2"),
    )
    assert found.ordered == quantity("58.54545455", "mg/m2")
    assert found.exceeded


def test_an_amount_that_cannot_be_brought_to_the_basis_of_the_limit_is_not_told() -> None:
    made = Comparison("LessOrEqual", quantity("128.8", "mg"), None, None)
    bound = Comparison("LessOrEqual", quantity("128.8", "mg"), quantity(150, "mg"), True)
    for comparison in (made, bound):
        found = dose_limit_of(criterion(comparisons=(comparison,)), body(), quantity(56, "mg/m2"))
        assert found is not None
        assert (found.limit, found.absolute, found.ordered, found.at_most) == (quantity(56, "mg/m2"), None, None, None)


def test_the_limit_of_another_drug_comes_after_that_of_the_ordered_one() -> None:
    made = Comparison("LessOrEqual", quantity(150, "mg"), quantity(75, "mg"), False)
    of_other = CriterionResult("T.1/I.B", "dose", "", Status.NOT_MET, "leaf", drug="other drug", comparisons=(made,))
    other = dose_limit_of(of_other, body())
    assert other is not None
    assert (other.drug, other.exceeded) == ("other drug", True)
    (alone,) = findings_of([of_other], [], [other])
    assert (alone.dose, alone.indicator) == (other, "critical")
    own = limit(quantity(300, "ug/m2/d"))
    (both,) = findings_of([of_other, criterion()], [], [other, own])
    assert both.dose == own
