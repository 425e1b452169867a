"""People whom many tests need."""

import json

import pytest

from tests.system.parley import Parley
from tests.system.person import Person, login, register


@pytest.fixture
async def anna(base: str) -> Person:
    """Somebody new."""
    return await register(base, "anna")


@pytest.fixture
async def room_id(anna: Person) -> str:
    """A room of hers."""
    return str((await anna.create_room())["id"])


@pytest.fixture
async def admin(parley: Parley, base: str) -> Person:
    """The first admin."""
    secrets = json.loads((parley.var / "secrets.json").read_text())
    return await login(base, secrets["admin_username"], secrets["admin_password"])
