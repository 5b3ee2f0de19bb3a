"""The tables: calls with their evaluations and the cards they showed, feedback, used tokens, and who read the audit.

None has clinical content but two columns of `exchanges`, which are empty unless the operator asked for them, and then
encrypted.
"""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
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


class Exchange(Base):
    """One call of a hook and its answer, also when it was refused.

    `hook_instance` is as received, "" when the call had none; `client` and `tenant` are "" where nobody is asked.
    Hashes are SHA-256 of the bytes that came and went. `cards` lists uuids: `{"uuid": …, "suggestions": [uuid, …]}`.
    `token_use` is `used`, `not-used` or `rejected` (Da Vinci CRD 2.2.1, metrics). The sealed columns hold request and
    response encrypted, without the tokens; NULL where they are not kept.
    """

    __tablename__ = "exchanges"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(String(36), unique=True)
    hook_instance: Mapped[str] = mapped_column(String(36), index=True)
    hook: Mapped[str] = mapped_column(String(64))
    service: Mapped[str] = mapped_column(String(255))
    client: Mapped[str] = mapped_column(String(255))
    tenant: Mapped[str] = mapped_column(String(255))
    status: Mapped[int] = mapped_column(Integer)
    token_use: Mapped[str] = mapped_column(String(16))
    request_hash: Mapped[str] = mapped_column(String(64))
    request_bytes: Mapped[int] = mapped_column(Integer)
    response_hash: Mapped[str] = mapped_column(String(64))
    response_bytes: Mapped[int] = mapped_column(Integer)
    cards: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    duration_ms: Mapped[float] = mapped_column(Float)
    engine_version: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime.datetime] = mapped_column(UtcDateTime, index=True)
    request_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    response_sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    assertions: Mapped[list[Assertion]] = relationship(back_populates="exchange", cascade="all, delete-orphan")
    evaluations: Mapped[list[Evaluation]] = relationship(
        primaryjoin="Exchange.call_id == foreign(Evaluation.call_id)", order_by="Evaluation.id", viewonly=True
    )


class Assertion(Base):
    """What one answer said of the coverage of one order (Da Vinci CRD, coverage-information), as codes.

    `order_hash` is SHA-256 of `Type/id`; a code that was not given is "".
    """

    __tablename__ = "assertions"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id", ondelete="CASCADE"), index=True)
    assertion_id: Mapped[str] = mapped_column(String(255), index=True)
    order_hash: Mapped[str] = mapped_column(String(64))
    covered: Mapped[str] = mapped_column(String(32))
    pa_needed: Mapped[str] = mapped_column(String(32))
    satisfied_pa_id: Mapped[str] = mapped_column(String(255))
    doc_needed: Mapped[list[str]] = mapped_column(JSON)
    info_needed: Mapped[list[str]] = mapped_column(JSON)
    questionnaires: Mapped[list[str]] = mapped_column(JSON)
    exchange: Mapped[Exchange] = relationship(back_populates="assertions")


class Evaluation(Base):
    """One order against one policy in one call. `order_hash` is SHA-256 of `Type/id`; `client` is "" when unknown.

    `call_id` is that of the exchange; rows from before there were exchanges have none.
    """

    __tablename__ = "evaluations"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[str | None] = mapped_column(String(36), index=True)
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
    """What became of a card. What is told again in the same words is kept once, by the hash of all that it says.

    `known` tells whether an evaluation shows that the card was ours.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("content_hash"),
        Index("ix_feedback_received_at", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(String(255))
    client: Mapped[str] = mapped_column(String(255))
    content_hash: Mapped[str] = mapped_column(String(64))
    card: Mapped[str] = mapped_column(String(255), index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    outcome_timestamp: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    accepted_suggestions: Mapped[list[str]] = mapped_column(JSON)
    reason_system: Mapped[str | None] = mapped_column(Text)
    reason_code: Mapped[str | None] = mapped_column(Text)
    reason_display: Mapped[str | None] = mapped_column(Text)
    user_comment: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime.datetime] = mapped_column(UtcDateTime)
    known: Mapped[bool] = column_property(exists().where(Card.uuid == card).correlate_except(Card))


class UsedToken(Base):
    """A client's token that was used, by a hash; from `refused_from` on it is refused without being known."""

    __tablename__ = "used_tokens"

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    refused_from: Mapped[datetime.datetime] = mapped_column(UtcDateTime, index=True)


class AuditRead(Base):
    """Who looked at what of the audit; `opened` tells whether encrypted contents were shown."""

    __tablename__ = "audit_reads"

    id: Mapped[int] = mapped_column(primary_key=True)
    reader: Mapped[str] = mapped_column(String(255))
    question: Mapped[str] = mapped_column(String(255))
    found: Mapped[int] = mapped_column(Integer)
    opened: Mapped[bool] = mapped_column(Boolean)
    read_at: Mapped[datetime.datetime] = mapped_column(UtcDateTime, index=True)
