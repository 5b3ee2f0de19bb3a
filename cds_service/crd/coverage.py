"""The coverage that a call is answered for, who pays, and whether it is in force (CRD 2.2.1, hook-13, resp-45)."""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from cds_service.cdshooks.outcome import CallRefused, refused
from cds_service.settings import Settings
from cql_like_rules import lenient
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.element import Element
from cql_like_rules.orders.dates import earliest_day
from cql_like_rules.plans import Payer, payers_of, plain_identifier
from cql_like_rules.record import Record

from .call import CrdCall
from .orders import day_of

_IN_FORCE = ("", "active")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PrimaryCoverage:
    """The coverage that is asserted about.

    `reference` is `Coverage/<id>`, `payer` the insurer's name ("" when it is not told), `active` what its status says,
    `begins` and `ends` the first and the last day of its period (None for open ends).
    """

    reference: str
    payer: str = ""
    active: bool = True
    begins: datetime.date | None = None
    ends: datetime.date | None = None

    def in_force(self, day: datetime.date | None) -> bool:
        """Whether it is in force on a day; None for an order without a date, for which only the status counts."""
        return not self.not_in_force(day)

    def not_in_force(self, day: datetime.date | None) -> str:
        """Why it is not in force on a day, in a sentence; "" when it is."""
        if not self.active:
            return "The coverage is not active."
        if day is not None and self.ends is not None and self.ends < day:
            return f"The coverage ended on {self.ends}."
        if day is not None and self.begins is not None and day < self.begins:
            return f"The coverage begins on {self.begins}, after the date of the order."
        return ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    coverage: PrimaryCoverage
    payers: Sequence[Payer]
    rank: int | None


def primary_coverage(
    call: CrdCall, record: Record, orders: Iterable[Mapping[str, Any]], settings: Settings
) -> PrimaryCoverage | None:
    """The one coverage that counts for the orders; None where a call that is not strict has none.

    Of several in force that of the lowest `order` counts. Where none is in force, the one that ended last stands for
    them: the answer is then that nothing is covered.

    Raises CallRefused for a strict call: 412 when coverages were neither sent nor could be fetched; 400 when there is
    none, when several are in force and none of them comes first, and, where the settings name the payers that are
    served, when the payer is another one or is not identified.
    """
    try:
        return _primary(record, [day_of(order) for order in orders], settings.served_payers)
    except CallRefused as refusal:
        if call.strict:
            raise
        _log.info("no coverage information", reason=refusal.issues[0].code)
        return None


def _primary(record: Record, days: Sequence[datetime.date | None], served: Sequence[str]) -> PrimaryCoverage:
    candidates = [_candidate(each, record) for each in record.retrieve("Coverage") if lenient.text(each.json.get("id"))]
    if not candidates:
        raise _none_found(record)
    in_force = [each for each in candidates if any(each.coverage.in_force(day) for day in days or (None,))]
    chosen = _first(in_force) if in_force else max(candidates, key=lambda each: each.coverage.ends or datetime.date.min)
    _check_served(chosen.payers, served)
    return chosen.coverage


def _none_found(record: Record) -> CallRefused:
    if "Coverage" not in record.delivered:
        text = "The patient's coverage was neither sent as prefetch nor could it be fetched."
        return refused(412, "incomplete", text, "prefetch.coverage")
    return refused(
        400, "not-found", "The patient has no coverage, so nothing can be said about it.", "prefetch.coverage"
    )


def _candidate(coverage: Element, record: Record) -> _Candidate:
    period = coverage.get("period")
    payers = payers_of(coverage, record)
    found = PrimaryCoverage(
        reference=coverage.reference,
        payer=next((name for payer in payers for name in payer.names), ""),
        active=lenient.text(coverage.json.get("status")) in _IN_FORCE,
        begins=_day(period, "start"),
        ends=_day(period, "end"),
    )
    return _Candidate(found, payers, lenient.whole_number(coverage.json.get("order")))


def _first(candidates: Sequence[_Candidate]) -> _Candidate:
    """The candidate of the lowest order, or the only one."""
    lowest = min((each.rank for each in candidates if each.rank is not None), default=None)
    first = [each for each in candidates if each.rank == lowest]
    if len(first) > 1:
        text = "The patient has several coverages, and their order does not tell which of them comes first."
        raise refused(400, "multiple-matches", text, "prefetch.coverage")
    return first[0]


def _check_served(payers: Iterable[Payer], served: Iterable[str]) -> None:
    wanted = {plain_identifier(identifier) for identifier in served}
    if not wanted:
        return
    known = {identifier for payer in payers for identifier in payer.identifiers}
    if not known:
        raise refused(400, "required", "The payer of the coverage has no identifier.", "prefetch.coverage")
    if known.isdisjoint(wanted):
        raise refused(400, "business-rule", "This service does not answer for the payer.", "prefetch.coverage")


def _day(period: Element | None, end: str) -> datetime.date | None:
    """The first day of what `start` may mean, the last day of what `end` may; None when it is absent or unreadable."""
    element = period.get(end) if isinstance(period, Element) else None
    moment = element.value if isinstance(element, Element) else None
    if not isinstance(moment, DateTime):
        return None
    if end == "start":
        return earliest_day(moment)
    month = moment.month or 12
    return datetime.date(moment.year, month, moment.day or calendar.monthrange(moment.year, month)[1])
