"""A second process of a service, beside the one that the supervisor runs."""

import asyncio
import signal
import subprocess
import sys

import httpx

from shared.testing.processes import free_port
from tests.faults.arena import Arena
from tests.faults.process import environment
from tests.system.parley import ROOT


class Replica:
    """Told the same as the first."""

    def __init__(self, arena: Arena, service: str) -> None:
        self.port = free_port()
        self._service = service
        self._log = arena.parley.var.parent / f"{service}-2.log"
        self._environment = environment(arena.parley.pid(service)) | {"PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        self._spawn()
        async with httpx.AsyncClient() as http, asyncio.timeout(30):
            while not await self._is_ready(http):
                await asyncio.sleep(0.05)

    def _spawn(self) -> None:
        command = [sys.executable, "-m", f"services.{self._service}", "serve"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether there is such a process."""
        return self._process is not None and self._process.poll() is None

    def end(self, how: signal.Signals) -> int:
        """End it; its exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=30)

    def log(self) -> str:
        """All that it has said."""
        return self._log.read_text(errors="replace")

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False
