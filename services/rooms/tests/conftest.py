"""What the tests of this service stand on: the real migrations, on both databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.rooms.tests.world import World
from shared.database import Database
from shared.migrations import upgrade


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A fresh database of this service."""
    await asyncio.to_thread(upgrade, database_url, "services.rooms:migrations")
    db = Database(database_url)
    yield db
    await asyncio.to_thread(db.close)


@pytest.fixture
async def world(db: Database) -> World:
    """People and rooms in it."""
    return World(db)
