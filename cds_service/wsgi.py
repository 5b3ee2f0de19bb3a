"""The application for a WSGI server: `gunicorn cds_service.wsgi:app`. Settings come from the environment."""

from __future__ import annotations

from cds_service.commands.loading import loaded
from cds_service.logs import configure_logging
from cds_service.settings import Settings

_settings = Settings()
configure_logging(_settings.log_level)
app = loaded(_settings).application()
