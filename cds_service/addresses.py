"""The addresses under which clients know this service."""

from __future__ import annotations

from flask import request

from cds_service.settings import Settings

POLICY_PAGES = "/policies"
"""The path below which each policy has a page, named by its id."""


def base_url(settings: Settings) -> str:
    """The public address of the settings, else the one that the request came to; without a slash at its end.

    Works within a request only.
    """
    return settings.public_url or request.host_url.rstrip("/")
