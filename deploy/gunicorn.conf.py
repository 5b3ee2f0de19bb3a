"""gunicorn for 2 to n cores: `gunicorn -c deploy/gunicorn.conf.py cds_service.wsgi:app`.

Beside `ONCOLOGY_CDS_HOST` and `ONCOLOGY_CDS_PORT`: `WEB_CONCURRENCY` is the number of workers (default: one for each
core, at least 2), `WEB_THREADS` that of threads in each (default: 8).
"""

import os
import shutil
import tempfile

# Workers add up their figures in files. Told before what counts is imported; kept when SIGHUP has this file read again.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="oncology-cds-metrics-")

from cds_service import workers as master
from cds_service.observation.metrics import worker_ended
from cds_service.observation.metrics_server import serve_metrics
from cds_service.settings import Settings

_settings = Settings()

bind = f"{_settings.host}:{_settings.port}"
workers = int(os.environ.get("WEB_CONCURRENCY") or max(2, len(os.sched_getaffinity(0))))
# Deciding takes the core, fetching from a FHIR server waits for it: a worker for each core, and threads that may wait.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 8)
# Policies are loaded by `on_starting` and shared; the application itself is each worker's own.
preload_app = False

# A worker that hangs is replaced. A call has its own deadline, long before.
timeout = 60
# After SIGTERM, or when they are replaced, workers take no new call and finish those that they have.
graceful_timeout = 30
keepalive = 75
# Workers are renewed now and then, not all at once.
max_requests = 20_000
max_requests_jitter = 5_000

# Their sign of life is a file that must not wait for a disk.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
# Which proxies are believed is for the service to say (`trusted_proxies`).
forwarded_allow_ips = ""

accesslog = None  # the service logs each request itself, without health data
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without-quotes": {"()": "cds_service.workers.WithoutQuotes"}},
    "root": {},
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": [], "filters": ["without-quotes"], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}


def on_starting(server):
    master.start()


def on_reload(server):
    master.reload()


def when_ready(server):
    serve_metrics(_settings)


def post_worker_init(worker):
    worker.wsgi.extensions["oncology-cds"]["sink"].start()


def child_exit(server, worker):
    worker_ended(worker.pid)


def on_exit(server):
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
