"""Dashboard, alerts, autoscalers: each metric that they name is exported by a running service; alerts are explained."""

import json
import re
from pathlib import Path

import httpx
import yaml

from tests.system.parley import ROOT, Parley
from tests.system.person import Person

_METRIC = re.compile(r"\b(?:parley|process)_[a-z0-9_]+")
_SERIES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


async def test_what_is_shown_alerted_on_and_scaled_by_is_measured(parley: Parley, anna: Person, room_id: str) -> None:
    await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "measured"})
    exported = _exported(parley)
    dashboard = _metrics(ROOT / "deploy/grafana/parley.json")
    alerts = _metrics(ROOT / "deploy/prometheus/alerts.yml")
    scaling = _metrics(ROOT / "deploy/kubernetes/overlays/production/prometheus-adapter.yaml")
    assert (dashboard - exported, alerts - exported, scaling - exported) == (set(), set(), set())
    assert scaling
    ours = {name for name in exported if name.startswith("parley_")}
    shown = {re.sub("_(bucket|sum|count)$", "", name) for name in dashboard | alerts}
    assert {re.sub("_(bucket|sum|count)$", "", name) for name in ours} - shown == {"parley_password_hashes_total"}


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana/parley.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    wanted = ("deliveries", "ack latency", "outbox lag", "consumer lag", "sockets", "slow consumers", "review verdicts")
    titles = " ".join(panel["title"].lower() for panel in panels)
    assert [name for name in wanted if name not in titles] == []


def test_every_alert_stands_in_the_book_of_the_person_on_call() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
    book = (ROOT / "docs/operations.md").read_text()
    assert re.findall(r"^### (\w+)$", book, re.MULTILINE) == [rule["alert"] for rule in rules]
    assert all(rule["labels"]["severity"] in ("page", "warn") and rule["annotations"]["summary"] for rule in rules)


def test_the_example_asks_every_service_under_the_name_that_alerts_go_by() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())
    jobs = {job["job_name"] for job in config["scrape_configs"]}
    assert jobs == {f"parley-{path.name}" for path in (ROOT / "services").iterdir() if (path / "app.py").exists()}


def _metrics(path: Path) -> set[str]:
    return set(_METRIC.findall(path.read_text()))


def _exported(parley: Parley) -> set[str]:
    found: set[str] = set()
    for name, url in json.loads((parley.var / "urls.json").read_text()).items():
        if name != "nats":
            for metric, kind in re.findall(r"^# TYPE (\S+) (\w+)$", httpx.get(f"{url}/metrics").text, re.MULTILINE):
                found |= {metric + end for end in _SERIES.get(kind, ("",))}
    return found
