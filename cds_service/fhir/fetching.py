"""Fetching what a call left out, several requests at a time and all within one deadline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial

from cds_service.cdshooks.orders import EVALUATED_TYPE
from cds_service.settings import Settings

from .bundles import resources_in
from .client import NOT_ALLOWED, TOO_LATE, TOO_MANY, Fetched, FhirClient, has_same_host, is_allowed, is_relative
from .collected import Collected
from .deadline import Deadline
from .needs import Need, needs_of_orders, needs_of_record
from .prefetch import Template, substituted
from .references import type_and_id
from .searches import REFERRED_TO
from .wanted import Wanted


@dataclass(frozen=True, slots=True)
class _Task:
    """One thing to fetch: how, the words for it, and the template it answers (None for a single resource)."""

    run: Callable[[], Fetched]
    words: str
    template: Template | None = None


def fetch_missing(
    collected: Collected,
    server: str,
    wanted: Wanted,
    deadline: Deadline,
    settings: Settings,
    hosts: frozenset[str] = frozenset(),
) -> int:
    """Adds what the server has of the keys that were not answered and of the resources that are referred to.

    `hosts` are the only ones that may be asked, when there are any. The number of things that were asked for. What
    fails, or does not come in time, is noted.
    """
    authorization = collected.request.fhir_authorization
    token = authorization.access_token if authorization else None
    fetches = 0
    with FhirClient(server, token, deadline, settings, hosts) as client:
        for tasks in _Fetching(collected, client, server, wanted).rounds():
            if tasks and not is_allowed(server, settings, hosts):
                collected.note("the record", NOT_ALLOWED.reason)
                collected.outcomes[NOT_ALLOWED.kind] += 1
                break
            left = settings.fhir_requests - fetches
            _run(tasks[:left], collected, deadline, settings)
            fetches += len(tasks[:left])
            for task in tasks[left:]:
                collected.take_fetched(task.template, task.words, Fetched(problem=TOO_MANY))
    return fetches


class _Fetching:
    """What there is to fetch, each query once."""

    def __init__(self, collected: Collected, client: FhirClient, server: str, wanted: Wanted) -> None:
        self._collected = collected
        self._client = client
        self._server = server
        self._references = wanted.references
        self._types = REFERRED_TO.union(*(template.types for template in wanted.fetched.values()))
        context = collected.request.context
        known = {"patientId": context.patient_id, "userId": context.user_id, "encounterId": context.encounter_id}
        self._searches = [
            (query, template) for template in wanted.fetched.values() if (query := substituted(template.query, known))
        ]
        self._asked = {query for query, _ in self._searches}

    def rounds(self) -> Iterator[list[_Task]]:
        """What to fetch at once, and then what that refers to. What the second round refers to is not followed.

        An order may refer to what a search should bring; whether it did is known after the first round.
        """
        yield [*self._dispatched(), *self._referred_to(REFERRED_TO), *self.unfinished(), *self.searches()]
        yield list(self._referred_to(self._types))

    def searches(self) -> Iterator[_Task]:
        """The keys that the call left out."""
        for query, template in self._searches:
            if template.key not in self._collected.answered:
                yield _Task(partial(self._client.fetch, query), template.words, template)

    def unfinished(self) -> Iterator[_Task]:
        """The further pages of what the call brought."""
        for template, bundle in self._collected.unfinished:
            yield _Task(partial(self._client.rest_of, bundle), template.words, template)

    def _dispatched(self) -> Iterator[_Task]:
        """The orders that the context names and that have not come."""
        present = self._collected.present()
        for reference in self._collected.request.context.referred:
            if reference not in present and reference not in self._asked:
                self._asked.add(reference)
                yield _Task(partial(self._client.fetch, reference), "an order that is dispatched")

    def _referred_to(self, types: frozenset[str]) -> Iterator[_Task]:
        """What is referred to, is of one of the types, and has not come."""
        collected = self._collected
        present = collected.present()
        for need in self._needs():
            query = self._query_of(need.reference, types)
            if query and query not in present and query not in self._asked:
                self._asked.add(query)
                yield _Task(partial(self._client.fetch, query), need.words)

    def _needs(self) -> Iterator[Need]:
        ordered = (each for each in self._collected.orders().beside if each.get("resourceType") == EVALUATED_TYPE)
        yield from needs_of_orders(ordered, self._references)
        yield from needs_of_record(resources_in(self._collected.values), self._references)

    def _query_of(self, reference: str, types: frozenset[str]) -> str | None:
        """The read for a reference; None for one of another type, or to another host, where the token must not go."""
        found = type_and_id(reference)
        if found is None or found[0] not in types:
            return None
        return "/".join(found) if is_relative(reference) or has_same_host(reference, self._server) else None


def _run(tasks: list[_Task], collected: Collected, deadline: Deadline, settings: Settings) -> None:
    """Runs the tasks until the deadline, and adds what they brought in the order of the tasks."""
    if not tasks:
        return
    executor = ThreadPoolExecutor(settings.fhir_connections, thread_name_prefix="fhir")
    try:
        # Each task with what surrounds the call, so that traces show it there.
        futures: list[Future[Fetched]] = [executor.submit(copy_context().run, task.run) for task in tasks]
        wait(futures, timeout=deadline.left)
        for task, future in zip(tasks, futures, strict=True):
            fetched = future.result() if future.done() else Fetched(problem=TOO_LATE)
            collected.take_fetched(task.template, task.words, fetched)
    finally:
        # Whoever is still waiting for the server is left to its own time-out.
        executor.shutdown(wait=False, cancel_futures=True)
