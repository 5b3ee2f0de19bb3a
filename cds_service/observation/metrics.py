"""Figures for Prometheus.

Every label has few values, all of them told by the code, the policies or the operator: the names of endpoints, services
and policies, those of configured clients. Nothing that a request brings is ever a label.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from prometheus_client.metrics import MetricWrapperBase

from cds_service.answering import EXTENSION, Answer
from cds_service.cdshooks.feedback import FeedbackItem
from cds_service.store.spool import SpoolState
from cql_like_rules.policy import Policy

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PHASES = ("gather", "decide")


class Metrics:
    """The figures of one process; where PROMETHEUS_MULTIPROC_DIR names a folder, those of all processes that share it.

    Applications that follow one another in a process (a reload) go on with the same figures.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        prefix = "oncology_cds"
        self._requests = Counter(
            f"{prefix}_requests",
            "Requests by endpoint, service, client (where clients are asked who they are) and status.",
            ("endpoint", "service", "client", "status"),
            registry=registry,
        )
        self._request_seconds = Histogram(
            f"{prefix}_request_seconds",
            "The time of whole requests.",
            ("endpoint",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._phase_seconds = Histogram(
            f"{prefix}_phase_seconds",
            "The time of answered calls by phase: gather the record, decide, answer.",
            ("phase",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._cards = Counter(
            f"{prefix}_cards",
            "Cards that were shown.",
            ("policy", "kind", "indicator"),
            registry=registry,
        )
        self._determinations = Counter(
            f"{prefix}_determinations", "Orders by policy and status.", ("policy", "status"), registry=registry
        )
        self._feedback = Counter(
            f"{prefix}_feedback",
            "Feedback that was acknowledged, repeats included.",
            ("service", "outcome"),
            registry=registry,
        )
        self._fetches = Counter(
            f"{prefix}_fhir_fetches",
            "Reads and searches on FHIR servers, by how they ended.",
            ("outcome",),
            registry=registry,
        )
        self._errors = Counter(
            f"{prefix}_errors", "Faults of the service, by the type of the exception.", ("error",), registry=registry
        )
        self._refused_tokens = Counter(
            f"{prefix}_refused_tokens", "Client tokens that were refused.", ("reason",), registry=registry
        )
        self._policies = Gauge(
            f"{prefix}_policy_info",
            "The policies that decide now, by version: always 1.",
            ("policy", "version"),
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._build = Gauge(
            f"{prefix}_build_info",
            "The version of the service: always 1.",
            ("version",),
            multiprocess_mode="livemax",
            registry=registry,
        )
        self._spool = {
            name: Gauge(f"{prefix}_spool_{name}", words, multiprocess_mode="livesum", registry=registry)
            for name, words in {
                "waiting": "Calls and feedback on disk that are not yet in the database.",
                "bytes": "The size of what waits on disk.",
                "lost": "Calls that could be kept neither in the database nor on disk.",
            }.items()
        }

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each metric, by its name without the ending that Prometheus gives it."""
        every = (*vars(self).values(), *self._spool.values())
        return {
            next(iter(each.describe())).name: each._labelnames for each in every if isinstance(each, MetricWrapperBase)
        }

    def serves(self, policies: Iterable[Policy]) -> None:
        """These policies decide from now on."""
        if not _is_shared():
            # Where several processes share their figures, those of a process end with it.
            self._policies.clear()
        for policy in policies:
            self._policies.labels(policy.id, policy.version).set(1)
        self._build.labels(version("oncology-cds")).set(1)

    def request_ended(self, endpoint: str | None, service: str, client: str, status: int, seconds: float) -> None:
        """A request was answered; the endpoint is None for an address or a method that there is not."""
        self._requests.labels(endpoint or "none", service, client, str(status)).inc()
        self._request_seconds.labels(endpoint or "none").observe(seconds)

    def call_answered(self, answer: Answer, answer_seconds: float) -> None:
        """A call was answered with cards; the answer was written in so many seconds."""
        for phase in _PHASES:
            self._phase_seconds.labels(phase).observe(answer.counts[f"{phase}_ms"] / 1000)
        self._phase_seconds.labels("answer").observe(answer_seconds)
        for card in answer.body["cards"]:
            about = card.get("extension", {}).get(EXTENSION, {})
            self._cards.labels(about.get("policy", ""), about.get("kind", ""), card.get("indicator", "")).inc()
        for row in answer.evaluations:
            self._determinations.labels(row.policy, row.status).inc()
        for outcome, count in answer.fetch_outcomes.items():
            self._fetches.labels(outcome).inc(count)

    def feedback_taken(self, service: str, items: Iterable[FeedbackItem]) -> None:
        """Feedback was acknowledged."""
        for item in items:
            self._feedback.labels(service, item.outcome).inc()

    def failed(self, error: BaseException) -> None:
        """The service failed on a request."""
        self._errors.labels(type(error).__name__).inc()

    def token_refused(self, reason: str) -> None:
        """A client's token was refused."""
        self._refused_tokens.labels(reason).inc()

    def spool_is(self, state: SpoolState) -> None:
        """How it stands with the spool of this process."""
        for name, gauge in self._spool.items():
            gauge.set(getattr(state, name))

    def written(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self.registry)

    @property
    def registry(self) -> CollectorRegistry:
        """What to collect the figures from: of this process, or of all that share them."""
        if not _is_shared():
            return self._registry
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return shared


METRICS = Metrics()
"""The figures of this process."""


def _is_shared() -> bool:
    return "PROMETHEUS_MULTIPROC_DIR" in os.environ


def worker_ended(process: int) -> None:
    """What holds only while a process lives ends with it: for a server of several processes, whenever one has ended."""
    if _is_shared():
        multiprocess.mark_process_dead(process)  # type: ignore[no-untyped-call]
