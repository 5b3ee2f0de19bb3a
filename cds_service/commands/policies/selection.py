"""Which policies a command is about: those of a folder, all of them or the ones named `ID` or `ID@VERSION`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from cql_like_rules.cql.errors import CqlError
from cql_like_rules.policy import POLICIES, Policy, load_policies, load_policy
from cql_like_rules.terminology import Terminology, load_terminology

folder_option = click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=POLICIES,
    help="Where the policy folders are (default: the ones that come with the service).",
)


names_argument = click.argument("names", nargs=-1, metavar="[ID[@VERSION]]…")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The policies of a folder, the oldest version of each first, and the terminology that they were loaded with."""

    policies: tuple[Policy, ...]
    terminology: Terminology

    def named(self, name: str) -> tuple[Policy, ...]:
        """The versions of `ID`, the newest last, or the one `ID@VERSION`. Ends the command when there is none."""
        policy_id, _, version = name.partition("@")
        versions = [policy for policy in self.policies if policy.id == policy_id]
        if not versions:
            raise click.ClickException(f"no policy {policy_id}; there are {_listed(each.id for each in self.policies)}")
        found = tuple(policy for policy in versions if _is_named(policy, name))
        if not found:
            known = _listed(policy.version for policy in versions)
            raise click.ClickException(f"{policy_id} has no version {version}, but {known}")
        return found

    def selected(self, names: Sequence[str]) -> tuple[Policy, ...]:
        """The policies of these names, all when none is named."""
        return tuple(policy for name in names for policy in self.named(name)) if names else self.policies

    def label(self, policy: Policy) -> str:
        """The id of a policy, with its version where there are several."""
        several = sum(1 for each in self.policies if each.id == policy.id) > 1
        return full_name(policy) if several else policy.id


def loaded(folder: Path, names: Sequence[str] = ()) -> Loaded:
    """The policies of a folder. Ends the command with every problem of their CQL when they cannot be loaded.

    Where the command is about some by name, the others may be broken: somebody may be at work on them.
    """
    terminology = load_terminology()
    try:
        return Loaded(load_policies(folder, terminology), terminology)
    except CqlError as error:
        sound = tuple(_sound(folder, terminology)) if names else ()
        if not names or not all(any(_is_named(policy, name) for policy in sound) for name in names):
            raise click.ClickException(f"{len(error.problems)} problems\n{error}") from error
        return Loaded(sound, terminology)


def full_name(policy: Policy) -> str:
    """`ID@VERSION`."""
    return f"{policy.id}@{policy.version}"


def _sound(folder: Path, terminology: Terminology) -> Iterator[Policy]:
    for path in sorted(folder.glob("*/policy.cql")):
        with suppress(CqlError):
            yield load_policy(path.parent, terminology)


def _is_named(policy: Policy, name: str) -> bool:
    policy_id, _, version = name.partition("@")
    return policy.id == policy_id and version in ("", policy.version)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "none"
