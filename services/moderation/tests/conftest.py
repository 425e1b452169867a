"""What the tests of this service stand on: the real migrations on both databases, a real broker, small neighbours."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.moderation.app import create_app
from services.moderation.settings import Settings
from services.moderation.tests.house import House
from services.moderation.tests.neighbours import Neighbours
from shared.database import Database
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, NewDatabase, running


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """A fresh database of this service."""
    return new_database("services.moderation:migrations")


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """That database, opened."""
    db = Database(database_url)
    yield db
    await asyncio.to_thread(db.close)


@pytest.fixture
def settings(database_url: str, nats_server: NatsServer) -> Settings:
    """The settings of a service on it."""
    return Settings(database_url=database_url, nats_url=nats_server.url, caller_secret=CALLER_SECRET)


@pytest.fixture
async def near(settings: Settings) -> AsyncIterator[Neighbours]:
    """The services around it."""
    neighbours = Neighbours(settings)
    async with neighbours.running():
        yield neighbours


@pytest.fixture
async def house(settings: Settings, near: Neighbours) -> AsyncIterator[House]:
    """The service, running."""
    async with running(create_app(settings)) as client:
        # Ready means that the broker knows its subscriptions.
        assert (await client.get("/readyz")).status_code == 200
        yield House(client, near)
