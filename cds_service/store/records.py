"""One call as it is remembered: what came, what went, what was shown. No clinical content but where it is sealed."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from cds_service.decision import EvaluationRow


@dataclass(frozen=True, slots=True)
class Content:
    """A request or response: SHA-256 in hexadecimal and length of its bytes; `sealed` is it encrypted, where kept."""

    hash: str
    length: int
    sealed: bytes | None = None

    @classmethod
    def of(cls, body: bytes, sealed: bytes | None = None) -> Self:
        return cls(hashlib.sha256(body).hexdigest(), len(body), sealed)


NO_CONTENT = Content.of(b"")


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card that was shown, and its suggestions, by their uuids."""

    uuid: str
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownAssertion:
    """What was said of the coverage of one order (Da Vinci CRD, coverage-information): codes, "" where none was given.

    `order` is `Type/id`; the store keeps only its hash.
    """

    assertion_id: str
    order: str
    covered: str = ""
    pa_needed: str = ""
    satisfied_pa_id: str = ""
    doc_needed: tuple[str, ...] = ()
    info_needed: tuple[str, ...] = ()
    questionnaires: tuple[str, ...] = ()


def _new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, answered or refused. `duration_ms` is the time of the whole call, `created_at` is in UTC.

    `hook_instance` is "" where the call had none, `client` where nobody was asked. `call_id` is the record's own name.
    """

    hook_instance: str
    hook: str
    service: str
    client: str
    duration_ms: float
    engine_version: str
    created_at: datetime.datetime
    request: Content = NO_CONTENT
    response: Content = NO_CONTENT
    status: int = 200
    tenant: str = ""
    token_use: str = "not-used"
    evaluations: Sequence[EvaluationRow] = ()
    cards: Sequence[ShownCard] = ()
    assertions: Sequence[ShownAssertion] = ()
    call_id: str = field(default_factory=_new_id)


def order_hash(reference: str) -> str:
    """SHA-256 of `Type/id` in hexadecimal: tells whether two evaluations are of one order, and not which."""
    return hashlib.sha256(reference.encode("utf-8", "surrogatepass")).hexdigest()
