"""deploy/kubernetes/: valid by the published schemas, and true to the code that it deploys."""

import importlib
import json
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.contracts import SERVICES
from deploy.settings_table import env_name
from shared import server
from tests.kubernetes.rendered import FOLDER, OVERLAYS, ROOT, Manifest, manifests, of_kind, pods, selected, service_of

VERSIONS = ("1.32", "1.37")  # the oldest that the README promises, and the newest that is published
SECRET = "0123456789abcdef" * 4


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_is_valid(overlay: str) -> None:
    for one in manifests(overlay):
        _valid(json.dumps(one))


@cache
def _valid(manifest: str) -> None:
    for version in VERSIONS:
        kubernetes_validate.validate(json.loads(manifest), version, strict=True)


def test_what_is_wrong_is_found_out() -> None:
    deployment = next(one for one in manifests("small") if one["kind"] == "Deployment")
    for name, value in {"replicas": "two", "replica": 2}.items():
        wrong = {**deployment, "spec": {**deployment["spec"], name: value}}
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_is_there_with_its_migration(overlay: str) -> None:
    assert {one["metadata"]["name"] for one in of_kind(overlay, "Deployment")} == set(SERVICES)
    jobs = {one["metadata"]["name"]: one for one in of_kind(overlay, "Job")}
    assert jobs.keys() == {f"{service}-migrate" for service in SERVICES if service != "gateway"}
    for workload, pod in pods(overlay):
        if (service := service_of(workload)) is not None:
            [container] = pod["spec"]["containers"]
            project = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())["project"]
            assert container["image"] == f"parley-{service}:{project['version']}"
            if workload["kind"] == "Job":
                assert container["command"] == ["python", "-m", f"services.{service}", "migrate"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_containers_are_told_are_settings_and_all_that_they_need(overlay: str) -> None:
    known = {service: dict(_settings(service)) for service in SERVICES}
    [shared] = of_kind(overlay, "ConfigMap")
    everybody = {name for names in known.values() for name in names}
    assert shared["data"].keys() <= everybody
    for workload, pod in pods(overlay):
        if (service := service_of(workload)) is None:
            continue
        [container] = pod["spec"]["containers"]
        assert container["envFrom"] == [{"configMapRef": {"name": shared["metadata"]["name"]}}]
        own = {one["name"]: one for one in container["env"]}
        assert own.keys() <= known[service].keys(), workload["metadata"]["name"]
        told = {**shared["data"], **{name: _stand_in(one) for name, one in own.items()}}
        _settled(service, told)


def _settled(service: str, told: dict[str, str]) -> None:
    """The service takes these settings and misses none."""
    settings = importlib.import_module(f"services.{service}.settings").Settings
    fields = {
        name: field for field, name in ((field, env_name(field, info)) for field, info in settings.model_fields.items())
    }
    with pytest.MonkeyPatch.context() as patch:
        for name in fields:
            patch.delenv(name, raising=False)
        for name, value in told.items():
            patch.setenv(name, value)
        assert settings().host == "0.0.0.0"


def _settings(service: str) -> Iterator[tuple[str, Any]]:
    settings = importlib.import_module(f"services.{service}.settings").Settings
    for name, field in settings.model_fields.items():
        yield env_name(name, field), field


def _stand_in(told: Manifest) -> str:
    if "value" in told:
        return str(told["value"])
    return "sqlite:///there.db" if told["name"] == "DATABASE_URL" else SECRET


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_stand_nowhere_and_are_referred_to(overlay: str) -> None:
    assert of_kind(overlay, "Secret") == []
    secret = {
        name
        for service in SERVICES
        for name, field in _settings(service)
        if "Secret" in str(field.annotation) or field.repr is False
    }
    assert {"CALLER_SECRET", "DATABASE_URL", "NATS_PASSWORD", "FILES_S3_ACCESS_KEY"} <= secret
    [shared] = of_kind(overlay, "ConfigMap")
    assert not secret & shared["data"].keys()
    for _, pod in pods(overlay):
        for container in pod["spec"]["containers"]:
            for one in container.get("env", ()):
                assert one["name"] not in secret or "secretKeyRef" in one["valueFrom"], one["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_keep_to_the_restricted_standard(overlay: str) -> None:
    [namespace] = of_kind(overlay, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for workload, pod in pods(overlay):
        spec, name = pod["spec"], workload["metadata"]["name"]
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True and spec["securityContext"]["runAsUser"] > 0, name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys() and container["resources"]["limits"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ports_and_selectors_meet(overlay: str) -> None:
    templates = [pod for _, pod in pods(overlay)]
    ports = {}
    for one in of_kind(overlay, "Service"):
        [pod] = [each for each in templates if selected(one["spec"]["selector"], each["metadata"]["labels"])]
        [container] = pod["spec"]["containers"]
        open_ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        for port in one["spec"]["ports"]:
            assert open_ports[port["targetPort"]] == port["port"]
            ports[one["metadata"]["name"]] = port["port"]
    for workload, pod in pods(overlay):
        if workload["kind"] == "Deployment":
            [container] = pod["spec"]["containers"]
            told = {one["name"]: one.get("value") for one in container["env"]}
            assert int(told["PORT"]) == ports[workload["metadata"]["name"]]
            for service in set(SERVICES) - {"gateway"} if service_of(workload) == "gateway" else ():
                assert told[f"{service.upper()}_URL"] == f"http://{service}:{ports[service]}"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert container[probe]["httpGet"]["port"] == "http"
                assert container[probe]["httpGet"]["path"] in ("/healthz", "/readyz")
    [ingress] = of_kind(overlay, "Ingress")
    [rule] = ingress["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "gateway", "port": {"name": "http"}}}


def test_a_pod_has_the_time_that_its_process_takes_to_stop() -> None:
    for workload, pod in pods("production"):
        if workload["kind"] == "Deployment":
            [container] = pod["spec"]["containers"]
            before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert before + server._STOP_SECONDS + server._DRAIN_SECONDS < pod["spec"]["terminationGracePeriodSeconds"]


def test_each_service_may_talk_to_what_it_needs_and_to_nobody_else() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in of_kind("production", "NetworkPolicy")}
    assert policies["nothing-else"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    may: dict[str, set[int]] = {}
    for workload, pod in pods("production"):
        labels = pod["metadata"]["labels"]
        mine = [one for one in policies.values() if selected(one["podSelector"], labels)]
        told = [port["port"] for one in mine for rule in one.get("egress", ()) for port in rule["ports"]]
        may[workload["metadata"]["name"]] = set(told)
        if labels["app.kubernetes.io/component"] == "migration":
            assert not any(one.get("ingress") for one in mine)
    names, nats, database, mail = {53}, {4222}, {5432}, {465, 587}
    expected = {service: names | nats | database for service in SERVICES if service != "gateway"}
    expected["auth"] |= mail
    expected["files"] |= {8333}
    expected["gateway"] = names | nats | {8080, 6379}
    assert may == expected | {f"{service}-migrate": names | database for service in SERVICES if service != "gateway"}


def test_only_the_gateway_is_reached_from_outside() -> None:
    inside = {"gateway", "monitoring"}
    for one in of_kind("production", "NetworkPolicy"):
        for rule in one["spec"].get("ingress", ()):
            who = {
                name for peer in rule["from"] for selector in peer.values() for name in selector["matchLabels"].values()
            }
            assert who <= inside or one["metadata"]["name"] == "gateway", one["metadata"]["name"]
    assert {one["spec"].get("type", "ClusterIP") for one in of_kind("production", "Service")} == {"ClusterIP"}


def test_in_production_there_are_always_two_and_more_when_it_is_busy() -> None:
    budgets = {one["metadata"]["name"]: one["spec"] for one in of_kind("production", "PodDisruptionBudget")}
    scalers = {one["metadata"]["name"]: one["spec"] for one in of_kind("production", "HorizontalPodAutoscaler")}
    assert budgets.keys() == scalers.keys() == set(SERVICES)
    for workload, pod in pods("production"):
        name = workload["metadata"]["name"]
        if workload["kind"] == "Deployment":
            assert "replicas" not in workload["spec"], "the autoscaler has the say"
            assert selected(budgets[name]["selector"], pod["metadata"]["labels"])
            assert budgets[name]["maxUnavailable"] == 1 < scalers[name]["minReplicas"] < scalers[name]["maxReplicas"]
            assert scalers[name]["scaleTargetRef"]["name"] == name
    adapter = yaml.safe_load((FOLDER / "overlays" / "production" / "prometheus-adapter.yaml").read_text())
    made = {rule["seriesQuery"].partition("{")[0].replace("_bucket", "_p95") for rule in adapter["rules"]["custom"]}
    assert made == {
        metric["pods"]["metric"]["name"]
        for spec in scalers.values()
        for metric in spec["metrics"]
        if metric["type"] == "Pods"
    }


def test_one_service_can_be_applied_alone() -> None:
    for one in manifests("production"):
        if one["kind"] in ("Deployment", "Service", "Job", "HorizontalPodAutoscaler", "PodDisruptionBudget"):
            labels = one["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] in SERVICES
            assert labels["app.kubernetes.io/component"] in ("service", "migration")
