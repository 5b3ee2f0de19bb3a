"""Versions of a policy side by side: which one an order is held against."""

from __future__ import annotations

import datetime
from collections.abc import Iterable

from cql_like_rules.policy import Policy


class PolicyVersions:
    """Policies, each in one version or more."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._by_id: dict[str, list[Policy]] = {}
        for policy in policies:
            self._by_id.setdefault(policy.id, []).append(policy)
        for versions in self._by_id.values():
            versions.sort(key=_begin)

    def in_force(self, day: datetime.date | None) -> tuple[Policy, ...]:
        """Of every policy the version in force on a day, the policies in the order given.

        That is the newest that has taken effect. The oldest holds for earlier days too, and the newest for a day that
        is not known and for those after its end: an order is never left unchecked because a version ran out.
        """
        return tuple(_in_force(versions, day) for versions in self._by_id.values())


def _in_force(versions: list[Policy], day: datetime.date | None) -> Policy:
    if day is None:
        return versions[-1]
    return next((policy for policy in reversed(versions) if _begin(policy) <= day), versions[0])


def _begin(policy: Policy) -> datetime.date:
    return policy.effective or datetime.date.min
