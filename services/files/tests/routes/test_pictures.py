"""Pictures through the API: what is kept of them, their thumbnails, and what is refused."""

import pytest

from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import JPEG, PNG, animated, drawn, flood, many_frames, opened
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.recorded import recorded
from shared.testing.waiting import eventually

pytestmark = ONLY_SQLITE


async def test_a_picture_and_its_thumbnail(service: Service, room: str, alice: Person) -> None:
    sent = drawn("JPEG", (1000, 500), quality=95)
    file = (await service.upload(room, alice, sent, "holiday.jpg")).json()
    assert (file["width"], file["height"], file["content_type"]) == (1000, 500, "image/jpeg")
    assert len(file["blurhash"]) == 28
    assert file["thumbnail_url"].startswith(f"/api/v1/files/{file['id']}/thumbnail?token=")
    kept = await service.get(f"/files/{file['id']}/content", alice)
    assert file["size"] == len(kept.content)
    assert opened(kept.content).size == (1000, 500)
    answer = await service.get(f"/files/{file['id']}/thumbnail", alice)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["content-disposition"] == 'inline; filename="thumbnail.webp"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert opened(answer.content).size == (400, 200)
    part = await service.get(f"/files/{file['id']}/thumbnail", alice, Range="bytes=0-3")
    assert (part.status_code, part.content) == (206, b"RIFF")
    tag = {"If-None-Match": answer.headers["etag"]}
    assert (await service.get(f"/files/{file['id']}/thumbnail", alice, **tag)).status_code == 304
    assert len(service.left()) == 2


async def test_an_animation_is_kept(service: Service, room: str, alice: Person) -> None:
    file_id = await service.stored(room, alice, animated("GIF", 5), "cat.gif")
    kept = await service.get(f"/files/{file_id}/content", alice)
    assert getattr(opened(kept.content), "n_frames", 1) == 5


async def test_what_is_no_picture_has_no_thumbnail(service: Service, room: str, alice: Person) -> None:
    file_id = await service.stored(room, alice)
    assert (await service.get(f"/files/{file_id}/thumbnail", alice)).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (flood(), "a.png", 413, "picture_too_large"),
        (many_frames(10_000), "a.gif", 413, "picture_too_large"),
        (PNG[:50], "a.png", 415, "unreadable_picture"),
        (PNG, "a.jpg", 415, "unsupported_media_type"),
    ],
    ids=["flood", "frames", "cut", "lie"],
)
async def test_refused_pictures_leave_nothing(
    service: Service, room: str, alice: Person, content: bytes, name: str, status: int, code: str
) -> None:
    answer = await service.upload(room, alice, content, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    await eventually(lambda: service.left() == [])
    assert await recorded(service) == []


async def test_a_polyglot_is_only_its_picture(service: Service, room: str, alice: Person) -> None:
    script = b"<script>alert(1)</script>"
    for content, name in ((PNG + script, "a.png"), (JPEG + script, "a.jpg"), (drawn("GIF") + script, "a.gif")):
        file_id = await service.stored(room, alice, content, name)
        assert script not in (await service.get(f"/files/{file_id}/content", alice)).content


async def test_a_deleted_picture_takes_its_thumbnail_along(service: Service, room: str, alice: Person) -> None:
    file_id = await service.stored(room, alice, PNG, "a.png")
    assert (await service.delete(file_id, alice)).status_code == 204
    await eventually(lambda: service.left() == [])


async def test_the_quota_counts_what_is_kept(service: Service, room: str, alice: Person) -> None:
    file = (await service.upload(room, alice, PNG + b"x" * 100_000, "a.png")).json()
    assert file["size"] < 1000
