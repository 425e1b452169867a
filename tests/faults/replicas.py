"""Two gateways and two messaging replicas on one PostgreSQL."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from shared.testing.nats import NatsServer
from shared.testing.postgres import Postgres
from shared.testing.processes import free_port
from tests.faults.arena import SERVICES, Arena
from tests.system.parley import ROOT


class Replica:
    """A second process of a service, told the same as the first."""

    def __init__(self, arena: Arena, service: str) -> None:
        self.port = free_port()
        self._service = service
        self._log = arena.parley.var.parent / f"{service}-2.log"
        told = Path(f"/proc/{arena.parley.pid(service)}/environ").read_bytes().rstrip(b"\0").split(b"\0")
        pairs = (one.decode().partition("=") for one in told)
        self._environment = {name: value for name, _, value in pairs} | {"PORT": str(self.port)}
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

    def end(self, how: signal.Signals) -> int:
        """End it; its exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=30)

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


class ReplicatedArena(Arena):
    """Everything on PostgreSQL, gateway and messaging twice; every other person uses the second gateway."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.nats = NatsServer()
        self.nats.start()
        urls = {f"{name.upper()}_DATABASE_URL": postgres.create_database() for name in SERVICES if name != "gateway"}
        super().__init__(folder, {"NATS_URL": self.nats.url, **urls})
        self.second: dict[str, Replica] = {}

    def base(self, number: int) -> str:
        return f"http://127.0.0.1:{self.second['gateway'].port}" if number % 2 else self.parley.base

    async def start(self) -> None:
        await super().start()
        for name in ("messaging", "gateway"):
            self.second[name] = Replica(self, name)
            await self.second[name].start()

    async def replace(self, name: str) -> None:
        """kill -9 the second one, and start another."""
        self.second[name].end(signal.SIGKILL)
        await self.second[name].start()

    def close(self) -> None:
        try:
            for name in ("gateway", "messaging"):
                assert self.second[name].end(signal.SIGTERM) == 0
            super().close()
        finally:
            self.nats.close()
