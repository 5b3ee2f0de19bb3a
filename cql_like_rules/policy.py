"""Policy: one published document at one version, read from its CQL library and the tags in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """One published document (`id` as printed on it), at one version.

    `title` is what a card shows as its source, `publisher` who wrote the document, `url` the canonical address of the
    policy in this project.
    """

    id: str
    version: str
    title: str
    publisher: str = ""
    url: str = ""
