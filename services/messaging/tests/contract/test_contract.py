from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.messaging.app import create_app
from services.messaging.settings import Settings
from services.messaging.tests import world
from shared.bus import Bus
from shared.ids import new_id
from shared.settings import ProcessSettings
from shared.testing.contract.fuzz import World, signed
from shared.testing.contract.live import Live
from shared.testing.contract.service import ServiceContract


class TestMessaging(ServiceContract):
    service = "messaging"
    create_app = staticmethod(create_app)
    settings = Settings

    @asynccontextmanager
    async def around(self, live: Live) -> AsyncIterator[World]:
        """A room in which something was said."""
        ada, bob = new_id(), new_id()
        bus = Bus("rooms", ProcessSettings(nats_url=live.nats_url))
        async with bus.connected():
            neighbours = world.World(bus)
            await neighbours.serve()
            room_id = await neighbours.room(ada, bob)
            sent = await neighbours.send(ada, room_id, "hello", "c1")
            known = {"room_id": room_id, "user_id": bob, "message_id": sent["message_id"]}
            yield World(lambda role: signed("messaging", role, ada), known)
