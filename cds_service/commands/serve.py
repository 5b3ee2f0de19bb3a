"""`oncology-cds serve`: run the service."""

from __future__ import annotations

import json
import signal
import sys
from importlib.resources import files
from pathlib import Path
from types import FrameType

import click
import waitress

from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.commands.loading import loaded, settings_or_end
from cds_service.logs import configure_logging
from cds_service.observation.metrics_server import serve_metrics
from cds_service.reloading import Reloading

LOOPBACK = "127.0.0.1"
EXAMPLES = "fhir_examples"


@click.command()
@click.option("--dev", is_flag=True, help="Plain http everywhere; listens on this machine only.")
@click.option("--host", help="The address to listen on (default: ONCOLOGY_CDS_HOST, else 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port (default: ONCOLOGY_CDS_PORT, else 8080).")
@click.option("--threads", type=click.IntRange(1), default=8, show_default=True, help="Calls answered side by side.")
def serve(dev: bool, host: str | None, port: int | None, threads: int) -> None:
    """Start the service and print where it listens. SIGHUP loads the policies anew."""
    settings = settings_or_end()
    if dev:
        settings = settings.model_copy(update={"dev": True})
    address = host or settings.host
    if settings.dev and address not in (LOOPBACK, "localhost", "::1"):
        raise click.UsageError("--dev allows what no network may, so it listens on this machine only")
    configure_logging(settings.log_level)
    signal.signal(signal.SIGTERM, _leave)
    application = Reloading(settings)
    application.reload_on_signal()
    application.write_what_was_left()
    serve_metrics(settings)
    server = waitress.create_server(
        application,
        host=address,
        port=settings.port if port is None else port,
        threads=threads,
        ident="oncology-cds",
    )
    policies = {policy.id for policy in loaded(settings).decider.policies}
    _announce(f"http://{address}:{server.effective_port}", len(policies))
    server.run()


def _leave(signal_number: int, frame: FrameType | None) -> None:
    """Ends the process as an exit does, so that what waits to be written is written."""
    sys.exit(0)


def _announce(base: str, policies: int) -> None:
    click.echo(f"oncology-cds listens on {base}/cds-services (policies: {policies})")
    example = _first_example()
    if example is not None:
        click.echo("Ask it about an order:")
        click.echo(
            f"  curl -s -H 'Content-Type: application/json' -d @{example} {base}/cds-services/{ORDER_SIGN_ID}"
            " | python3 -m json.tool --no-ensure-ascii"
        )


def _first_example() -> Path | None:
    """The example that is listed first, seen from where the command runs; None where no examples are installed."""
    folder = Path(str(files("cds_service"))).parent / EXAMPLES
    index = folder / "index.json"
    if not index.exists():
        return None
    example = folder / str(json.loads(index.read_text(encoding="utf-8"))[0]["file"])
    return example.relative_to(Path.cwd()) if example.is_relative_to(Path.cwd()) else example
