"""Whether the service is ready: policies loaded, store reachable, room in the spool."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import text

from cds_service.store.database import Database, StoreFailed
from cds_service.store.spooling import EvaluationSink

STORE_SECONDS = 2.0
"""How long the store may take to answer."""

Part = Mapping[str, Any]


class Readiness:
    """Tells whether each part is ready. `policies` counts those that decide now."""

    def __init__(self, policies: Callable[[], int], database: Database, sink: EvaluationSink) -> None:
        self._policies = policies
        self._sink = sink
        self._store = _Store(database)

    def told(self, without: Collection[str] = ()) -> tuple[bool, dict[str, Any]]:
        """Whether all parts are ready but those that are left out, and JSON that names each."""
        asked: dict[str, Callable[[], Part]] = {
            "policies": self._of_policies,
            "store": self._store.state,
            "spool": self._of_spool,
        }
        parts = {name: ask() for name, ask in asked.items() if name not in without}
        ready = all(part["ready"] for part in parts.values())
        return ready, {"status": "ready" if ready else "not ready", "parts": parts}

    def _of_policies(self) -> Part:
        count = self._policies()
        return {"ready": count > 0, "loaded": count}

    def _of_spool(self) -> Part:
        state = self._sink.state()
        ready = state.writable and state.bytes < state.capacity
        told = {"waiting": state.waiting, "bytes": state.bytes, "capacity": state.capacity, "lost": state.lost}
        return {"ready": ready, **told}


class _Store:
    """Asks the store in a thread of its own, one at a time: a database that hangs holds up no more than that."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure = ""

    def state(self) -> Part:
        with self._lock:
            thread = self._thread
            if thread is None or not thread.is_alive():
                thread = self._thread = threading.Thread(target=self._ask, name="store-probe", daemon=True)
                thread.start()
        thread.join(STORE_SECONDS)
        failure = f"no answer in {STORE_SECONDS:g} s" if thread.is_alive() else self._failure
        return {"ready": False, "reason": failure} if failure else {"ready": True}

    def _ask(self) -> None:
        # Until it has answered: what ends this thread in any other way is no answer either.
        self._failure = "no answer"
        try:
            with self._database.transaction() as session:
                session.execute(text("SELECT 1"))
            self._failure = ""
        except StoreFailed as error:
            self._failure = str(error) or type(error).__name__
