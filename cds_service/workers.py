"""What gunicorn's master process does for its workers (`deploy/gunicorn.conf.py` names each as a hook).

The master loads policies and value sets; workers are forked from it and share its memory. Each worker makes the
application for itself, so that no thread and no connection of the master is used in two processes. SIGHUP has the
master load anew, then the workers are replaced one by one: those that leave answer by the old policies to their end.
"""

from __future__ import annotations

import logging

import click

from cds_service.commands.loading import loaded, settings_or_end, settle
from cds_service.logs import configure_logging
from cds_service.reloading import reloaded, survive


def start() -> None:
    """Loads what the workers share. Ends the process with every problem that is found."""
    try:
        settings = settings_or_end()
        configure_logging(settings.log_level)
        loaded(settings).prepare()
        settle()
    except click.ClickException as error:
        raise SystemExit(error.format_message()) from None


def reload() -> None:
    """Loads anew what the next workers share; what is refused is logged, and changes nothing."""
    survive(lambda: reloaded(settings_or_end()))
    settle()


class WithoutQuotes(logging.Filter):
    """Of a request that is no HTTP, gunicorn would log a part, which may be about a patient: that it came is enough."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True always; a line that quotes a request is changed."""
        if str(record.msg).startswith("Invalid request"):
            record.msg, record.args = "a request was no HTTP", ()
        return True
