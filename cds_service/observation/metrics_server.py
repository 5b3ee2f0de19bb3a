"""Figures on a port of their own, for networks that let Prometheus reach that port and nothing else."""

from __future__ import annotations

from prometheus_client import start_http_server

from cds_service.observation.metrics import METRICS, Metrics
from cds_service.settings import Settings

_ADDRESSES = {"loopback": "127.0.0.1", "everyone": "0.0.0.0"}


def serve_metrics(settings: Settings, metrics: Metrics = METRICS) -> bool:
    """Serves the figures on `metrics_port`, in a thread, until the process ends; False where the settings ask for none.

    With several processes, in the one that starts them. Raises OSError when the port is taken.
    """
    if settings.metrics == "off" or settings.metrics_port is None:
        return False
    start_http_server(settings.metrics_port, _ADDRESSES[settings.metrics], metrics.registry)
    return True
