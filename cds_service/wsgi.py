"""The application for a WSGI server: `gunicorn -c deploy/gunicorn.conf.py cds_service.wsgi:app`.

Settings come from the environment. What was loaded before this process was forked is not loaded again.
"""

from __future__ import annotations

import click
from flask import Flask

from cds_service.commands.loading import loaded, settings_or_end
from cds_service.logs import configure_logging


def application() -> Flask:
    """The application of the environment's settings. Ends the process with every problem of what is loaded."""
    try:
        settings = settings_or_end()
        configure_logging(settings.log_level)
        return loaded(settings).application()
    except click.ClickException as error:
        raise SystemExit(error.format_message()) from None


app = application()
