"""A CDS Hooks request in a file: read as the service reads one, without any network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from cds_service.cdshooks.envelope import HookRequest
from cds_service.cdshooks.outcome import CallRefused
from cds_service.cdshooks.reading import read_object
from cds_service.cdshooks.services import Service, Services
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import Gathered, gather
from cds_service.fhir.wanted import Wanted
from cds_service.settings import Settings
from cql_like_rules.terminology import Terminology


class RequestFile(NamedTuple):
    """The request, the service that answers its hook, and what the request holds."""

    service: Service
    request: HookRequest
    gathered: Gathered


def read_or_end(path: Path, services: Iterable[Service], settings: Settings, terminology: Terminology) -> RequestFile:
    """The request in a file. A FHIR server that it names is not asked.

    Ends the command with exit code 2 and every problem when it is no request of a hook that is answered.
    """
    try:
        service, request = Services(services).read_for_hook(read_object(path.read_bytes()))
        offline = request.model_copy(update={"fhir_server": None, "fhir_authorization": None})
        gathered = gather(offline, Wanted(), Deadline.after(settings.deadline_seconds), settings, terminology)
        gathered.orders.check_ids()
    except CallRefused as refusal:
        for issue in refusal.issues:
            click.echo(f"{path.name}: {issue.text}", err=True)
        raise SystemExit(2) from refusal
    return RequestFile(service, request, gathered)
