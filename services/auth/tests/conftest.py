"""What the tests of this service stand on: the running service, a real broker, both databases, the real migrations."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from services.auth.app import create_app
from services.auth.settings import Settings
from services.auth.tests.world import World
from shared.bus import Bus
from shared.migrations import upgrade
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, running

SECRET_KEY = "a-secret-key-that-only-tests-know-0123456789"


@pytest.fixture
def settings(database_url: str, nats_server: NatsServer) -> Settings:
    """Of a service with an empty database, whose hashes cost next to nothing; test_passwords.py has real ones."""
    settings = Settings(
        caller_secret=SecretStr(CALLER_SECRET),
        secret_key=SecretStr(SECRET_KEY),
        database_url=database_url,
        nats_url=nats_server.url,
    )
    return settings.model_copy(update={"hash_memory_kib": 64, "hash_rounds": 1})


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """The service, running."""
    await asyncio.to_thread(upgrade, settings.database_url, "services.auth:migrations")
    app = create_app(settings)
    bus = Bus("gateway", ProcessSettings(nats_url=settings.nats_url))
    async with running(app) as client, bus.connected():
        yield World(app, client, bus)
