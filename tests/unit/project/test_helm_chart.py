"""If these fail, the chart does not install, or installs less safely than docker-compose.yaml."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from backend.settings import BackendSettings
from backend.storage.database import Database
from frontend.settings import FrontendSettings
from llm.settings import LlmSettings
from testbed.helm import IS_AVAILABLE, helm, rendered
from unit.project.test_env_example import READ_BY_OBSTORE, READ_BY_OPENTELEMETRY

pytestmark = pytest.mark.skipif(not IS_AVAILABLE, reason="helm is packaged for x86-64 only")

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy" / "helm" / "speech-transcription"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())
SETTINGS = {"frontend": FrontendSettings, "backend": BackendSettings, "llm": LlmSettings}
SERVICES = list(SETTINGS)
KUBERNETES = ("1.30", "1.37")
CUSTOM_KINDS = {"ScaledObject", "TriggerAuthentication"}
"""Of KEDA, whose schemas are not at hand."""

Manifest = dict[str, Any]

NEEDED = {"image.repository": "r", "secret": "keys", "blobStoreUrl": "s3://bucket"}
PUBLISHED = NEEDED | {
    "ingress.enabled": "true",
    "ingress.host": "speech.example.com",
    "ingress.apiHost": "api.example.com",
    "ingress.passwordSecret": "passwords",
    "ingress.tlsSecret": "certificate",
}
SCALED = PUBLISHED | {
    "backend.autoscaling.enabled": "true",
    "llm.autoscaling.enabled": "true",
    "llm.cache.accessMode": "ReadWriteMany",
    "llm.cache.storageClass": "files",
    "networkPolicy.tracesPort": "4318",
    "settings.common.LOG_LEVEL": "DEBUG",
    "settings.backend.MAX_DURATION_S": "43200",
}
ELSEWHERE = NEEDED | {
    "llm.url": "http://ray.example.com:8000",
    "networkPolicy.backendPorts": "{5432,6379,443,8000}",
}


def arguments(values: dict[str, str]) -> list[str]:
    return [f"--set={name}={value}" for name, value in values.items()]


def chart(values: dict[str, str]) -> list[Manifest]:
    return rendered(CHART, "speech", *arguments(values))


@pytest.fixture(scope="module")
def scaled() -> list[Manifest]:
    return chart(SCALED)


def named(objects: list[Manifest], kind: str, service: str) -> Manifest:
    (found,) = [
        each
        for each in objects
        if each["kind"] == kind and each["metadata"]["name"] == f"speech-{service}"
    ]
    return found


def pod(objects: list[Manifest], service: str) -> Manifest:
    return named(objects, "Deployment", service)["spec"]["template"]["spec"]


def container(objects: list[Manifest], service: str) -> Manifest:
    (only,) = pod(objects, service)["containers"]
    return only


def environment(objects: list[Manifest], service: str) -> dict[str, Any]:
    return {each["name"]: each for each in container(objects, service)["env"]}


@pytest.mark.parametrize("values", [NEEDED, PUBLISHED, SCALED, ELSEWHERE])
def test_the_chart_passes_lint_and_the_schemas_of_kubernetes(values: dict[str, str]) -> None:
    linted = helm("lint", "--strict", str(CHART), *arguments(values))
    assert linted.returncode == 0, linted.stdout
    objects = chart(values)
    assert {each["kind"] for each in objects} >= {"Deployment", "NetworkPolicy", "Service"}
    for each in objects:
        if each["kind"] not in CUSTOM_KINDS:
            for version in KUBERNETES:
                kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": ""},
        {"blobStoreUrl": "file:"},
        {"backend.replica": "3"},
        {"ingress.enabled": "true"},
        {"settings.backend.max_duration": "1"},
        {"llm.replicas": "2"},
    ],
)
def test_values_that_cannot_work_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(RuntimeError):
        chart(NEEDED | wrong)


@pytest.mark.parametrize("service", SERVICES)
def test_the_services_know_every_variable_that_the_chart_sets(
    service: str, scaled: list[Manifest]
) -> None:
    """Otherwise a value of the chart has no effect."""
    fields = {name.upper() for name in SETTINGS[service].model_fields}
    others = READ_BY_OPENTELEMETRY | (READ_BY_OBSTORE if service == "backend" else set())
    assert environment(scaled, service).keys() - fields - others == set()


def test_each_service_gets_only_its_own_secrets(scaled: list[Manifest]) -> None:
    """A flaw in reading a model's files must not open the database."""
    secrets = {
        service: {
            name for name, each in environment(scaled, service).items() if "valueFrom" in each
        }
        - READ_BY_OPENTELEMETRY
        for service in SERVICES
    }
    assert secrets["llm"] == set()
    assert secrets["frontend"] == {"BACKEND_API_KEY"}
    assert {"DATABASE_URL", "API_KEYS"} <= secrets["backend"]


@pytest.mark.parametrize("service", SERVICES)
def test_probes_and_services_use_the_ports_and_paths_of_the_images(
    service: str, scaled: list[Manifest]
) -> None:
    dockerfile = (ROOT / "deploy" / f"{service}.Dockerfile").read_text()
    health = re.search(r'healthcheck.py", "(\d+)", "(\S+)"', dockerfile)
    assert health
    port, path = int(health[1]), health[2]
    only = container(scaled, service)
    assert only["ports"] == [{"name": "http", "containerPort": port}]
    (published,) = named(scaled, "Service", service)["spec"]["ports"]
    assert (published["port"], published["targetPort"]) == (port, "http")
    probes = {
        name: only[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")
    }
    assert {probe["port"] for probe in probes.values()} == {"http"}
    assert {probe["path"] for probe in probes.values()} <= {path, "/health/live"}
    # without an llm the backend still has its history
    assert probes["readiness"]["path"] == ("/health/live" if service == "backend" else path)


@pytest.mark.parametrize("service", SERVICES)
def test_inference_and_decoding_starve_no_probe(service: str, scaled: list[Manifest]) -> None:
    """A busy process that is restarted loses its work, and is as busy again."""
    probe = container(scaled, service)["livenessProbe"]
    assert probe["httpGet"]["path"] != "/health/ready"  # a missing model is no reason to restart
    assert probe["timeoutSeconds"] >= 10
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 300


@pytest.mark.parametrize("service", SERVICES)
def test_containers_are_as_restricted_as_those_of_compose(
    service: str, scaled: list[Manifest]
) -> None:
    compose, whole, only = (
        COMPOSE["services"][service],
        pod(scaled, service),
        container(scaled, service),
    )
    security = only["securityContext"]
    assert security["readOnlyRootFilesystem"] is compose["read_only"]
    assert security["capabilities"] == {"drop": compose["cap_drop"]}
    assert compose["security_opt"] == ["no-new-privileges:true"]
    assert security["allowPrivilegeEscalation"] is False
    assert whole["securityContext"]["runAsNonRoot"] is True
    assert whole["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert whole["automountServiceAccountToken"] is False
    assert whole["enableServiceLinks"] is False  # LLM_PORT would be an address
    grace_s = int(compose["stop_grace_period"].removesuffix("s"))
    pre_stop_s = only["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert whole["terminationGracePeriodSeconds"] >= grace_s + pre_stop_s
    default = re.search(r":-(\d+)g", compose["mem_limit"])
    assert default
    assert only["resources"]["limits"]["memory"] == f"{default[1]}Gi"
    writable = {each["mountPath"] for each in only["volumeMounts"]}
    assert writable == ({"/tmp"} if service == "frontend" else {"/tmp", "/data"})


def callers(objects: list[Manifest], service: str) -> set[str]:
    """Return which services and namespaces may reach a service's port."""
    port = container(objects, service)["ports"][0]["containerPort"]
    (rule,) = named(objects, "NetworkPolicy", service)["spec"]["ingress"]
    assert rule["ports"] == [{"port": port}]
    return set(_peers(rule["from"]))


def callees(objects: list[Manifest], service: str) -> set[str | int]:
    """Return what a service may reach: services, and ports outside."""
    found: set[str | int] = set()
    for rule in named(objects, "NetworkPolicy", service)["spec"]["egress"]:
        found |= (
            set(_peers(rule["to"])) if "to" in rule else {each["port"] for each in rule["ports"]}
        )
    return found


def _peers(peers: list[Manifest]) -> Iterator[str]:
    for peer in peers:
        if "podSelector" in peer:
            labels = peer["podSelector"]["matchLabels"]
            assert labels["app.kubernetes.io/instance"] == "speech"
            yield labels["app.kubernetes.io/component"]
        else:
            yield peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]


def test_only_the_backend_reaches_the_llm_and_only_published_ports_are_open() -> None:
    """The port of the llm has no keys; neither does the page without the ingress's password."""
    private, public = chart(NEEDED), chart(PUBLISHED)
    assert callers(private, "frontend") == {"ingress-nginx"}
    assert callers(private, "backend") == {"frontend", "monitoring"}
    assert callers(private, "llm") == {"backend", "monitoring"}
    assert callers(public, "backend") == {"frontend", "monitoring", "ingress-nginx"}
    assert callees(private, "frontend") == {53, "backend"}
    assert callees(private, "backend") == {53, "llm", 5432, 6379, 443}
    assert callees(private, "llm") == {53, 443}
    assert callees(chart(ELSEWHERE), "backend") == {53, 5432, 6379, 443, 8000}
    for service in SERVICES:
        policy = named(private, "NetworkPolicy", service)["spec"]
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        labels = named(private, "Deployment", service)["spec"]["template"]["metadata"]["labels"]
        assert policy["podSelector"]["matchLabels"].items() <= labels.items()


def test_an_upload_stays_on_one_backend_and_the_ingress_refuses_only_larger_ones(
    scaled: list[Manifest],
) -> None:
    assert named(scaled, "Service", "backend")["spec"]["sessionAffinity"] == "ClientIP"
    prefix = "nginx.ingress.kubernetes.io/"
    page, api = (
        named(scaled, "Ingress", service)["metadata"]["annotations"]
        for service in ("frontend", "backend")
    )
    assert page[f"{prefix}affinity"] == "cookie"
    assert page[f"{prefix}auth-secret"] == "passwords"
    assert "$remote_addr" in api[f"{prefix}upstream-hash-by"]
    largest = int(environment(scaled, "backend")["MAX_UPLOAD_BYTES"]["value"])
    assert largest == BackendSettings(_env_file=None).max_upload_bytes  # pyright: ignore
    for annotations in (page, api):
        assert int(annotations[f"{prefix}proxy-body-size"]) > largest
        assert annotations[f"{prefix}proxy-request-buffering"] == "off"


def test_keda_counts_the_jobs_in_the_real_tables(scaled: list[Manifest], tmp_path: Path) -> None:
    """A query that names a missing column would keep the number of backends as it is."""
    (trigger,) = named(scaled, "ScaledObject", "backend")["spec"]["triggers"]
    path = tmp_path / "test.db"
    Database.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        add = """INSERT INTO transcriptions
            (id, status, joined_to, owner, file_id, created_at, options, cached, processed_s,
            total_s, chunks_done, chunks_total, warnings, unclean_starts, revision)
            VALUES (?, ?, ?, 'local', 1, '', '{}', 0, 0, 0, 0, 0, '[]', 0, 0)"""
        statuses = ("queued", "running", "completed", "failed", "cancelled")
        connection.executemany(add, [(status, status, None) for status in statuses])
        connection.execute(add, ("duplicate", "queued", 1))
        assert connection.execute(trigger["metadata"]["query"]).fetchone() == (2,)
    connection.close()


def test_scalers_own_the_number_of_replicas(scaled: list[Manifest]) -> None:
    """Otherwise each upgrade of the chart stops what a scaler has started."""
    for service, kind in (("backend", "ScaledObject"), ("llm", "HorizontalPodAutoscaler")):
        deployment = named(scaled, "Deployment", service)
        assert "replicas" not in deployment["spec"]
        target = named(scaled, kind, service)["spec"]["scaleTargetRef"]
        assert target["name"] == deployment["metadata"]["name"]
    for service in SERVICES:
        budget = named(scaled, "PodDisruptionBudget", service)["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"] == named(scaled, "Deployment", service)["spec"]["selector"]


def test_an_llm_elsewhere_replaces_the_one_of_the_chart() -> None:
    objects = chart(ELSEWHERE)
    assert environment(objects, "backend")["LLM_URL"]["value"] == ELSEWHERE["llm.url"]
    assert "speech-llm" not in {each["metadata"]["name"] for each in objects}
