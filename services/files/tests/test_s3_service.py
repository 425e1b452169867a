"""The service with its contents in a bucket: the same answers, links for the public, and a store that goes away."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from services.files.app import create_app
from services.files.settings import Settings
from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import PNG, opened
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.in_bucket import in_bucket, kept
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.seaweed import SeaweedFS
from services.files.tests.sick_store import GIVEN_UP, answering
from shared.testing.plugin import running
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

pytestmark = ONLY_SQLITE


@pytest.fixture
def settings(settings: Settings, seaweed: SeaweedFS) -> Settings:
    return in_bucket(settings, seaweed)


async def test_a_file_comes_and_goes(service: Service, settings: Settings, room: str, alice: Person) -> None:
    content = bytes(range(256)) * 4000
    file_id = await service.stored(room, alice, content)
    path = f"/files/{file_id}/content"
    assert (await service.get(path, alice)).content == content
    part = await service.get(path, alice, Range="bytes=300-700000")
    assert (part.status_code, part.content) == (206, content[300:700_001])
    assert (await service.get(path, alice, **{"If-None-Match": f'"{file_id}"'})).status_code == 304
    picture = (await service.upload(room, alice, PNG, "a.png")).json()
    assert opened((await service.get_open(picture["thumbnail_url"])).content).format == "WEBP"
    assert len(kept(settings)) == 3
    for each in (file_id, picture["id"]):
        assert (await service.delete(each, alice)).status_code == 204
    await eventually(lambda: kept(settings) == [])
    assert service.left() == []


async def test_the_public_fetches_it_from_the_store(
    settings: Settings, rooms: FakeRooms, alice: Person, bob: Person
) -> None:
    public = settings.model_copy(update={"files_s3_public_endpoint": settings.files_s3_endpoint})
    room = await rooms.room(**{alice.user_id: "owner"})
    app = create_app(public)
    async with running(app) as client, httpx.AsyncClient() as browser:
        service = Service(app, client, settings.files_root)
        file_id = await service.stored(room, alice, b"<script>", "naïve.html")
        answer = await service.get(f"/files/{file_id}/content", alice)
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "private, no-store")
        fetched = await browser.get(answer.headers["location"])
        assert fetched.content == b"<script>"
        assert fetched.headers["content-type"] == "application/octet-stream"
        assert fetched.headers["content-disposition"].startswith('attachment; filename="na_ve.html"; filename*=UTF-8')
        assert (await service.get(f"/files/{file_id}/content", bob)).status_code == 404
        # What is small comes from us, so that browsers can keep it.
        picture = (await service.upload(room, alice, PNG, "a.png")).json()
        assert (await service.get_open(picture["thumbnail_url"])).status_code == 200
        form = {"file": ("me.png", PNG)}
        shown = await client.post("/api/v1/users/upload-avatar", files=form, headers=alice.headers)
        assert (await service.get_open(shown.json()["avatar_url"])).headers["cache-control"].endswith("immutable")


async def test_what_is_refused_leaves_nothing(
    service: Service, settings: Settings, room: str, alice: Person, bob: Person
) -> None:
    await service.stored(room, alice)
    assert (await service.upload(room, alice, b"x" * 3_000_000)).status_code == 413
    assert (await service.upload(room, alice, b"<html>", "a.png")).status_code == 415
    assert (await service.upload(room, bob)).status_code == 404
    await eventually(lambda: len(kept(settings)) == 1)
    assert service.left() == []


@pytest.fixture(params=["down", "silent", "failing"])
async def sick(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The endpoint of a store that is of no use (RELIABILITY.md F33)."""
    if request.param == "down":
        yield f"http://127.0.0.1:{free_port()}"
        return
    answer = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" if request.param == "failing" else b""
    async with answering(answer) as endpoint:
        yield endpoint


async def test_a_store_that_is_away_is_503_within_three_seconds(
    settings: Settings, service: Service, rooms: FakeRooms, room: str, alice: Person, sick: str
) -> None:
    file_id = await service.stored(room, alice)
    app = create_app(settings.model_copy(update={"files_s3_endpoint": sick}))
    async with running(app) as client:
        other = Service(app, client, settings.files_root)
        for call in (other.get(f"/files/{file_id}/content", alice), other.upload(room, alice)):
            async with asyncio.timeout(GIVEN_UP):
                answer = await call
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        # What needs no store goes on.
        assert (await other.get(f"/files/{file_id}", alice)).status_code == 200
        ready = (await client.get("/readyz")).json()
        assert ready["ready"] is False
        assert ready["checks"]["database"] == "ok"
        assert (await other.delete(file_id, alice)).status_code == 204
    # The content follows as soon as there is a store again.
    await eventually(lambda: kept(settings) == [])


async def test_it_pauses_and_goes_on(
    service: Service, settings: Settings, seaweed: SeaweedFS, room: str, alice: Person
) -> None:
    file_id = await service.stored(room, alice)
    seaweed.pause()
    try:
        assert (await service.get(f"/files/{file_id}/content", alice)).status_code == 503
    finally:
        seaweed.resume()
    assert (await service.get(f"/files/{file_id}/content", alice)).content == b"hello"
