"""Policies that are exchanged while the service runs: loaded beside the old ones, and used only if they are sound."""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING

import click
import structlog

from cds_service.commands.loading import Loaded, exchange, load, loaded, settle
from cds_service.logs import places
from cds_service.settings import Settings
from cds_service.store.spooling import EvaluationSink

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_log = structlog.get_logger(__name__)


class Reloading:
    """A WSGI application that decides by the policies as they were loaded last.

    A call that has begun ends as it began; database and spool are the same before and after. Ends the command with
    every problem of what is loaded first.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app = loaded(settings).application()
        settle()
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)

    def write_what_was_left(self) -> None:
        """Writes the calls that an earlier process left on disk, without waiting for the first call of this one."""
        sink: EvaluationSink = self._app.extensions["oncology-cds"]["sink"]
        sink.start()

    def reload(self) -> bool:
        """Loads policies, value sets, plans and clients anew. False when they were refused: nothing has changed then.

        Every problem is logged.
        """
        what = reloaded(self._settings)
        if what is None:
            return False
        self._app = what.application(before=self._app)
        settle()
        return True

    def reload_on_signal(self) -> None:
        """From now on SIGHUP reloads. To be called in the main thread; where there is no such signal, does nothing."""
        if hasattr(signal, "SIGHUP"):
            # A handler may interrupt anything, so it takes no lock: the rest is for a thread of its own.
            signal.signal(signal.SIGHUP, lambda *_: self._asked.put(None))
            Thread(target=self._attend, name="reload", daemon=True).start()

    def _attend(self) -> None:
        while True:
            self._asked.get()
            survive(self.reload)


def reloaded(settings: Settings) -> Loaded | None:
    """What the settings name, loaded anew, which `loaded` gives from now on; None when it was refused, and logged."""
    try:
        what = load(settings)
        what.prepare()
    except click.ClickException as error:
        _log.error("reload refused, nothing has changed", problems=error.format_message().splitlines())
        return None
    exchange(what)
    _log.info("reloaded", policies=[f"{policy.id}|{policy.version}" for policy in what.decider.policies])
    return what


def survive(work: Callable[[], object]) -> None:
    """Does the work, and logs what goes wrong with it unexpectedly: whatever it is, the service goes on."""
    with ThreadPoolExecutor(1, thread_name_prefix="reload") as executor:
        failure = executor.submit(work).exception()
    if failure is not None:
        _log.error("unexpected error", error=type(failure).__name__, places=places(failure.__traceback__))
