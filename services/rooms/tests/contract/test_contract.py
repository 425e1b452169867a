from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.rooms.app import create_app
from services.rooms.settings import Settings
from services.rooms.tests.neighbours import Neighbours
from shared.testing.contract.fuzz import World, signed
from shared.testing.contract.live import Live
from shared.testing.contract.service import ServiceContract
from shared.testing.plugin import CALLER_SECRET


class TestRooms(ServiceContract):
    service = "rooms"
    create_app = staticmethod(create_app)
    settings = Settings

    @asynccontextmanager
    async def around(self, live: Live) -> AsyncIterator[World]:
        """Two people, one of whom has a room with the other in it."""
        near = Neighbours(Settings(database_url="sqlite://", nats_url=live.nats_url, caller_secret=CALLER_SECRET))
        async with near.running(), httpx.AsyncClient(base_url=f"{live.base}/api/v1") as client:
            ada, bob = near.auth.register("ada"), near.auth.register("bob")
            hers, his = (signed("rooms", "user", who.user_id) for who in (ada, bob))
            room = (await client.post("/rooms", json={"name": "Tea"}, headers=hers)).json()
            joined = await client.post(f"/rooms/{room['id']}/join", json={}, headers=his)
            assert joined.status_code == 200, joined.text
            known = {"room_id": room["id"], "user_id": bob.user_id}
            yield World(lambda role: signed("rooms", role, ada.user_id), known)
