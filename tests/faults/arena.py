"""A whole Parley that faults are done to, and the handles to do them by."""

import asyncio
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

import httpx

from shared.testing.nats import NatsServer
from tests.faults.logs import in_the_log, secrets_of
from tests.faults.process import environment
from tests.faults.proxy import Proxy
from tests.system.parley import Parley
from tests.system.person import Person, login

SERVICES = ("auth", "rooms", "messaging", "moderation", "files", "gateway")
LIMITS_OFF = {
    **{f"PARLEY_LIMIT_{name}": "off" for name in ("REGISTER", "LOGIN", "HTTP", "MESSAGES", "FRAMES", "UPLOADS")},
    "PARLEY_MAX_SOCKETS": "1000",
}


_A = TypeVar("_A", bound="Arena")


class Arena:
    """Everything that faults are done to."""

    def __init__(self, folder: Path, environment: dict[str, str], var: Path | None = None) -> None:
        self.parley = Parley(folder, {**LIMITS_OFF, **environment}, var)

    def base(self, number: int) -> str:
        """Which gateway the person of this number uses."""
        return self.parley.base

    async def start(self) -> None:
        """Start everything and wait until it is ready."""
        await asyncio.to_thread(self.parley.start)

    async def kill(self, name: str) -> None:
        """kill -9 a service, and wait until the supervisor has started another."""
        before = self.parley.pid(name)
        os.kill(before, signal.SIGKILL)
        await self.replaced(name, before)

    async def replaced(self, name: str, before: int) -> None:
        """There is another process of this name."""
        async with asyncio.timeout(30):
            while True:
                try:
                    if self.parley.pid(name) != before:
                        return
                except ProcessLookupError:
                    pass
                await asyncio.sleep(0.02)

    async def ready(self) -> None:
        """Until every service says that it is ready."""
        async with asyncio.timeout(60):
            for name in SERVICES:
                while not await self.is_ready(name):
                    await asyncio.sleep(0.05)

    async def is_ready(self, name: str) -> bool:
        """Whether a service runs and says so."""
        try:
            port = environment(self.parley.pid(name))["PORT"]
            async with httpx.AsyncClient(timeout=5) as http:
                return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
        except (OSError, KeyError, httpx.TransportError):
            return False

    async def admin(self) -> Person:
        """The first admin, logged in."""
        secrets = json.loads((self.parley.var / "secrets.json").read_text())
        return await login(self.parley.base, secrets["admin_username"], secrets["admin_password"])

    def database(self, service: str) -> Path:
        """Where a service keeps its SQLite file."""
        return self.parley.var / service / f"{service}.sqlite3"

    def recorded(self, service: str) -> int:
        """How many events a service has recorded, whoever has heard of them."""
        with closing(sqlite3.connect(f"file:{self.database(service)}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT last_id FROM outbox_head").fetchone()[0])

    @asynccontextmanager
    async def locked(self, service: str) -> AsyncIterator[None]:
        """Another process holds the database's write lock."""
        other = sqlite3.connect(self.database(service), isolation_level=None, timeout=5)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    def close(self) -> None:
        """Stop everything, in order; the log must tell of no unforeseen error, and no secret."""
        status = self.parley.stop()
        log = self.parley.log()
        assert status == 0, log[-4000:]
        found = in_the_log(log, secrets_of(self.parley.var))
        assert not found, found


class ProxiedArena(Arena):
    """An arena whose broker is the test's own; every service reaches it through a proxy of its own."""

    def __init__(
        self, folder: Path, environment: dict[str, str] | None = None, broker: NatsServer | None = None
    ) -> None:
        self.nats = broker or NatsServer()
        self.nats.start()
        self.proxies = {name: Proxy(self.nats.port) for name in SERVICES}
        for proxy in self.proxies.values():
            proxy.start()
        urls = {f"{name.upper()}_NATS_URL": f"nats://127.0.0.1:{proxy.port}" for name, proxy in self.proxies.items()}
        super().__init__(folder, {"NATS_URL": self.nats.url, **urls, **(environment or {})})

    def close(self) -> None:
        """Heal, then stop everything."""
        for proxy in self.proxies.values():
            proxy.heal()
        try:
            super().close()
        finally:
            for proxy in self.proxies.values():
                proxy.close()
            self.nats.close()


@asynccontextmanager
async def running(arena: _A) -> AsyncIterator[_A]:
    """The arena, ready; stopped and clean at the end."""
    try:
        await arena.start()
        yield arena
    finally:
        await asyncio.to_thread(arena.close)
