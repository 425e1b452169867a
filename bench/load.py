"""One run of wsload against one server, and what it found."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import build
from bench.failed import Failed
from bench.layout import Layout
from bench.servers.server import Server

_PATIENCE = 90.0


@dataclass(frozen=True)
class Load:
    """What wsload says, with CPU in microseconds by the name of the process."""

    said: dict[str, Any]
    opening: dict[str, float]
    window: dict[str, float]

    @property
    def deliveries(self) -> int:
        """Frames that carried a message, in the window."""
        return int(self.said["deliveries"])

    @property
    def messages(self) -> float:
        """Messages that were delivered to everybody, in the window."""
        return float(self.deliveries / self.said["expect"])

    @property
    def gateway(self) -> float:
        """Of the process that holds the sockets, in the window."""
        return self.window["gateway"]

    @property
    def whole(self) -> float:
        """Of all processes, in the window."""
        return sum(self.window.values())


def run(
    server: Server,
    layout: Layout,
    *,
    senders: int = 0,
    rate: float = 0,
    inflight: int = 0,
    seconds: float = 0,
    warmup: float = 0.7,
    hold: float = 0,
    only_gateway: bool = False,
    tokens: Sequence[str] | None = None,
) -> Load:
    """Open the sockets, then send: `rate` messages a second, or as fast as `inflight` outstanding messages allow."""
    pids = {"gateway": server.pids["gateway"]} if only_gateway else dict(server.pids)
    seats = layout.seats()
    with tempfile.TemporaryDirectory() as folder:
        targets, brought = Path(folder) / "targets", Path(folder) / "tokens"
        targets.write_text("\n".join(server.path(room) for room, _ in seats))
        brought.write_text("\n".join(tokens or [server.token(person) for _, person in seats]))
        options = {
            "url": f"ws://127.0.0.1:{server.port}/",
            "targets": targets,
            "tokens": brought,
            "header": "Authorization: Bearer {token}",
            "conns": layout.sockets,
            "expect": layout.sockets / len(layout.rooms),
            "senders": senders,
            "template": server.template,
            "payload-bytes": 1024,
            "rate": rate,
            "inflight": inflight,
            "seconds": seconds,
            "warmup": warmup,
            "hold": hold,
            "drain": 5,
            "pid": ",".join(map(str, pids.values())),
        }
        command = [str(build.wsload()), "--json"]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise Failed(f"The load on {server.name} did not end within {_PATIENCE:.0f} s.") from None
    if ended.returncode != 0:
        raise Failed(f"The load on {server.name} failed: {(ended.stdout or ended.stderr).strip()[-400:]}")
    said = json.loads(ended.stdout)
    each = said.pop("pids")
    return Load(
        said,
        {name: each[str(pid)]["open_us"] for name, pid in pids.items()},
        {name: each[str(pid)]["window_us"] for name, pid in pids.items()},
    )
