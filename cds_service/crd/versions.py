"""Which version of Da Vinci CRD a call speaks (CRD 2.2.1, deviations.md, "CRD Version Extension").

Two editions of what is answered: what versions 2.0.1 and 2.2.1 share, which every client can read, and what 2.2 adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import structlog

from cds_service.cdshooks.outcome import refused

VERSION = "davinci-crd.version"
"""The extension of a service in discovery: every version that it answers in."""

REQUESTED_VERSION = "davinci-crd.requestedVersion"
"""The extension of a call: the version that the client wants."""

_log = structlog.get_logger(__name__)


class Edition(StrEnum):
    """What coverage-information may hold."""

    SHARED = "2.0"
    """What CRD 2.0.1 and 2.2.1 have in common."""

    STU_2_2 = "2.2"
    """Also what came with 2.2: `indeterminate`, details with a category, an expiry date."""


_EDITIONS = {"2.1": Edition.SHARED, "2.2": Edition.STU_2_2}

SUPPORTED = tuple(_EDITIONS)
"""The versions that discovery declares. 2.0 cannot be declared (invariant crdver-1)."""


def edition_of(extension: Mapping[str, Any], default: Edition, *, strict: bool) -> Edition:
    """The edition that a call asks for by its `extension`; the default when it asks for no version.

    For a version that is not supported, or is no text, it raises CallRefused with 422 when `strict`, else it is the
    default.
    """
    requested = extension.get(REQUESTED_VERSION)
    if requested is None:
        return default
    edition = _EDITIONS.get(requested) if isinstance(requested, str) else None
    if edition is not None:
        return edition
    if strict:
        text = f"This version of Da Vinci CRD is not supported; supported are {', '.join(SUPPORTED)}."
        raise refused(422, "not-supported", text, f"extension.{REQUESTED_VERSION}")
    _log.info("requested CRD version ignored")
    return default
