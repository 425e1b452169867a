"""The real service on a real broker and a migrated database of each kind."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from services.messaging.app import create_app
from services.messaging.epoch import start_over
from services.messaging.settings import Settings
from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World
from shared.bus import Bus
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, NewDatabase, running


@pytest.fixture
async def database_url(new_database: NewDatabase) -> str:
    """A fresh database of this service, with an epoch of its own."""
    url = new_database("services.messaging:migrations")
    await start_over(url)
    return url


@pytest.fixture
def settings(database_url: str, nats_server: NatsServer) -> Settings:
    """Settings of a service on it."""
    return Settings(
        database_url=database_url,
        nats_url=nats_server.url,
        caller_secret=SecretStr(CALLER_SECRET),
        review_timeout=0.5,
        review_again_every=0.1,
    )


@pytest.fixture
async def neighbours(nats_server: NatsServer) -> AsyncIterator[World]:
    """Rooms and a gateway, on the bus before the service is."""
    bus = Bus("rooms", ProcessSettings(nats_url=nats_server.url))
    async with bus.connected():
        world = World(bus)
        await world.serve()
        yield world


@pytest.fixture
async def http(settings: Settings, neighbours: World) -> AsyncIterator[httpx.AsyncClient]:
    """The running service."""
    async with running(create_app(settings)) as client:
        yield client


@pytest.fixture
async def world(http: httpx.AsyncClient, neighbours: World) -> World:
    """The neighbours of a running service."""
    return neighbours


@pytest.fixture
async def near(nats_server: NatsServer) -> AsyncIterator[Neighbourhood]:
    """Auth, moderation and files; for tests that do without them, name this last or not at all."""
    neighbourhood = Neighbourhood(ProcessSettings(nats_url=nats_server.url))
    async with neighbourhood.running():
        yield neighbourhood
