"""If these fail, the alerts stay silent, or the dashboard shows nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from integration.client import transcribe
from integration.prometheus_server import (
    PrometheusServer,
    promtool,
    running_prometheus,
    wait_until,
)
from speech_corpus import russian_sentences
from testbed.services import Services

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "observability"
DASHBOARD: dict[str, Any] = json.loads(
    (FOLDER / "grafana" / "speech_transcription.json").read_text()
)
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule["alert"] for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}

_metric = re.compile(r"\b(?:transcription|llm|http|health_check|process)_\w+\b|\bup\b")
_recorded = re.compile(r"\b\w+:\w+:\w+\b")


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def dashboard_expressions() -> list[str]:
    """Return the dashboard's queries as Grafana would send them."""
    expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
    return [expression.replace("$__rate_interval", "1m") for expression in expressions]


def all_expressions() -> list[str]:
    return [*dashboard_expressions(), *(rule["expr"] for rule in RULES)]


def used_metrics() -> set[str]:
    """Return the metrics in all queries; strings such as a label's value are no metrics."""
    code = [re.sub(r'"[^"]*"', "", _recorded.sub("", one)) for one in all_expressions()]
    return {name for one in code for name in _metric.findall(one)}


def test_the_rules_are_valid_and_fire_when_they_should() -> None:
    checked = promtool("check", "rules", str(FOLDER / "alerts.yaml"))
    assert checked.returncode == 0, checked.stderr
    tested = promtool("test", "rules", str(FOLDER / "alerts_test.yaml"))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_has_a_test_a_text_and_a_section_in_the_manual() -> None:
    """An alert that was never seen to fire may be unable to; one without a manual only scares."""
    tests = (FOLDER / "alerts_test.yaml").read_text()
    manual = (ROOT / "docs" / "OPERATIONS.md").read_text("utf-8")
    assert [name for name in ALERTS if name not in tests] == []
    assert re.findall(r"^\*\*(\w+)\*\*", manual, re.MULTILINE) == ALERTS
    for rule in RULES:
        if "alert" in rule:
            assert rule["annotations"].keys() == {"summary", "description"}
            assert rule["labels"]["severity"] in {"critical", "warning"}


def test_the_dashboard_explains_every_panel_and_uses_recorded_rules_that_exist() -> None:
    titles = [panel["title"] for panel in panels()]
    assert len(set(titles)) == len(titles) > 20
    assert all(panel["description"].endswith(".") for panel in panels())
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    source = yaml.safe_load((FOLDER / "grafana" / "datasources.yaml").read_text())["datasources"][0]
    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}
    recorded = {name for one in all_expressions() for name in _recorded.findall(one)}
    assert recorded == RECORDED, "each recorded rule is used, and each used one is recorded"


def test_the_images_are_pinned_and_published_on_this_machine_only() -> None:
    services = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    for service in services.values():
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(@sha256:\w+)?", service["image"])
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        for mount in service["volumes"]:
            source = mount.partition(":")[0]
            assert not source.startswith(".") or (ROOT / source).is_file(), mount


@pytest.fixture(scope="module")
def prometheus(
    services: Services, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PrometheusServer]:
    """Run the real configuration, at the addresses of the services under test."""
    folder = tmp_path_factory.mktemp("prometheus")
    key = folder / "key"
    key.write_text("")  # as in the container, without METRICS_API_KEY
    text = (FOLDER / "prometheus.yaml").read_text()
    for written, local in {
        "backend:8009": services.backend.url.removeprefix("http://"),
        "llm:4321": services.llm.url.removeprefix("http://"),
        "/tmp/metrics_api_key": str(key),
        "alerts.yaml": str(FOLDER / "alerts.yaml"),
        "15s": "1s",
    }.items():
        assert written in text
        text = text.replace(written, local)
    (folder / "prometheus.yaml").write_text(text)
    with running_prometheus(folder / "prometheus.yaml", folder) as server:
        yield server


@pytest.mark.slow
def test_the_services_serve_what_the_dashboard_and_the_alerts_use(
    services: Services, prometheus: PrometheusServer
) -> None:
    """A renamed metric would empty a panel and silence an alert without an error anywhere."""
    is_up = 'sum(up{job=~"backend|llm"}) == 2'
    wait_until(lambda: bool(prometheus.query(is_up)), lambda: prometheus.query("up"))
    transcribe(services.backend.url, russian_sentences(1)[0].path, force=True)
    # the end of the job must reach two scrapes: a rate needs both
    ended = 'increase(transcription_job_duration_seconds_count{queue="dictation"}[1m]) > 0'
    wait_until(lambda: bool(prometheus.query(ended)), lambda: prometheus.query("up"))
    assert used_metrics() <= prometheus.metric_names()
    for expression in all_expressions():
        prometheus.query(expression)

    def empty() -> list[str]:
        found = [one for one in dashboard_expressions() if not prometheus.query(one)]
        return [one for one in found if "health_check_status" not in one]  # all is ready

    # the recorded rules are computed at intervals of their own
    wait_until(lambda: not empty(), empty)
    assert prometheus.query('ALERTS{alertstate="firing"}') == []


@pytest.mark.slow
def test_the_metrics_follow_the_naming_conventions(services: Services) -> None:
    """promtool checks units, suffixes, reserved labels and help texts."""
    for service in (services.backend, services.llm):
        text = httpx.get(f"{service.url}/metrics", trust_env=False).text
        linted = promtool("check", "metrics", input_text=text)
        assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")
