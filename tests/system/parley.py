"""The whole product as `make run` starts it, on a free port and in a folder of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from deploy.local.ports import Ports

ROOT = Path(__file__).parents[2]
_PORTS = Ports()
START = 180.0  # a deadline; who ends before that is noticed at once


class Parley:
    """`python -m deploy.local`, its processes, and how to hurt them."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None, var: Path | None = None) -> None:
        self.var = var or folder / "var"
        self.port = _PORTS.free()
        self.base = f"http://127.0.0.1:{self.port}"
        self._environment = environment or {}
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything and wait until the gateway is ready."""
        environment = {**os.environ, "VAR_DIR": str(self.var), "PORT": str(self.port), **self._environment}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.wait_ready()

    def wait_ready(self, timeout: float = START) -> None:
        """Until every service says that it is ready."""
        deadline = time.monotonic() + timeout
        last = "nothing answered"
        while time.monotonic() < deadline:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"it ended with {self._process.returncode}:\n{self.log()[-4000:]}")
            try:
                answer = httpx.get(f"{self.base}/readyz", timeout=2)
                last = answer.text
                if answer.status_code == 200:
                    return
            except httpx.TransportError as error:
                last = repr(error)
            time.sleep(0.05)  # a poll of another process's port has no event to wait for
        raise AssertionError(f"not ready after {timeout} s ({last}):\n{self.log()[-4000:]}")

    def stop(self) -> int:
        """Ctrl-C, and the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)

    def power_off(self) -> None:
        """kill -9 of everything at once."""
        assert self._process is not None
        victims = _children(self._process.pid)
        self._process.kill()
        self._process.wait()
        for victim in victims:  # they die with the supervisor; who uses a disk must be gone before it can be unmounted
            while _is_alive(victim):
                time.sleep(0.005)

    def log(self) -> str:
        """All that it has said."""
        return self._log.read_text(errors="replace")

    def pid(self, name: str) -> int:
        """The process of a service, or of nats-server, below this run's supervisor."""
        assert self._process is not None
        wanted = "nats-server" if name == "nats" else f"services.{name}"
        for child in _children(self._process.pid):
            if any(wanted in argument for argument in _command(child)):
                return child
        raise ProcessLookupError(name)

    def pids(self) -> dict[str, int]:
        """Every process by name."""
        names = ("nats", "auth", "rooms", "messaging", "moderation", "files", "gateway")
        return {name: self.pid(name) for name in names}

    def kill(self, name: str) -> None:
        """kill -9, of this run's own process."""
        os.kill(self.pid(name), signal.SIGKILL)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
    except OSError:
        return []
