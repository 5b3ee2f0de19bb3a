"""Fetching what a call left out, several requests at a time and all within one deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

from cds_service.settings import Settings

from .bundles import resources_in
from .client import NOT_ALLOWED, TOO_LATE, Fetched, FhirClient, has_same_host, is_allowed, is_relative
from .collected import Collected
from .deadline import Deadline
from .needs import TYPES, needs
from .prefetch import Template, substituted
from .references import type_and_id


@dataclass(frozen=True, slots=True)
class _Task:
    """One thing to fetch: how, the words for it, and the template it answers (None for a single resource)."""

    run: Callable[[], Fetched]
    words: str
    template: Template | None = None


def fetch_missing(
    collected: Collected, server: str, templates: Mapping[str, Template], deadline: Deadline, settings: Settings
) -> int:
    """Adds what the server has of the keys that were not answered and of the resources that are referred to.

    The number of things that were asked for. What fails, or does not come in time, is noted.
    """
    authorization = collected.request.fhir_authorization
    token = authorization.access_token if authorization else None
    with FhirClient(server, token, deadline, settings) as client:
        fetching = _Fetching(collected, client, server, templates)
        first = [*fetching.references(), *fetching.unfinished(), *fetching.searches()]
        if not first:
            return 0
        if not is_allowed(server, settings):
            collected.note("the record", NOT_ALLOWED.reason)
            return 0
        _run(first, collected, deadline, settings)
        # What was fetched may refer to more; what that refers to is not followed.
        second = list(fetching.references())
        _run(second, collected, deadline, settings)
        return len(first) + len(second)


class _Fetching:
    """What there is to fetch, each query once."""

    def __init__(
        self, collected: Collected, client: FhirClient, server: str, templates: Mapping[str, Template]
    ) -> None:
        self._collected = collected
        self._client = client
        self._server = server
        context = collected.request.context
        known = {"patientId": context.patient_id, "userId": context.user_id, "encounterId": context.encounter_id}
        self._searches = [
            (query, template) for template in templates.values() if (query := substituted(template.query, known))
        ]
        self._asked = {query for query, _ in self._searches}

    def searches(self) -> Iterator[_Task]:
        """The keys that the call left out."""
        for query, template in self._searches:
            if template.key not in self._collected.answered:
                yield _Task(partial(self._client.fetch, query), template.words, template)

    def unfinished(self) -> Iterator[_Task]:
        """The further pages of what the call brought."""
        for template, bundle in self._collected.unfinished:
            yield _Task(partial(self._client.rest_of, bundle), template.words, template)

    def references(self) -> Iterator[_Task]:
        """What is referred to and has not come."""
        collected = self._collected
        present = collected.present()
        for need in needs(collected.request.orders, resources_in(collected.values)):
            query = self._query_of(need.reference)
            if query and query not in present and query not in self._asked:
                self._asked.add(query)
                yield _Task(partial(self._client.fetch, query), need.words)

    def _query_of(self, reference: str) -> str | None:
        """The read for a reference; None for one of another type, or to another host, where the token must not go."""
        found = type_and_id(reference)
        if found is None or found[0] not in TYPES:
            return None
        return "/".join(found) if is_relative(reference) or has_same_host(reference, self._server) else None


def _run(tasks: list[_Task], collected: Collected, deadline: Deadline, settings: Settings) -> None:
    """Runs the tasks until the deadline, and adds what they brought in the order of the tasks."""
    if not tasks:
        return
    executor = ThreadPoolExecutor(settings.fhir_connections, thread_name_prefix="fhir")
    try:
        futures: list[Future[Fetched]] = [executor.submit(task.run) for task in tasks]
        wait(futures, timeout=deadline.left)
        for task, future in zip(tasks, futures, strict=True):
            fetched = future.result() if future.done() else Fetched(problem=TOO_LATE)
            collected.take_fetched(task.template, task.words, fetched)
    finally:
        # Whoever is still waiting for the server is left to its own time-out.
        executor.shutdown(wait=False, cancel_futures=True)
