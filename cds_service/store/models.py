"""The tables: evaluations with the cards they showed, and feedback. No clinical content."""

from __future__ import annotations

import datetime

from sqlalchemy import (
    JSON,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    exists,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class UtcDateTime(TypeDecorator[datetime.datetime]):
    """A moment in UTC, also on databases that keep no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        return None if value is None else value.astimezone(datetime.UTC)

    def process_result_value(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Evaluation(Base):
    """One order against one policy in one call. `order_hash` is SHA-256 of `Type/id`; `client` is "" when unknown."""

    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(primary_key=True)
    hook_instance: Mapped[str] = mapped_column(String(36), index=True)
    hook: Mapped[str] = mapped_column(String(64))
    service: Mapped[str] = mapped_column(String(255))
    client: Mapped[str] = mapped_column(String(255))
    order_hash: Mapped[str] = mapped_column(String(64), index=True)
    policy: Mapped[str] = mapped_column(String(255))
    policy_version: Mapped[str] = mapped_column(String(255))
    phase: Mapped[str] = mapped_column(String(16))
    section: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(32))
    duration_ms: Mapped[float] = mapped_column(Float)
    engine_version: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime.datetime] = mapped_column(UtcDateTime, index=True)
    cards: Mapped[list[Card]] = relationship(back_populates="evaluation", cascade="all, delete-orphan")


class Card(Base):
    """A card that was shown. One that several evaluations share is there for each of them."""

    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"), index=True)
    uuid: Mapped[str] = mapped_column(String(255), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    evaluation: Mapped[Evaluation] = relationship(back_populates="cards")


class Feedback(Base):
    """What became of a card; the same card, outcome and time are kept once.

    `known` tells whether an evaluation shows that the card was ours.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("card", "outcome", "outcome_timestamp"),
        Index("ix_feedback_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(255))
    client: Mapped[str] = mapped_column(String(255))
    card: Mapped[str] = mapped_column(String(255))
    outcome: Mapped[str] = mapped_column(String(16))
    outcome_timestamp: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    accepted_suggestions: Mapped[list[str]] = mapped_column(JSON)
    reason_system: Mapped[str | None] = mapped_column(Text)
    reason_code: Mapped[str | None] = mapped_column(Text)
    reason_display: Mapped[str | None] = mapped_column(Text)
    user_comment: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    known: Mapped[bool] = column_property(exists().where(Card.uuid == card).correlate_except(Card))
