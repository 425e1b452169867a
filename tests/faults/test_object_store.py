"""F33: the object store is down, silent, failing; files says so in time, and people go on talking."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from minio import Minio

from services.files.tests.seaweed import ACCESS_KEY, SECRET_KEY, SeaweedFS
from services.files.tests.sick_store import GIVEN_UP, answering
from shared.testing.waiting import eventually
from tests.faults.arena import LIMITS_OFF
from tests.faults.proxy import Proxy
from tests.system.parley import Parley
from tests.system.person import Person, register

_CONTENT = b"some content " * 1_000


@dataclass
class House:
    """Parley on a real S3 behind a proxy."""

    parley: Parley
    seaweed: SeaweedFS
    proxy: Proxy
    port: int

    def objects(self) -> list[str]:
        """The contents in the store."""
        client = Minio(
            self.seaweed.endpoint.removeprefix("http://"), access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False
        )
        return [str(each.object_name) for each in client.list_objects("parley-files", "blobs/", recursive=True)]

    def left(self) -> list[Path]:
        """Files below the folder of uploads on their way."""
        folder = self.parley.var / "files" / "blobs"
        return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    seaweed = SeaweedFS()
    try:
        await asyncio.to_thread(seaweed.start)
        port = int(seaweed.endpoint.rpartition(":")[2])
        proxy = Proxy(port)
        proxy.start()
        told = {
            "FILES_S3_ENDPOINT": f"http://127.0.0.1:{proxy.port}",
            "FILES_S3_ACCESS_KEY": ACCESS_KEY,
            "FILES_S3_SECRET_KEY": SECRET_KEY,
        }
        parley = Parley(tmp_path, {**LIMITS_OFF, **told})
        try:
            await asyncio.to_thread(parley.start)
            yield House(parley, seaweed, proxy, port)
        finally:
            await asyncio.to_thread(parley.stop)
            proxy.close()
    finally:
        await asyncio.to_thread(seaweed.close)


@asynccontextmanager
async def down(house: House) -> AsyncIterator[None]:
    house.proxy.cut()
    yield
    house.proxy.heal()


@asynccontextmanager
async def silent(house: House) -> AsyncIterator[None]:
    house.proxy.hold()
    yield
    house.proxy.heal()


@asynccontextmanager
async def failing(house: House) -> AsyncIterator[None]:
    async with answering(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as endpoint:
        house.proxy.lead_to(int(endpoint.rpartition(":")[2]))
        yield
        house.proxy.lead_to(house.port)


async def refused(call: Callable[[], Any]) -> None:
    """503 with a time to come back, before the store would have answered."""
    async with asyncio.timeout(GIVEN_UP):
        answer: httpx.Response = await call()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert "retry-after" in answer.headers


async def talk(owner: Person, room: dict[str, Any], number: int) -> None:
    """A message arrives as if nothing was wrong."""
    async with owner.socket(f"/ws/{room['id']}") as socket:
        await socket.until("ready")
        client_id = f"while it is away {number}"
        await socket.send(type="message.send", client_id=client_id, content="still talking")
        await socket.until("message.created", lambda frame: frame["message"]["client_id"] == client_id)


async def test_whatever_the_store_does(house: House) -> None:
    owner = await register(house.parley.base)
    room = await owner.create_room()
    path = f"/rooms/{room['id']}/files"
    form = {"file": ("a.bin", _CONTENT)}
    file = await owner.call("POST", path, 201, files=form)
    headers = {"Authorization": f"Bearer {owner.token}"}
    async with httpx.AsyncClient(base_url=f"{house.parley.base}/api/v1", headers=headers, timeout=30) as client:
        for number, fault in enumerate((down, silent, failing)):
            async with fault(house):
                await asyncio.gather(
                    refused(lambda: client.post(path, files=form)),
                    refused(lambda: client.get(f"/files/{file['id']}/content")),
                    talk(owner, room, number),
                    owner.call("GET", f"/files/{file['id']}", 200),
                )

            async def back() -> bool:
                return (await client.get(f"/files/{file['id']}/content")).content == _CONTENT

            await eventually(back, within=30)
            await owner.call("POST", path, 201, files=form)
    await eventually(lambda: len(house.objects()) == 4, within=30)
    assert house.left() == []
    assert "Traceback" not in house.parley.log()
