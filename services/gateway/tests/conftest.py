"""A gateway on a real port, between a real broker and services that repeat what they hear."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.gateway.app import create_app
from services.gateway.tests.world import FakeAuth, Upstream, served, settings_for
from shared.bus import Bus
from shared.ids import new_id
from shared.testing.nats import NatsServer


@dataclass
class World:
    """What a test holds in its hands."""

    auth: FakeAuth
    upstream: Upstream
    client: httpx.AsyncClient
    url: str

    def bearer(self, user_id: str | None = None, **claims: Any) -> dict[str, str]:
        """The header of somebody who is logged in."""
        return {"Authorization": f"Bearer {self.auth.token(user_id or new_id(), **claims)}"}


Start = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
async def auth(nats_server: NatsServer) -> AsyncIterator[FakeAuth]:
    """Auth, answering on the broker."""
    bus = Bus("auth", settings_for(nats_server))
    async with bus.connected():
        fake = FakeAuth(bus)
        await fake.serve()
        yield fake


@pytest.fixture
def start(nats_server: NatsServer, auth: FakeAuth) -> Start:
    """Starts a gateway with the given settings."""

    @asynccontextmanager
    async def started(**more: Any) -> AsyncIterator[World]:
        async with AsyncExitStack() as stack:
            upstream = Upstream()
            upstream.url = await stack.enter_async_context(served(upstream, lifespan=False))
            app = create_app(settings_for(nats_server, upstream.url, **more))
            url = await stack.enter_async_context(served(app))
            client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=20))

            async with asyncio.timeout(10):
                while (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.02)
            yield World(auth, upstream, client, url)

    return started


@pytest.fixture
async def world(start: Start) -> AsyncIterator[World]:
    """A gateway with the default settings."""
    async with start() as started:
        yield started
