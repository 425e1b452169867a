"""A service as it runs in production: migrated, served by its own process, next to a real broker."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from shared.ids import new_id
from shared.testing.contract.committed import ROOT
from shared.testing.failures import unforeseen
from shared.testing.plugin import CALLER_SECRET
from shared.testing.processes import die_with_parent, free_port

_PATIENCE = 30.0


@dataclass(frozen=True)
class Live:
    """Where it listens, where its broker does, and a folder of the test's own."""

    service: str
    base: str
    nats_url: str
    folder: Path

    def log(self) -> str:
        """All that it has said."""
        return (self.folder / "log").read_text(errors="replace")


@contextmanager
def live(
    service: str,
    folder: Path,
    nats_url: str,
    *,
    database_url: str | None = None,
    environment: Mapping[str, str] | None = None,
    python: Path | None = None,
) -> Iterator[Live]:
    """Migrate and serve; at the end it must stop when it is told to, and have logged no traceback.

    `python` is an interpreter with the service installed; without one, the sources run in the tests' own.
    """
    port, instance = free_port(), new_id()
    told = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "PARLEY_INSTANCE": instance,
        "NATS_URL": nats_url,
        "DATABASE_URL": database_url or f"sqlite:///{folder / 'service.db'}",
        "CALLER_SECRET": CALLER_SECRET,
        "PYTHONDONTWRITEBYTECODE": "1",
        **({} if python else {"PYTHONPATH": str(ROOT)}),
        **(environment or {}),
    }
    running = Live(service, f"http://127.0.0.1:{port}", nats_url, folder)
    command = [str(python or sys.executable), "-m", f"services.{service}"]
    with (folder / "log").open("wb") as log:
        if service != "gateway":
            migrated = [*command, "migrate"]
            done = subprocess.run(
                migrated, cwd=folder, env=told, stdout=log, stderr=log, timeout=_PATIENCE, check=False
            )
            assert done.returncode == 0, running.log()
        process = subprocess.Popen(
            [*command, "serve"],
            cwd=folder,
            env=told,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )
    try:
        _wait_ready(running, instance, process)
        yield running
        process.terminate()
        assert process.wait(_PATIENCE) == 0, running.log()[-4000:]
    finally:
        process.kill()
        process.wait()
    assert not unforeseen(running.log()), unforeseen(running.log())


def _wait_ready(running: Live, instance: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE
    last: object = "nothing answered"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = httpx.get(f"{running.base}/readyz", timeout=2)
            last = answer.text
            if answer.is_success:
                assert (answer.json()["service"], answer.json()["instance"]) == (running.service, instance)
                return
        except httpx.TransportError as error:
            last = error
        time.sleep(0.05)  # a poll of another process's port has no event to wait for
    raise AssertionError(f"{running.service} is not ready ({last}):\n{running.log()[-4000:]}")
