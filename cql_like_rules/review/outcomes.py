"""The outcomes that a criterion can have: met, not met, missing, unless its `@only` leaves some out."""

from __future__ import annotations

from cql_like_rules.determination import Status
from cql_like_rules.policy import Policy

OUTCOMES = tuple(str(status) for status in Status)


def outcomes_of(policy: Policy, name: str) -> tuple[str, ...]:
    """The outcomes that the criterion of that name can have: those of its `@only`, all where it has none."""
    only = named_in_only(policy, name)
    return OUTCOMES if only is None else tuple(outcome for outcome in OUTCOMES if outcome in only)


def named_in_only(policy: Policy, name: str) -> tuple[str, ...] | None:
    """What `@only` says, as it is written; None where there is no such tag."""
    only = policy.library.defines[name].tag("only")
    return None if only is None else tuple(word.strip() for word in only.split(","))
