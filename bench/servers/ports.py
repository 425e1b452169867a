"""Ports of the peers."""

import socket
import subprocess
import time

from bench.failed import Failed

_START = 20.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Return once the process takes connections there."""
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failed(f"A peer did not start: {process.args!r}")
