"""The figures: what is counted, who may read them, and that nothing of a patient is among them."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import responses

from cds_service.observation.metrics import Metrics, worker_ended
from cds_service.observation.metrics_server import serve_metrics
from cds_service.settings import Settings
from cql_like_rules.policy import Policy

Figures = Callable[[str], dict[str, float]]
URL = "/cds-services/order-sign"
SERVER = "https://ehr.example.org/fhir"


@pytest.fixture
def example(examples: Path) -> dict[str, Any]:
    return dict(json.loads((examples / "leukine-aml-dose-overage.json").read_text(encoding="utf-8")))


def test_requests_are_counted_by_endpoint_service_and_status(make: Any, figures: Figures, example: Any) -> None:
    client = make().test_client()
    client.post(URL, json=example)
    client.post(URL, json={})
    client.get("/nowhere")
    counted = figures("oncology_cds_requests_total")
    assert counted == {
        'client="",endpoint="cdshooks.call",service="order-sign",status="200"': 1,
        'client="",endpoint="cdshooks.call",service="",status="400"': 1,
        'client="",endpoint="none",service="",status="404"': 1,
    }
    assert figures("oncology_cds_request_seconds_count")['endpoint="cdshooks.call"'] == 2


def test_the_time_of_each_phase_is_measured(make: Any, figures: Figures, example: Any) -> None:
    make().test_client().post(URL, json=example)
    assert figures("oncology_cds_phase_seconds_count") == {
        'phase="answer"': 1,
        'phase="decide"': 1,
        'phase="gather"': 1,
    }
    assert figures("oncology_cds_phase_seconds_sum")['phase="decide"'] > 0.0005


def test_cards_and_determinations_are_counted_by_policy(make: Any, figures: Figures, example: Any) -> None:
    body = make().test_client().post(URL, json=example).get_json()
    (card,) = body["cards"]
    assert figures("oncology_cds_cards_total") == {
        f'indicator="{card["indicator"]}",kind="dose",policy="CP.PHAR.295"': 1
    }
    assert figures("oncology_cds_determinations_total") == {'policy="CP.PHAR.295",status="not-met"': 1}


def test_feedback_is_counted_by_what_became_of_the_card(make: Any, figures: Figures) -> None:
    overridden = {"card": "x", "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    accepted = overridden | {"outcome": "accepted", "acceptedSuggestions": [{"id": "s"}]}
    client = make().test_client()
    assert client.post(f"{URL}/feedback", json={"feedback": [overridden, overridden, accepted]}).status_code == 200
    assert client.post(f"{URL}/feedback", json={"feedback": [{}]}).status_code == 400
    assert figures("oncology_cds_feedback_total") == {
        'outcome="accepted",service="order-sign"': 1,
        'outcome="overridden",service="order-sign"': 2,
    }


def test_fetches_are_counted_by_how_they_ended(make: Any, figures: Figures, example: Any) -> None:
    patient = example["context"]["patientId"]
    example |= {"fhirServer": SERVER, "prefetch": {}}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{SERVER}/Patient/{patient}", json={"resourceType": "Patient", "id": patient})
        mock.get(re.compile(f"{SERVER}/Condition.*"), status=503)
        mock.get(re.compile(f"{SERVER}/.*"), status=401)
        make().test_client().post(URL, json=example)
    counted = figures("oncology_cds_fhir_fetches_total")
    assert counted['outcome="ok"'] == 1
    assert counted['outcome="failed"'] == 1
    assert counted['outcome="unauthorized"'] > 5


def test_faults_are_counted_by_type_and_never_by_message(make: Any, figures: Figures, example: Any) -> None:
    class Failing:
        def decide(self, question: Any) -> Any:
            raise KeyError("Jane Find-me")

    assert make(Failing()).test_client().post(URL, json=example).status_code == 500
    assert figures("oncology_cds_errors_total") == {'error="KeyError"': 1}


def test_the_policies_that_decide_now_are_told_by_version(
    make: Any, figures: Figures, metrics: Metrics, rules: Any
) -> None:
    make()
    told = figures("oncology_cds_policy_info")
    assert told == {f'policy="{each.id}",version="{each.version}"': 1 for each in rules.decider.policies}
    kept: list[Policy] = [rules.decider.policies[0]]
    metrics.serves(kept)
    assert len(figures("oncology_cds_policy_info")) == 1
    assert figures("oncology_cds_build_info")


def test_the_spool_is_told_when_figures_are_asked_for(make: Any, figures: Figures) -> None:
    make().test_client().get("/metrics")
    for name in ("waiting", "bytes", "lost"):
        assert figures(f"oncology_cds_spool_{name}") == {"": 0}


def test_nothing_that_a_request_brings_is_a_label(make: Any, metrics: Metrics, example: Any) -> None:
    client = make(rate_limit="").test_client()
    for path in ("/cds-services/Jane-Find-me", "/Jane-Find-me", "/fhir/Jane/Find-me", f"{URL}?patient=Find-me"):
        for method in ("GET", "POST", "PUT", "OPTIONS"):
            client.open(path, method=method, headers={"User-Agent": "find-me", "X-Request-ID": "find-me"})
    example["hook"] = "find-me"
    client.post(URL, json=example)
    client.post(f"{URL}/feedback", json={"feedback": [{"card": "find-me", "outcome": "find-me"}]})
    client.get("/readyz?exclude=find-me")
    written = metrics.written().decode()
    assert "find-me" not in written.lower()
    texts = set(re.findall(r'"([^"]{8,})"', json.dumps(example))) - {"order-sign", "MedicationRequest"}
    assert [text for text in texts if f'"{text}"' in written] == []


class TestWhoMayReadThem:
    @pytest.mark.parametrize(
        ("changed", "address", "headers", "status"),
        [
            ({}, "127.0.0.1", {}, 200),
            ({}, "::1", {}, 200),
            ({}, "192.0.2.1", {}, 404),
            ({}, "", {}, 404),
            ({}, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
            ({}, "127.0.0.1", {"Forwarded": "for=192.0.2.1"}, 404),
            ({"trusted_proxies": 1}, "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 404),
            ({"trusted_proxies": 1}, "127.0.0.1", {}, 200),
            ({"metrics": "everyone"}, "192.0.2.1", {}, 200),
            ({"metrics": "off"}, "127.0.0.1", {}, 404),
            ({"metrics_port": 1}, "127.0.0.1", {}, 404),
        ],
    )
    def test_by_default_this_machine_does(
        self, make: Any, changed: Any, address: str, headers: Any, status: int
    ) -> None:
        client = make(**changed).test_client()
        response = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address})
        assert response.status_code == status
        if status == 200:
            assert response.mimetype == "text/plain"
            assert b"oncology_cds_build_info" in response.data

    def test_a_port_of_their_own_serves_them_and_nothing_else(self, make: Any, metrics: Metrics) -> None:
        make()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        assert serve_metrics(Settings(metrics_port=port), metrics)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
            assert b"oncology_cds_policy_info" in response.read()

    def test_no_port_is_opened_where_none_is_asked_for(self) -> None:
        assert not serve_metrics(Settings())
        assert not serve_metrics(Settings(metrics="off", metrics_port=9))


SHARING = """
import os, sys
from cds_service.observation.metrics import METRICS, worker_ended
METRICS.serves([])
for number in range(2):
    child = os.fork()
    if child == 0:
        METRICS.request_ended("healthz", "", "", 200, 0.01)
        METRICS.serves([])
        os._exit(0)
    os.waitpid(child, 0)
    worker_ended(child)
sys.stdout.write(METRICS.written().decode())
"""


def test_processes_that_share_a_folder_tell_the_figures_of_all(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", SHARING], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert 'oncology_cds_requests_total{client="",endpoint="healthz",service="",status="200"} 2.0' in run.stdout
    assert re.search(r"^oncology_cds_build_info{version=.* 1.0$", run.stdout, re.MULTILINE)


def test_the_end_of_a_worker_needs_nothing_where_nothing_is_shared() -> None:
    worker_ended(os.getpid())
