"""The process killed at the worst moments: nothing half is left, and what is sent again arrives."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from PIL import Image

from services.files.settings import Settings
from services.files.tests.conftest import Person
from services.files.tests.drawn import PNG
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.process import Process
from shared.testing.waiting import eventually

pytestmark = ONLY_SQLITE
FORM = {"Content-Type": "multipart/form-data; boundary=X"}
HEAD = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'


@pytest.fixture
async def process(settings: Settings, tmp_path: Path) -> AsyncIterator[Process]:
    process = Process(settings, tmp_path)
    await process.start()
    yield process
    process.kill()


@pytest.fixture
async def client(process: Process) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{process.url}/api/v1", timeout=60) as client:
        yield client


async def upload(client: httpx.AsyncClient, room: str, person: Person, content: bytes) -> httpx.Response:
    headers = person.headers | {"Idempotency-Key": "once"}
    return await client.post(f"/rooms/{room}/files", files={"file": ("a.png", content)}, headers=headers)


async def kept_whole(client: httpx.AsyncClient, process: Process, room: str, person: Person, content: bytes) -> None:
    """Sent again after the crash, it is there once, with everything that belongs to it."""
    await process.start()
    await eventually(lambda: process.left() == [])
    file = (await upload(client, room, person, content)).json()
    for url in (file["url"], file["thumbnail_url"]):
        answer = await client.get(url.removeprefix("/api/v1"), headers=person.headers)
        Image.open(BytesIO(answer.content)).load()
    await eventually(lambda: len(process.left()) == 2 and process.arriving() == [])


async def test_killed_while_a_content_comes_in(
    process: Process, client: httpx.AsyncClient, room: str, alice: Person
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield HEAD
        yield b"x" * 1_000_000
        await eventually(lambda: process.arriving() != [])
        process.kill()
        yield b"x"

    with pytest.raises(httpx.TransportError):
        await client.post(f"/rooms/{room}/files", content=slowly(), headers=alice.headers | FORM)
    assert len(process.left()) == 1
    await kept_whole(client, process, room, alice, PNG)


async def test_killed_in_the_middle_of_a_picture(
    process: Process, client: httpx.AsyncClient, room: str, alice: Person
) -> None:
    large = BytesIO()
    Image.effect_noise((3000, 2000), 90).save(large, "PNG", compress_level=1)
    sending = asyncio.create_task(upload(client, room, alice, large.getvalue()))
    # The original, the picture that is being written, and its thumbnail.
    await eventually(lambda: len(process.arriving()) == 3)
    assert not sending.done()
    process.kill()
    with pytest.raises(httpx.TransportError):
        await sending
    await kept_whole(client, process, room, alice, large.getvalue())


async def test_stopped_in_the_middle_of_an_upload(
    process: Process, client: httpx.AsyncClient, room: str, alice: Person
) -> None:
    stopping: asyncio.Task[int] | None = None

    async def endlessly() -> AsyncIterator[bytes]:
        nonlocal stopping
        yield HEAD
        while True:
            yield b"x" * 50_000
            if process.arriving() and stopping is None:
                stopping = asyncio.create_task(asyncio.to_thread(process.stop))
            await asyncio.sleep(0.05)  # a client that is as slow as this, not a wait

    answers = await asyncio.gather(
        client.post(f"/rooms/{room}/files", content=endlessly(), headers=alice.headers | FORM), return_exceptions=True
    )
    assert stopping is not None, answers
    assert await stopping == 0
    assert process.left() == []


async def test_pillow_is_loaded_by_the_first_picture(
    process: Process, client: httpx.AsyncClient, rooms: FakeRooms, room: str, alice: Person
) -> None:
    headers = alice.headers
    await client.post(f"/rooms/{room}/files", files={"file": ("a.txt", b"x")}, headers=headers)
    assert not process.has("_imaging")
    assert (await upload(client, room, alice, PNG)).status_code == 201
    assert process.has("_imaging")
