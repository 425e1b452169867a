"""The Docker engine, if there is one here, and Compose."""

import os
import subprocess
from collections.abc import Mapping, Sequence

import docker
from docker.errors import DockerException

from tests.system.parley import ROOT


def missing() -> str | None:
    """What the suite can't do without and does not find, in one sentence."""
    try:
        client = docker.from_env(timeout=10)
        client.ping()
        client.close()
    except DockerException as error:
        return f"no Docker engine is reachable ({type(error).__name__}): the deployment was not rehearsed"
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        return "`docker compose` is not installed: the deployment was not rehearsed"
    return None


def compose(arguments: Sequence[str], environment: Mapping[str, str], within: float = 900.0) -> str:
    """`docker compose` in the root of the repository; what it printed, or an AssertionError with it."""
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=within,
        check=False,
    )
    assert done.returncode == 0, f"docker compose {' '.join(arguments)}:\n{done.stdout[-6000:]}"
    return done.stdout
