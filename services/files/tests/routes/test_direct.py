"""Large files that clients bring to the store by themselves: agreed on before, looked at after."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from services.files.app import create_app
from services.files.models import direct_uploads
from services.files.settings import Settings
from services.files.tests.conftest import QUOTA, Person, Service
from services.files.tests.drawn import JPEG, PNG, flood, opened
from services.files.tests.fake_clamd import EICAR, clamd_running
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.in_bucket import in_bucket, kept
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.seaweed import SeaweedFS
from shared.database import WriteSession
from shared.ids import new_id
from shared.testing.plugin import running
from shared.testing.waiting import eventually

pytestmark = ONLY_SQLITE


@pytest.fixture
def settings(settings: Settings, seaweed: SeaweedFS) -> Settings:
    return in_bucket(settings, seaweed, files_s3_public_endpoint=seaweed.endpoint, files_direct_max_bytes="6000000")


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


async def begin(service: Service, room: str, person: Person, size: int, name: str = "a.bin") -> httpx.Response:
    url = f"/api/v1/rooms/{room}/files/direct"
    return await service.client.post(url, json={"name": name, "size": size}, headers=person.headers)


async def bring(browser: httpx.AsyncClient, told: dict[str, Any], content: bytes) -> int:
    answer = await browser.post(told["url"], data=told["fields"], files={"file": ("x", content)})
    return answer.status_code


async def complete(service: Service, upload_id: str, person: Person) -> httpx.Response:
    return await service.client.post(f"/api/v1/files/direct/{upload_id}/complete", headers=person.headers)


async def test_a_large_file(
    service: Service, settings: Settings, room: str, alice: Person, browser: httpx.AsyncClient
) -> None:
    content = bytes(range(256)) * 20_000
    told = (await begin(service, room, alice, len(content), "../naïve.bin")).json()
    early = await complete(service, told["id"], alice)
    assert (early.status_code, early.json()["code"]) == (409, "not_uploaded")
    assert await bring(browser, told, content) == 204
    answer = await complete(service, told["id"], alice)
    assert answer.status_code == 201
    file = answer.json()
    assert (file["name"], file["size"], file["room_id"]) == ("naïve.bin", len(content), room)
    fetched = await browser.get((await service.get_open(file["url"])).headers["location"])
    assert fetched.content == content
    assert (await complete(service, told["id"], alice)).json()["id"] == file["id"], "asking again gets the same file"
    await eventually(lambda: len(kept(settings)) == 1)


async def test_the_store_takes_what_was_agreed_on_and_nothing_else(
    service: Service, settings: Settings, room: str, alice: Person, browser: httpx.AsyncClient
) -> None:
    told = (await begin(service, room, alice, 10)).json()
    assert await bring(browser, told, b"x" * 11) == 400
    assert await bring(browser, told, b"x" * 9) == 400
    other = told | {"fields": told["fields"] | {"key": "blobs/aa/x"}}
    assert await bring(browser, other, b"x" * 10) == 403
    assert kept(settings) == []


async def test_what_comes_is_looked_at(
    service: Service, settings: Settings, room: str, alice: Person, browser: httpx.AsyncClient
) -> None:
    for content, name, status in ((b"<html>", "a.png", 415), (flood(), "a.png", 413), (PNG[:50], "a.png", 415)):
        told = (await begin(service, room, alice, len(content), name)).json()
        assert await bring(browser, told, content) == 204
        assert (await complete(service, told["id"], alice)).status_code == status
    await eventually(lambda: all(key.startswith("brought/") for key in kept(settings)))
    told = (await begin(service, room, alice, len(JPEG + b"<script>"), "a.jpg")).json()
    await bring(browser, told, JPEG + b"<script>")
    file = (await complete(service, told["id"], alice)).json()
    fetched = await browser.get((await service.get_open(file["url"])).headers["location"])
    assert b"<script>" not in fetched.content
    assert opened(fetched.content).size == (file["width"], file["height"])


async def test_what_is_taken_over_is_changed_by_nobody(
    service: Service, room: str, alice: Person, browser: httpx.AsyncClient
) -> None:
    told = (await begin(service, room, alice, 5)).json()
    await bring(browser, told, b"first")
    file = (await complete(service, told["id"], alice)).json()
    assert await bring(browser, told, b"other") == 204
    fetched = await browser.get((await service.get_open(file["url"])).headers["location"])
    assert fetched.content == b"first"
    assert (await complete(service, told["id"], alice)).json()["id"] == file["id"]


async def test_asked_twice_at_once_it_is_one_file(
    service: Service, settings: Settings, room: str, alice: Person, browser: httpx.AsyncClient
) -> None:
    told = (await begin(service, room, alice, 5)).json()
    await bring(browser, told, b"hello")
    answers = await asyncio.gather(*(complete(service, told["id"], alice) for _ in range(3)))
    ids = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert len(ids) == 1
    await eventually(lambda: len(kept(settings)) == 1)


async def test_who_may(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person, browser: httpx.AsyncClient
) -> None:
    assert (await begin(service, room, bob, 5)).status_code == 404
    assert (await complete(service, new_id(), alice)).status_code == 404
    await rooms.join(room, bob.user_id)
    told = (await begin(service, room, bob, 5)).json()
    await bring(browser, told, b"hello")
    assert (await complete(service, told["id"], alice)).status_code == 404
    await rooms.leave(room, bob.user_id)

    async def refused() -> bool:
        return (await begin(service, room, bob, 5)).status_code == 404

    await eventually(refused)
    assert (await complete(service, told["id"], bob)).status_code == 404


async def test_limits_are_told_before(service: Service, room: str, alice: Person) -> None:
    too_large = await begin(service, room, alice, 6_000_001)
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    assert (await begin(service, room, alice, QUOTA // 2)).status_code == 201
    full = await begin(service, room, alice, QUOTA // 2 + 1)
    assert (full.status_code, full.json()["code"]) == (413, "quota_exceeded")
    for draft in ({"name": "a", "size": 0}, {"name": "a"}, {"name": "a", "size": 1, "id": "x"}):
        url = f"/api/v1/rooms/{room}/files/direct"
        assert (await service.client.post(url, json=draft, headers=alice.headers)).status_code == 422


async def test_what_nobody_completes_is_swept_away(
    service: Service, settings: Settings, room: str, alice: Person, browser: httpx.AsyncClient
) -> None:
    told = (await begin(service, room, alice, 5)).json()
    await bring(browser, told, b"hello")

    def age(tx: WriteSession) -> None:
        tx.execute(update(direct_uploads).values(expires_at=tx.now - timedelta(hours=2)))

    async def forgotten() -> bool:
        return (await complete(service, told["id"], alice)).status_code == 404

    await service.db.write(age)
    await eventually(lambda: kept(settings) == [])
    await eventually(forgotten)


async def test_malware_is_refused(
    settings: Settings, rooms: FakeRooms, alice: Person, browser: httpx.AsyncClient
) -> None:
    room = await rooms.room(**{alice.user_id: "owner"})
    async with clamd_running() as clamd:
        scanned = {"files_clamd_host": "127.0.0.1", "files_clamd_port": clamd.port}
        app = create_app(settings.model_copy(update=scanned))
        async with running(app) as client:
            service = Service(app, client, settings.files_root)
            told = (await begin(service, room, alice, len(EICAR))).json()
            await bring(browser, told, EICAR)
            answer = await complete(service, told["id"], alice)
    assert (answer.status_code, answer.json()["code"]) == (422, "infected")


async def test_without_such_a_store_there_are_none(settings: Settings, rooms: FakeRooms, alice: Person) -> None:
    room = await rooms.room(**{alice.user_id: "owner"})
    app = create_app(settings.model_copy(update={"files_s3_endpoint": ""}))
    async with running(app) as client:
        answer = await begin(Service(app, client, settings.files_root), room, alice, 5)
    assert (answer.status_code, answer.json()["code"]) == (409, "direct_uploads_off")
