"""What is kept for how long: deleting calls with all that hangs on them, and the contents of calls."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from .database import Database
from .models import Base, Card, Evaluation, Exchange, Feedback

_AT_ONCE = 500
"""How many calls one transaction deletes, so that nobody waits long for its locks."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were deleted; `contents` of how many calls were, where the calls themselves stay."""

    exchanges: int
    evaluations: int
    feedback: int
    contents: int


class Retention:
    """Deletes what is older than `calls`, and the contents of calls that are older than `contents` (UTC).

    A call goes with its evaluations, their cards, and what was said of coverage; feedback goes with the last call that
    showed its card, or, about a card that is not known, by its own age. Deleting can be interrupted at any moment: what
    is left is whole. Everything raises StoreFailed.
    """

    def __init__(self, database: Database, calls: datetime.datetime, contents: datetime.datetime) -> None:
        self._database = database
        self._calls = calls
        self._contents = max(calls, contents)

    def would_delete(self) -> Purged:
        """What `delete` would delete now."""
        with self._database.transaction() as session:

            def count(table: type[Base], where: ColumnElement[bool]) -> int:
                return session.scalar(select(func.count()).select_from(table).where(where)) or 0

            return Purged(
                exchanges=count(Exchange, self._old_exchange),
                evaluations=count(Evaluation, self._old_evaluation),
                feedback=count(Feedback, self._old_feedback),
                contents=count(Exchange, self._old_contents),
            )

    def delete(self) -> Purged:
        """Deletes it, some hundred calls at a time."""
        # Feedback first: which of it is old is told by the cards that are there.
        (feedback,) = self._in_steps(self._delete_feedback)
        exchanges, evaluations = self._in_steps(self._delete_calls)
        (without_exchange,) = self._in_steps(self._delete_evaluations)
        (contents,) = self._in_steps(self._clear_contents)
        return Purged(exchanges, evaluations + without_exchange, feedback, contents)

    @property
    def _old_exchange(self) -> ColumnElement[bool]:
        return Exchange.created_at < self._calls

    @property
    def _old_evaluation(self) -> ColumnElement[bool]:
        return Evaluation.created_at < self._calls

    @property
    def _old_contents(self) -> ColumnElement[bool]:
        kept = or_(Exchange.request_sealed.is_not(None), Exchange.response_sealed.is_not(None))
        return (Exchange.created_at >= self._calls) & (Exchange.created_at < self._contents) & kept

    @property
    def _old_feedback(self) -> ColumnElement[bool]:
        shown = select(Card.id).join(Evaluation).where(Card.uuid == Feedback.card)
        stays = exists(shown.where(Evaluation.created_at >= self._calls))
        return ~stays & or_(exists(shown), Feedback.received_at < self._calls)

    def _in_steps(self, step: Callable[[Session], tuple[int, ...]]) -> tuple[int, ...]:
        """Takes the step, each time in a transaction of its own, until it has nothing to do: how much it did in all."""
        every: list[tuple[int, ...]] = []
        while not every or any(every[-1]):
            with self._database.transaction() as session:
                every.append(step(session))
        return tuple(sum(numbers) for numbers in zip(*every, strict=True))

    def _delete_feedback(self, session: Session) -> tuple[int]:
        ids = session.scalars(select(Feedback.id).where(self._old_feedback).limit(_AT_ONCE)).all()
        session.execute(delete(Feedback).where(Feedback.id.in_(ids)))
        return (len(ids),)

    def _delete_calls(self, session: Session) -> tuple[int, int]:
        calls = session.execute(select(Exchange.id, Exchange.call_id).where(self._old_exchange).limit(_AT_ONCE)).all()
        ids = session.scalars(select(Evaluation.id).where(Evaluation.call_id.in_(call.call_id for call in calls))).all()
        session.execute(delete(Evaluation).where(Evaluation.id.in_(ids)))
        session.execute(delete(Exchange).where(Exchange.id.in_(call.id for call in calls)))
        return len(calls), len(ids)

    def _delete_evaluations(self, session: Session) -> tuple[int]:
        """Those from before there were exchanges."""
        ids = session.scalars(select(Evaluation.id).where(self._old_evaluation).limit(_AT_ONCE)).all()
        session.execute(delete(Evaluation).where(Evaluation.id.in_(ids)))
        return (len(ids),)

    def _clear_contents(self, session: Session) -> tuple[int]:
        ids = session.scalars(select(Exchange.id).where(self._old_contents).limit(_AT_ONCE)).all()
        nothing = {"request_sealed": None, "response_sealed": None}
        session.execute(update(Exchange).where(Exchange.id.in_(ids)).values(nothing))
        return (len(ids),)
