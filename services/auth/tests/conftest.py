"""What the tests of this service stand on: the running service, a real broker, both databases, the real migrations."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from services.auth.app import create_app
from services.auth.settings import Settings
from services.auth.tests.world import World
from shared.bus import Bus
from shared.migrations import upgrade
from shared.settings import ProcessSettings
from shared.testing.migrated import Migrated
from shared.testing.nats import NatsServer
from shared.testing.plugin import CALLER_SECRET, NewDatabase, running

SECRET_KEY = "a-secret-key-that-only-tests-know-0123456789"
Start = Callable[..., AbstractAsyncContextManager[World]]


def settings_for(database_url: str, nats_url: str, **more: Any) -> Settings:
    """Of a service whose hashes cost next to nothing; test_passwords.py has real ones."""
    settings = Settings(
        caller_secret=SecretStr(CALLER_SECRET),
        secret_key=SecretStr(SECRET_KEY),
        database_url=database_url,
        nats_url=nats_url,
        **more,
    )
    return settings.model_copy(update={"hash_memory_kib": 64, "hash_rounds": 1})


@asynccontextmanager
async def world_of(settings: Settings) -> AsyncIterator[World]:
    """The service, running with these settings, and a connection to the broker as the gateway has one."""
    await asyncio.to_thread(upgrade, settings.database_url, "services.auth:migrations")
    app = create_app(settings)
    bus = Bus("gateway", ProcessSettings(nats_url=settings.nats_url))
    async with running(app) as client, bus.connected():
        yield World(app, client, bus)


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """A fresh database of this service."""
    return new_database("services.auth:migrations")


@pytest.fixture
def settings(database_url: str, nats_server: NatsServer) -> Settings:
    """Of a service to which nobody has come yet."""
    return settings_for(database_url, nats_server.url)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """The service, running."""
    async with world_of(settings) as opened:
        yield opened


@pytest.fixture
def start(tmp_path: Path, nats_server: NatsServer, migrated: Migrated) -> Start:
    """Starts the service with settings of the test's own, on SQLite: for what no database has to do with."""

    def started(**more: Any) -> AbstractAsyncContextManager[World]:
        path = tmp_path / "auth.db"
        url = f"sqlite:///{path}" if path.exists() else migrated.sqlite(path, "services.auth:migrations")
        return world_of(settings_for(url, **{"nats_url": nats_server.url, **more}))

    return started


@pytest.fixture
async def light(start: Start) -> AsyncIterator[World]:
    """The service, running on SQLite alone."""
    async with start() as opened:
        yield opened
