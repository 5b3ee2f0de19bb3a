"""The requests of fhir_examples/, and what an EHR does that sends them; the application that answers them."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from cds_service.commands.loading import loaded
from cds_service.settings import Settings
from tests.conformance.cds_hooks.clients import Signing
from tests.conformance.cds_hooks.ehr import record_of

FOLDER = Path(__file__).parents[3] / "fhir_examples"
UNTIDY = frozenset({"leukine-sloppy-client"})
"""Examples that are no valid FHIR on purpose."""

Json = dict[str, Any]


@cache
def _index() -> dict[str, Json]:
    rows = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    return {Path(row["file"]).stem: row for row in rows}


@cache
def _text(name: str) -> str:
    return (FOLDER / _index()[name]["file"]).read_text(encoding="utf-8")


def names() -> list[str]:
    """The examples that are valid FHIR."""
    return [name for name in _index() if name not in UNTIDY]


def promise_of(name: str) -> Json:
    """What the index says of an example."""
    return _index()[name]


def request_of(name: str) -> Json:
    """The request of an example, to be changed at will."""
    request: Json = json.loads(_text(name))
    return request


def signing_of(name: str) -> Signing:
    """What is signed in an example, with the record that it brings."""
    request = request_of(name)
    context = request["context"]
    return Signing(
        patient_id=context["patientId"],
        user_id=context["userId"],
        orders=[copy.deepcopy(entry["resource"]) for entry in context["draftOrders"]["entry"]],
        ehr=record_of(request),
    )


def application(settings: Settings, **changed: Any) -> Flask:
    """The application as it is served, with its own policies. `changed` settings are none that policies depend on."""
    return replace(loaded(settings), settings=settings.model_copy(update=changed)).application()


def closed(app: Flask) -> None:
    """Ends what the application has open."""
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()
