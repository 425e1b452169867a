from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from services.files.app import create_app
from services.files.settings import Settings
from services.files.tests.fake_rooms import rooms_running
from shared.ids import new_id
from shared.testing.contract.fuzz import World, signed
from shared.testing.contract.live import Live
from shared.testing.contract.service import ServiceContract


class TestFiles(ServiceContract):
    service = "files"
    create_app = staticmethod(create_app)
    settings = Settings

    @asynccontextmanager
    async def around(self, live: Live) -> AsyncIterator[World]:
        """A room with two people and a file."""
        ada, bob = new_id(), new_id()
        async with rooms_running(live.nats_url, live.folder) as rooms:
            room_id = await rooms.room(**{ada: "owner", bob: "member"})
            async with httpx.AsyncClient(base_url=f"{live.base}/api/v1") as client:
                hers = signed("files", "user", ada)
                sent = await client.post(f"/rooms/{room_id}/files", files={"file": ("a.txt", b"tea")}, headers=hers)
                assert sent.status_code == 201, sent.text
            known = {"room_id": room_id, "user_id": bob, "file_id": sent.json()["id"]}
            yield World(lambda role: signed("files", role, ada), known)
