"""People's pictures."""

import asyncio

import httpx
import pytest
from PIL import Image

from services.files.actions.set_avatar import NewAvatar, set_avatar
from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import GIF, JPEG, PNG, WEBP, animated, drawn, flood, many_frames, opened
from services.files.tests.neighbours import FakeAuth
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.recorded import recorded
from services.files.tests.test_kinds import HTML, PDF, SVG
from shared.ids import new_id
from shared.problems import NotFound
from shared.testing.waiting import eventually


async def send(service: Service, person: Person, content: bytes, name: str = "me.png") -> httpx.Response:
    url = "/api/v1/users/upload-avatar"
    return await service.client.post(url, files={"file": (name, content)}, headers=person.headers)


async def test_an_avatar_is_shown_to_everybody(service: Service, alice: Person, bob: Person) -> None:
    answer = await send(service, alice, drawn("JPEG", (900, 600)), "x.exe")
    assert answer.status_code == 200
    url = answer.json()["avatar_url"]
    shown = await service.get_open(url)
    assert shown.status_code == 200
    assert opened(shown.content).size == (512, 512)
    assert url == f"/api/v1/avatars/{alice.user_id}?v={shown.headers['etag'].strip(chr(34))}"
    assert shown.headers["content-type"] == "image/webp"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await service.get(f"/avatars/{alice.user_id}", bob)).content == shown.content
    assert await recorded(service) == [("avatar.updated", {"user_id": alice.user_id, "avatar_url": url})]


async def test_without_the_hash_it_is_asked_for_anew(service: Service, alice: Person) -> None:
    url = (await send(service, alice, PNG)).json()["avatar_url"]
    for path in (f"/avatars/{alice.user_id}", f"/avatars/{alice.user_id}?v=old"):
        answer = await service.get_open(path)
        assert answer.headers["cache-control"] == "public, max-age=60"
        tag = {"If-None-Match": answer.headers["etag"]}
        assert (await service.get_open(path, **tag)).status_code == 304
    assert (await send(service, alice, PNG)).json()["avatar_url"] == url, "the same picture has the same address"


async def test_another_picture_takes_the_place_of_the_first(service: Service, alice: Person) -> None:
    first = (await send(service, alice, PNG)).json()["avatar_url"]
    second = (await send(service, alice, drawn("PNG", (30, 20)))).json()["avatar_url"]
    assert first != second
    assert (await service.get_open(second)).headers["cache-control"].endswith("immutable")
    assert (await service.get_open(first)).headers["cache-control"] == "public, max-age=60"
    await eventually(lambda: len(service.left()) == 1)


async def test_pictures_sent_at_once_leave_one(service: Service, alice: Person) -> None:
    answers = await asyncio.gather(*(send(service, alice, drawn("PNG", (20 + n, 20 + n))) for n in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    await eventually(lambda: len(service.left()) == 1)
    current = await service.get_open(f"/avatars/{alice.user_id}")
    told = [data["avatar_url"] for _, data in await recorded(service)]
    assert current.headers["etag"].strip('"') in told[-1]


@ONLY_SQLITE
@pytest.mark.parametrize("content", [GIF, WEBP, JPEG, animated("GIF"), animated("WEBP")])
async def test_what_is_taken(service: Service, alice: Person, content: bytes) -> None:
    assert (await send(service, alice, content)).status_code == 200


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (SVG, 415, "unsupported_media_type"),
        (HTML, 415, "unsupported_media_type"),
        (PDF, 415, "unsupported_media_type"),
        (b"", 415, "unsupported_media_type"),
        (PNG[:50], 415, "unreadable_picture"),
        (flood(), 413, "picture_too_large"),
        (many_frames(10_000), 413, "picture_too_large"),
        (PNG + bytes(5 * 1024 * 1024), 413, "too_large"),
    ],
    ids=["svg", "html", "pdf", "empty", "cut", "flood", "frames", "large"],
)
async def test_what_is_refused(service: Service, alice: Person, content: bytes, status: int, code: str) -> None:
    kept = (await send(service, alice, PNG)).json()["avatar_url"]
    answer = await send(service, alice, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    await eventually(lambda: len(service.left()) == 1)
    assert (await service.get_open(kept)).headers["cache-control"].endswith("immutable"), "the one before stays"


async def test_no_avatar_by_address(service: Service, alice: Person) -> None:
    answer = await service.client.post(
        "/api/v1/users/upload-avatar", json={"url": "http://127.0.0.1/x.png"}, headers=alice.headers
    )
    assert answer.status_code == 415


async def test_nobody_uploads_none(service: Service, alice: Person) -> None:
    url = "/api/v1/users/upload-avatar"
    assert (await service.client.post(url, files={"file": ("a", PNG)})).status_code == 401
    assert (await service.get_open(f"/avatars/{alice.user_id}")).status_code == 404
    assert (await service.get_open(f"/avatars/{new_id()}?v=x")).status_code == 404
    assert (await service.get_open("/avatars/x")).status_code == 422


async def test_removing_it(service: Service, alice: Person) -> None:
    url = (await send(service, alice, PNG)).json()["avatar_url"]
    for _ in range(2):
        answer = await service.client.delete("/api/v1/users/avatar", headers=alice.headers)
        assert answer.status_code == 204
    assert (await service.get_open(url)).status_code == 404
    await eventually(lambda: service.left() == [])
    assert [data["avatar_url"] for _, data in await recorded(service)] == [url, None]


async def test_it_goes_with_the_account(service: Service, auth: FakeAuth, alice: Person, bob: Person) -> None:
    url = (await send(service, alice, PNG)).json()["avatar_url"]
    others = (await send(service, bob, PNG)).json()["avatar_url"]
    await auth.delete(alice.user_id)
    await eventually(lambda: len(service.left()) == 1)
    assert (await service.get_open(url)).status_code == 404
    assert (await service.get_open(others)).status_code == 200
    with pytest.raises(NotFound):
        await service.db.write(set_avatar, NewAvatar(alice.user_id, "0" * 32, "0" * 32, 1))
    assert (await send(service, alice, PNG)).status_code == 404
    await eventually(lambda: len(service.left()) == 1)


async def test_where_a_phone_was_is_not_told(service: Service, alice: Person) -> None:
    notes = Image.Exif()
    notes.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    url = (await send(service, alice, drawn("JPEG", (60, 60), exif=notes))).json()["avatar_url"]
    assert not opened((await service.get_open(url)).content).getexif()
