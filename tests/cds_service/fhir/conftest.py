"""A FHIR server that the tests fill, and a gathering against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import responses

from cds_service.cdshooks.envelope import OrderDispatchRequest, OrderSignRequest
from cds_service.fhir.deadline import Deadline
from cds_service.fhir.gather import Gathered, gather
from cds_service.fhir.prefetch import templates_for
from cds_service.fhir.wanted import Wanted
from cds_service.settings import Settings

SERVER = "https://ehr.example.org/fhir"


def bundle(*resources: Any, **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": each} for each in resources],
        **members,
    }


class Server:
    """Answers every search with an empty Bundle, and every read with 404, until told otherwise."""

    def __init__(self, mock: responses.RequestsMock, types: Iterable[str]) -> None:
        self._mock = mock
        for name in types:
            self._mock.get(f"{SERVER}/{name}", json=bundle())

    def answers(self, query: str, json: Any = None, **options: Any) -> None:
        """The answer to a read, or to the search of a resource type."""
        if json is not None:
            options["json"] = json
        self._mock.upsert(responses.GET, f"{SERVER}/{query}", **options)

    @property
    def asked(self) -> list[str]:
        """Paths and queries that were asked for, without the server."""
        return sorted(call.request.url.removeprefix(SERVER + "/") for call in self._mock.calls)

    @property
    def headers(self) -> list[Any]:
        return [call.request.headers for call in self._mock.calls]


@pytest.fixture
def server(wanted: Wanted) -> Iterator[Server]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Server(mock, [name for template in wanted.templates.values() for name in template.types])


@pytest.fixture
def gathered(settings: Settings, call: dict[str, Any], wanted: Wanted) -> Callable[..., Gathered]:
    """Gathers the call: these types are asked for, and the references followed that some policies read."""

    def gathered(*types: str, seconds: float = 5.0, hosts: frozenset[str] = frozenset(), **changed: Any) -> Gathered:
        model = OrderDispatchRequest if call["hook"] == "order-dispatch" else OrderSignRequest
        request = model.model_validate(call)
        asked = Wanted(templates_for(types), templates_for(types), wanted.references)
        changed_settings = settings.model_copy(update=changed)
        return gather(request, asked, Deadline.after(seconds), changed_settings, hosts=hosts)

    return gathered
