"""Logs: one JSON object a line, without health data.

What is logged of a request is chosen field by field; bodies, paths into records, patients and tokens are never among
them, and neither are the messages of exceptions, as those may quote what they stumbled over.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

import structlog
from structlog.typing import Processor

_URL_LOGGERS = ("urllib3", "requests")


def configure_logging(level: str) -> None:
    """Writes the log lines of this process to standard error, from this level on; of libraries, only warnings."""
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[libraries], level=logging.WARNING, force=True)


def silence_addresses() -> None:
    """Keeps the libraries that make requests from logging their addresses: those name patients."""
    for name in _URL_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def places(trace: TracebackType | None) -> list[str]:
    """Where an exception went through, as `file:line function`, innermost last."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
