"""The whole service with figures of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cds_service.app import create_app
from cds_service.commands.loading import Loaded, loaded
from cds_service.observation.metrics import Metrics
from cds_service.settings import Settings

Make = Callable[..., Flask]


@pytest.fixture(scope="session")
def rules() -> Loaded:
    return loaded(Settings(dev=True))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def make(settings: Settings, rules: Loaded, metrics: Metrics) -> Iterator[Make]:
    made: list[Flask] = []

    def make(decider: Any = None, **changed: Any) -> Flask:
        app = create_app(
            settings.model_copy(update=changed),
            decider or rules.decider,
            services=rules.services,
            terminology=rules.terminology,
            policies=rules.decider.policies,
            metrics=metrics,
        )
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["oncology-cds"]["sink"].close()
        app.extensions["oncology-cds"]["database"].close()


@pytest.fixture
def figures(metrics: Metrics) -> Callable[[str], dict[str, float]]:
    """The samples of a metric by their labels, as they stand."""

    def figures(name: str) -> dict[str, float]:
        samples = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", metrics.written().decode(), re.MULTILINE)
        return {labels: float(value) for labels, value in samples}

    return figures


@pytest.fixture
def examples() -> Path:
    return Path(__file__).parents[3] / "fhir_examples" / "order-sign"
