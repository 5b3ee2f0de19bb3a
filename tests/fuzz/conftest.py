"""What broken requests make the service log is searched for patients, as everything is."""

from __future__ import annotations

from tests.cds_service.logged import no_log_line_tells_of_a_patient

__all__ = ["no_log_line_tells_of_a_patient"]
