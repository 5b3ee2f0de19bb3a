"""What became of the cards (CDS Hooks 2.0, "Feedback")."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

Identity = Annotated[str, StringConstraints(min_length=1, max_length=255)]


def _instant(value: Any) -> datetime.datetime:
    """RFC 3339 text in UTC; a time without a zone is taken as UTC, which the specification asks for."""
    if not isinstance(value, str):
        raise ValueError("must be a timestamp as text, in the form of RFC 3339")
    try:
        moment = datetime.datetime.fromisoformat(value.strip().upper())
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return zoned.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a timestamp in the form of RFC 3339") from None


Instant = Annotated[datetime.datetime, BeforeValidator(_instant)]


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class AcceptedSuggestion(_Wire):
    """A suggestion that was taken, by its uuid."""

    id: Identity


class ReasonCoding(_Wire):
    """The reason that was chosen; clients may add their own, so any code is taken."""

    code: str | None = None
    system: str | None = None
    display: str | None = None


class OverrideReason(_Wire):
    """Why a card was overridden: a reason that was offered, or the user's own words."""

    reason: ReasonCoding | None = None
    user_comment: str | None = Field(default=None, repr=False)


class FeedbackItem(_Wire):
    """What became of one card."""

    card: Identity
    outcome: str
    outcome_timestamp: Instant
    accepted_suggestions: tuple[AcceptedSuggestion, ...] = ()
    override_reason: OverrideReason | None = None

    @field_validator("outcome")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in ("accepted", "overridden"):
            raise ValueError("must be accepted or overridden")
        return value

    @model_validator(mode="before")
    @classmethod
    def _none_as_empty(cls, value: Any) -> Any:
        # Put where it was left out, so that its check runs and names it as it is written on the wire.
        named = ("acceptedSuggestions", "accepted_suggestions")
        if isinstance(value, Mapping) and all(value.get(name) is None for name in named):
            return {**value, "acceptedSuggestions": ()}
        return value

    @field_validator("accepted_suggestions")
    @classmethod
    def _named_when_accepted(
        cls, value: tuple[AcceptedSuggestion, ...], info: ValidationInfo
    ) -> tuple[AcceptedSuggestion, ...]:
        if info.data.get("outcome") == "accepted" and not value:
            raise ValueError("must name the suggestion when the outcome is accepted")
        return value


class Feedback(_Wire):
    """A batch of feedback, over any number of cards and calls."""

    feedback: tuple[FeedbackItem, ...]

    @field_validator("feedback", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        # Asked before the items are read: a length limit would count bad items as absent and blame the batch too.
        if isinstance(value, list) and not value:
            raise ValueError("must have at least one item")
        return value
