"""The card for a dose above the limit, or off the recommended dose.

It says what was ordered, what the limit is and what it comes to for this patient, and repairs the order with one click.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

from cds_service.cards.amounts import (
    DoseUnit,
    amount,
    apart,
    exact,
    quantity,
    quantity_at_most,
    with_decimals,
    without_time,
)
from cds_service.cards.body_size import basis_words, measured_words
from cds_service.cards.content import (
    CardContext,
    Content,
    NoSuggestion,
    Suggestion,
    citation,
    printed_number,
    source_line,
)
from cds_service.cards.dose_change import dose_change, order_words
from cds_service.cards.text import markdown, one_line, plain, summary
from cql_like_rules.cql.values import ucum
from cql_like_rules.cql.values.quantity import Quantity
from cql_like_rules.determination import CriterionResult, DoseLimit, Finding
from cql_like_rules.orders.order import Dosage

from .criteria import criteria_content, criteria_paragraph, other_ways

_ORDER = "Order."
"""What the names of the order's elements begin with in a trace."""

_LIMIT_NAMES = {"day": "daily limit", "week": "weekly limit", "dose": "limit per dose"}
_PERIODS = {"day": "daily", "week": "weekly", "dose": "per dose"}


def dose_content(context: CardContext, finding: Finding) -> Content:
    """The card on a dose; without a limit that was exceeded it says what its criteria say (route, number of doses)."""
    dose = finding.dose
    if dose is None or dose.ordered is None:
        of_others = all(criterion.drug for criterion in finding.criteria)
        ordered = "" if of_others else plain(order_words(context.order))
        return criteria_content(context, finding, f"Ordered: {markdown(ordered)}." if ordered else "")
    ordered_and_limit = f"{_ordered(context, dose, dose.ordered)} {_limit(context, dose)}"
    if not (dose.exceeded or dose.fallen_short):
        return criteria_content(context, finding, ordered_and_limit)
    others = tuple(criterion for criterion in finding.criteria if criterion.id != dose.criterion)
    also_wrong = _also_wrong(context, dose)
    # Another dose alone would leave an order that must not be signed as it is, and look as if it did not. The dose of
    # another drug is in an order of its own.
    unsafe = also_wrong or dose.drug or _is_warned_of(context, finding)
    suggestion = None if unsafe else _suggestion(context, dose)
    paragraphs = (
        ordered_and_limit,
        also_wrong,
        criteria_paragraph(context, others),
        *other_ways(context, finding),
        suggestion.reason if isinstance(suggestion, NoSuggestion) else "",
        source_line(context) if others else "",
    )
    return Content(
        kind=finding.kind,
        indicator=finding.indicator,
        summary=_title(context, dose, dose.ordered),
        paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph),
        criteria=finding.criteria,
        suggestions=(suggestion,) if isinstance(suggestion, Suggestion) else (),
    )


def _suggestion(context: CardContext, dose: DoseLimit) -> Suggestion | NoSuggestion:
    return dose_change(context.order, dose, _reason(context, dose), context.determination.orderable_doses)


def _is_warned_of(context: CardContext, finding: Finding) -> bool:
    """Whether more than the dose is wrong: something else is critical, or a note warns of the schedule or regimen."""
    notes = {advisory.id for advisory in context.determination.advisories}
    return any(
        other.indicator == "critical"
        or (
            other.kind == "regimen"
            and other.indicator == "warning"
            and any(criterion.id in notes for criterion in other.criteria)
        )
        for other in context.determination.findings
        if other is not finding
    )


def _title(context: CardContext, dose: DoseLimit, ordered: Quantity) -> str:
    """`The drug 300 mcg/m² is above the 250 mcg/m² daily limit`, from twice the limit on by how many times."""
    unit = DoseUnit.of(dose.limit.unit).per_administration
    in_unit = _in_unit_of(ordered, dose.limit)
    shown_ordered, shown_limit = apart(in_unit, dose.limit.value)
    limit = f"the {amount(shown_limit, unit)} {_LIMIT_NAMES.get(dose.per, 'limit')}"
    if _recommends(context, dose):
        limit = f"the recommended {amount(shown_limit, unit)} {_PERIODS.get(dose.per, '')}".rstrip()
    said = f"{amount(shown_ordered, unit)} is {_compared(in_unit, dose.limit.value)} {limit}"
    return summary(plain(dose.drug[:1].upper() + dose.drug[1:]) or context.drug, said, join=" ")


def _recommends(context: CardContext, dose: DoseLimit) -> bool:
    """Whether the limit is a dose to give and no ceiling."""
    return context.policy.is_guidance or dose.at_least is not None


def _compared(ordered: Decimal, limit: Decimal) -> str:
    if ordered < limit:
        return "below"
    if limit <= 0 or ordered < 2 * limit:
        return "above"
    times = with_decimals(ordered / limit, 1, ROUND_DOWN)
    return "twice" if times == "2" else f"{times} times"


def _in_unit_of(ordered: Quantity, limit: Quantity) -> Decimal:
    value = ucum.convert(ordered.value, ordered.unit, limit.unit)
    # `exceeded` has compared the two, so they are convertible.
    return ordered.value if value is None else value


def _ordered(context: CardContext, dose: DoseLimit, ordered: Quantity) -> str:
    """`Ordered: 540 mcg IV daily = 300 mcg/m² (BSA 1.80 m², …).` Amounts over time are named when doses add up."""
    dosage = context.order.dosage
    figure, _ = apart(_in_unit_of(ordered, dose.limit), dose.limit.value)
    if dose.drug:
        return _ordered_beside(context, dose, figure)
    compared = _over_time(amount(figure, DoseUnit.of(dose.limit.unit).per_administration), dosage, dose.per)
    mass = _mass(dosage, dose.per)
    total = _over_time(quantity(without_time(mass)), dosage, dose.per) if mass else ""
    written = exact(dosage.as_ordered) if dosage.as_ordered else ""
    equal_to = [part for part in dict.fromkeys((total, compared)) if part and part != written]
    # Doses of different days do not add up: the highest of them is compared.
    days = {schedule for _, schedule in dosage.parts}
    joint = "; the highest dose is " if len(days) > 1 and dose.per == "dose" else " = "
    told = joint.join(part for part in (plain(order_words(context.order)), " = ".join(equal_to)) if part)
    body = context.order.body_size
    by_size = DoseUnit.of(dosage.as_ordered.unit).basis if dosage.as_ordered else ""
    basis = basis_words(body, dose) or (measured_words(body, by_size) if equal_to else "")
    return f"Ordered: {markdown(told)} ({markdown(basis)})." if basis else f"Ordered: {markdown(told)}."


def _ordered_beside(context: CardContext, dose: DoseLimit, figure: str) -> str:
    """`Ordered: the other drug 50 mg = 2 mg/kg (weight 25 kg on …).` of a drug that is given with the ordered one."""
    unit = DoseUnit.of(dose.limit.unit)
    amounts = [amount(figure, unit.per_administration)]
    if unit.basis and dose.body_size is not None and dose.ordered is not None:
        mass = _in_unit_of(dose.ordered, dose.limit) * dose.body_size.value
        amounts.insert(0, quantity(Quantity(mass, unit.amount)))
    basis = basis_words(context.order.body_size, dose)
    told = markdown(f"{dose.drug} {' = '.join(amounts)}")
    return f"Ordered: {told} ({markdown(basis)})." if basis else f"Ordered: {told}."


def _mass(dosage: Dosage, per: str) -> Quantity | None:
    amounts = {"dose": dosage.per_administration, "day": dosage.per_day, "week": dosage.per_week}.get(per)
    return amounts.mass if amounts else None


def _over_time(words: str, dosage: Dosage, per: str) -> str:
    """The amount with its period, unless there is one administration in it and the schedule says so already."""
    if per == "day" and dosage.schedule.per_day != 1:
        return f"{words} daily"
    if per == "week" and dosage.schedule.per_week != 1:
        return f"{words} weekly"
    return words


def _limit(context: CardContext, dose: DoseLimit) -> str:
    """`Limit: 250 mcg/m² daily (POLICY version 08.25, I.A.6), for this patient 450 mcg daily.`

    `Recommended: 16 mg/kg per dose (…)` where it is a dose to give.
    """
    per = " per dose" if dose.per == "dose" else ""
    criterion = _criterion(context, dose)
    number = f", {markdown(printed_number(criterion))}" if criterion else ""
    name = "Recommended" if _recommends(context, dose) else "Limit"
    limit = f"{name}: {exact(dose.limit)}{per} ({citation(context.policy)}{number})"
    if dose.absolute is None or not DoseUnit.of(dose.limit.unit).basis:
        return f"{limit}."
    return f"{limit}, for this patient {quantity_at_most(dose.absolute)}{per}."


def _criterion(context: CardContext, dose: DoseLimit) -> CriterionResult | None:
    return next((each for each in context.determination.criteria if each.id == dose.criterion), None)


def _also_wrong(context: CardContext, dose: DoseLimit) -> str:
    """What the criterion of the limit refuses beside the amount (the route, the number of doses); "" for nothing.

    An element of the order is refused when it was compared and no comparison of it held. To be equal to a number is no
    limit: it tells cases apart (a single dose from several), so that it does not count.
    """
    criterion = _criterion(context, dose)
    if criterion is None or not criterion.unmet:
        return ""
    answers: dict[str, set[bool | None]] = {}
    for made in criterion.comparisons:
        if made.left_name.startswith(_ORDER) and made.right != dose.limit and made.operator != "Equal":
            answers.setdefault(made.left_name, set()).add(made.result)
    refused = any(False in given and True not in given for given in answers.values())
    return f"Also: {markdown(one_line(criterion.unmet).rstrip('.'))}." if refused else ""


def _reason(context: CardContext, dose: DoseLimit) -> str:
    criterion = _criterion(context, dose)
    where = plain(f"{context.policy.id} {printed_number(criterion)}" if criterion else context.policy.id)
    return f"the dose that {where} recommends" if _recommends(context, dose) else f"the most that {where} allows"
