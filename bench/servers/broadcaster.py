"""The bare C broadcaster."""

import subprocess
from collections.abc import Mapping

from bench import build
from bench.servers.ports import free_port, until_listening
from bench.servers.server import PROSE


class Broadcaster:
    """See bench/peers/broadcaster.c."""

    name = "c"
    template = '{"content":"{ts} ' + PROSE + '"}'

    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen([build.broadcaster(), str(self.port)])
        self.pids: Mapping[str, int] = {"gateway": self._process.pid}
        until_listening(self.port, self._process)

    def path(self, room: str) -> str:
        """The room's name will do."""
        return f"/{room}"

    def token(self, person: int) -> str:
        """Nobody is asked."""
        return "-"

    def history(self, room: str) -> str:
        """Nothing is kept."""
        return ""

    def stop(self) -> None:
        """It holds nothing that could be lost."""
        self._process.kill()
        self._process.wait(timeout=10)
