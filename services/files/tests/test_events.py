"""Each event is told once, by the act that it is about, on the subject that others expect."""

import asyncio

import nats
import orjson
from nats.aio.msg import Msg

from services.files.tests.conftest import Person, Service
from services.files.tests.recorded import recorded, unsigned
from shared.testing.nats import NatsServer


async def test_events_of_an_upload_and_a_deletion(service: Service, room: str, alice: Person) -> None:
    file = unsigned((await service.upload(room, alice)).json())
    await service.delete(file["id"], alice)
    assert await recorded(service) == [
        ("file.stored", {"file": file}),
        ("file.deleted", {"file_id": file["id"], "room_id": room}),
    ]


async def test_nothing_is_told_of_what_was_refused(service: Service, room: str, alice: Person, bob: Person) -> None:
    await service.upload(room, bob)
    await service.upload(room, alice, b"<html>", "a.png")
    assert await recorded(service) == []


async def test_events_reach_the_broker(service: Service, room: str, alice: Person, nats_server: NatsServer) -> None:
    client = await nats.connect(nats_server.url)
    heard: asyncio.Queue[Msg] = asyncio.Queue()
    await client.subscribe("files.>", cb=heard.put)
    await client.flush()
    file = unsigned((await service.upload(room, alice)).json())
    async with asyncio.timeout(10):
        message = await heard.get()
    [envelope] = orjson.loads(message.data)
    assert envelope["producer"] == "files"
    assert envelope["subject"] == f"files.file.{file['id']}.stored"
    assert envelope["data"] == {"file": file}
    await client.close()
