"""How much is read from a FHIR server for one call, over all its requests."""

from __future__ import annotations

import threading


class Budget:
    """What may still be read. Safe to use from several threads.

    Each answer has its own limit too; this one keeps many of them, side by side, from filling the memory.
    """

    def __init__(self, size: int, resources: int) -> None:
        self._size = size
        self._resources = resources
        self._lock = threading.Lock()

    def takes(self, *, size: int = 0, resources: int = 0) -> bool:
        """Takes so many bytes or resources; False when there is not as much left, now and from then on."""
        with self._lock:
            self._size -= size
            self._resources -= resources
            return self._size >= 0 and self._resources >= 0
