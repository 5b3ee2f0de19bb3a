"""The files of deploy/: valid by their schemas, without rights that are not needed, about settings that exist."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from cds_service.security.clients import load_trusted_clients
from cds_service.settings import Settings

from .conftest import DEPLOY, ROOT

KUBERNETES = DEPLOY / "kubernetes"
MANIFESTS = {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(KUBERNETES.glob("*.yaml"))}
KUSTOMIZATION = MANIFESTS.pop("kustomization.yaml")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
WORKLOADS = ["deployment.yaml", "migration-job.yaml", "purge.yaml"]
# What MANIFESTS must be valid for: the oldest that is still common, and the newest that the schemas know.
VERSIONS = ["1.29", kubernetes_validate.latest_version()]


def instructions(name: str) -> list[str]:
    return [line.partition(" ")[2].strip() for line in DOCKERFILE if line.startswith(f"{name} ")]


def pod(name: str) -> dict[str, Any]:
    spec = MANIFESTS[name]["spec"]
    found: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    return found


def container(name: str) -> dict[str, Any]:
    (found,) = pod(name)["containers"]
    return dict(found)


def settings_told() -> Iterator[tuple[str, dict[str, str]]]:
    """Every place that tells settings, with what it tells."""
    yield "settings.yaml", MANIFESTS["settings.yaml"]["data"]
    for name, service in COMPOSE["services"].items():
        yield f"compose {name}", service.get("environment", {})
    lines = (DEPLOY / "service.env.example").read_text(encoding="utf-8").splitlines()
    yield "service.env.example", dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    yield "Dockerfile", dict(re.findall(r"(\w+)=(\S+)", " ".join(instructions("ENV"))))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_valid(name: str, version: str) -> None:
    assert kubernetes_validate.validate(MANIFESTS[name], version, strict=True)


def test_a_manifest_that_is_wrong_would_be_found() -> None:
    wrong = MANIFESTS["service.yaml"] | {"spec": {"port": 80}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_everything_but_examples_and_the_job_is_applied_together() -> None:
    beside = {"secret.example.yaml", "clients.example.yaml", "migration-job.yaml"}
    assert set(KUSTOMIZATION["resources"]) == set(MANIFESTS) - beside


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_has_no_rights_that_it_does_not_need(name: str) -> None:
    assert pod(name)["automountServiceAccountToken"] is False
    security = pod(name)["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["runAsGroup"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod(name))
    assert all({"emptyDir", "configMap"} & set(volume) for volume in pod(name)["volumes"])


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_has_limits(name: str) -> None:
    resources = container(name)["resources"]
    assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory"}
    assert all("sizeLimit" in volume["emptyDir"] for volume in pod(name)["volumes"] if "emptyDir" in volume)


def test_pods_that_lose_the_database_stay_ready_and_are_not_killed() -> None:
    found = container("deployment.yaml")
    assert found["readinessProbe"]["httpGet"]["path"] == "/readyz?exclude=store&exclude=spool"
    assert found["livenessProbe"]["httpGet"]["path"] == found["startupProbe"]["httpGet"]["path"] == "/healthz"


def test_what_is_old_is_deleted_every_night() -> None:
    assert container("purge.yaml")["command"] == ["oncology-cds", "store", "purge"]
    assert MANIFESTS["purge.yaml"]["spec"]["concurrencyPolicy"] == "Forbid"


def test_calls_end_before_a_pod_is_killed() -> None:
    pause = int(container("deployment.yaml")["lifecycle"]["preStop"]["exec"]["command"][-1])
    grace = pod("deployment.yaml")["terminationGracePeriodSeconds"]
    assert grace > pause + gunicorn_settings().graceful_timeout
    assert int(COMPOSE["services"]["service"]["stop_grace_period"].rstrip("s")) > gunicorn_settings().graceful_timeout


def test_a_new_version_takes_nobody_away_before_it_answers() -> None:
    assert MANIFESTS["deployment.yaml"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert MANIFESTS["disruption-budget.yaml"]["spec"]["minAvailable"] >= 1
    assert MANIFESTS["autoscaler.yaml"]["spec"]["minReplicas"] >= 2


def test_the_manifests_are_about_the_same_pods() -> None:
    labels = MANIFESTS["deployment.yaml"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        MANIFESTS["deployment.yaml"]["spec"]["selector"]["matchLabels"],
        MANIFESTS["service.yaml"]["spec"]["selector"],
        MANIFESTS["disruption-budget.yaml"]["spec"]["selector"]["matchLabels"],
        MANIFESTS["network-policy.yaml"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    job = MANIFESTS["migration-job.yaml"]["spec"]["template"]["metadata"]["labels"]
    assert not MANIFESTS["service.yaml"]["spec"]["selector"].items() <= job.items()
    assert MANIFESTS["network-policy.yaml"]["spec"]["podSelector"]["matchLabels"].items() <= job.items()
    assert MANIFESTS["autoscaler.yaml"]["spec"]["scaleTargetRef"]["name"] == "oncology-cds"


def test_a_pod_gets_what_the_other_manifests_make() -> None:
    made = {(each["kind"], each["metadata"]["name"]) for each in MANIFESTS.values()}
    for name in WORKLOADS:
        for source in container(name)["envFrom"]:
            (kind,) = source
            wanted = {"configMapRef": "ConfigMap", "secretRef": "Secret"}[kind]
            assert (wanted, source[kind]["name"]) in made
        for volume in pod(name)["volumes"]:
            if "configMap" in volume:
                assert ("ConfigMap", volume["configMap"]["name"]) in made
        mounted = {mount["name"] for mount in container(name)["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod(name)["volumes"]}


def test_traffic_goes_to_no_private_network() -> None:
    policy = MANIFESTS["network-policy.yaml"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (metrics,) = (rule for rule in policy["ingress"] if rule["ports"][0]["port"] == 9100)
    (others,) = (rule for rule in policy["ingress"] if rule is not metrics)
    assert metrics["from"] != others["from"]
    assert int(MANIFESTS["settings.yaml"]["data"]["ONCOLOGY_CDS_METRICS_PORT"]) == 9100
    (block,) = (to["ipBlock"] for rule in policy["egress"] for to in rule["to"] if "ipBlock" in to)
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(block["except"])


def test_every_setting_that_is_told_exists_and_may_have_that_value(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, told in settings_told():
        with monkeypatch.context() as environment:
            for name, value in told.items():
                if name.startswith("ONCOLOGY_CDS_"):
                    assert name.removeprefix("ONCOLOGY_CDS_").lower() in Settings.model_fields, f"{place}: {name}"
                    environment.setenv(name, str(value))
            assert not Settings().dev


def test_who_may_call_is_always_told() -> None:
    for told in (MANIFESTS["settings.yaml"]["data"], COMPOSE["services"]["service"]["environment"]):
        assert told["ONCOLOGY_CDS_TRUSTED_CLIENTS_FILE"]
        assert told["ONCOLOGY_CDS_TRUSTED_PROXIES"] == "1"
    for _, told in settings_told():
        assert "ONCOLOGY_CDS_ALLOW_ANONYMOUS_CLIENTS" not in told


def test_the_file_of_clients_is_where_the_settings_say_and_can_be_read(tmp_path: Path) -> None:
    told = Path(MANIFESTS["settings.yaml"]["data"]["ONCOLOGY_CDS_TRUSTED_CLIENTS_FILE"])
    (mount,) = (each for each in container("deployment.yaml")["volumeMounts"] if each["name"] == "clients")
    assert str(told.parent) == mount["mountPath"]
    file = tmp_path / told.name
    file.write_text(MANIFESTS["clients.example.yaml"]["data"][told.name], encoding="utf-8")
    assert set(load_trusted_clients(file)) == {"https://ehr.example.org"}
    target = COMPOSE["services"]["service"]["environment"]["ONCOLOGY_CDS_TRUSTED_CLIENTS_FILE"]
    assert target in {f"/run/secrets/{name}" for name in COMPOSE["services"]["service"]["secrets"]}


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert "privileged" not in service


def test_only_the_proxy_is_reached_from_outside_and_the_database_only_by_the_service() -> None:
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert services["database"]["networks"] == ["inside"]
    assert "inside" not in services["proxy"]["networks"]


def test_no_file_holds_a_password() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert value.startswith("${DATABASE_PASSWORD:?")
    assert MANIFESTS["secret.example.yaml"]["stringData"] == {"PGPASSWORD": "change-me"}


def test_the_image_runs_without_root_and_holds_nothing_of_its_making() -> None:
    assert instructions("USER") == ["10001:10001"]
    last = DOCKERFILE[[index for index, line in enumerate(DOCKERFILE) if line.startswith("FROM ")][-1] :]
    assert not any("pip install" in line for line in last)
    assert any(line.startswith("USER ") for line in last)
    assert pod("deployment.yaml")["securityContext"]["runAsUser"] == 10001
    assert COMPOSE["services"]["service"]["user"] == "10001:10001"


def test_the_image_is_made_of_what_there_is() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for line in instructions("COPY"):
        if not line.startswith("--from"):
            *sources, _ = line.split()
            for source in sources:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in ignored


def test_everything_in_the_image_is_pinned() -> None:
    pinned = dict(re.findall(r"^([\w.\-]+)==(\S+)", (ROOT / "requirements-production.txt").read_text(), re.MULTILINE))
    assert {"flask", "gunicorn", "psycopg", "psycopg-binary"} <= set(pinned)
    runtime = dict(re.findall(r"^([\w.\-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    assert runtime.items() <= pinned.items()
    (install, project) = [line for line in instructions("RUN") if line.startswith("pip install")]
    assert install == "pip install -r requirements-production.txt"
    assert "--no-deps" in project


def gunicorn_settings() -> Any:
    spec = importlib.util.spec_from_file_location("gunicorn_conf", DEPLOY / "gunicorn.conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # This process goes on counting in memory: only what is imported after the file was read counts in files.
    importlib.import_module("cds_service.observation.metrics")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PROMETHEUS_MULTIPROC_DIR", "nowhere")
        spec.loader.exec_module(module)
    return module


def test_gunicorn_uses_the_cores_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    for cores, workers in ((1, 2), (2, 2), (8, 8)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert gunicorn_settings().workers == workers
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert gunicorn_settings().workers == 3


def test_gunicorn_gives_calls_the_time_that_they_have() -> None:
    found = gunicorn_settings()
    assert found.worker_class == "gthread"
    assert not found.preload_app
    assert found.graceful_timeout > Settings().deadline_seconds
    assert found.timeout > found.graceful_timeout
    assert 0 < found.max_requests_jitter < found.max_requests
