"""GET /files/{file_id}/content."""

import zipfile
from io import BytesIO

import pytest

from services.files.tests.conftest import Person, Service
from services.files.tests.drawn import GIF, JPEG, PNG, WEBP
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.test_kinds import HTML, PDF, SVG
from shared.ids import new_id
from shared.testing.waiting import eventually

pytestmark = ONLY_SQLITE


@pytest.mark.parametrize(
    ("content", "name", "kind", "shown"),
    [
        (PNG, "a.png", "image/png", "inline"),
        (JPEG, "a.jpg", "image/jpeg", "inline"),
        (GIF, "a.gif", "image/gif", "inline"),
        (WEBP, "a.webp", "image/webp", "inline"),
        (PDF, "a.pdf", "application/pdf", "attachment"),
        (SVG, "a.svg", "application/octet-stream", "attachment"),
        (HTML, "a.html", "application/octet-stream", "attachment"),
        (b"<?xml version='1.0'?><x/>", "a.xml", "application/octet-stream", "attachment"),
        (b"alert(1)", "a.js", "application/octet-stream", "attachment"),
        (GIF + b"*/=1;alert(1)", "a.gif", "image/gif", "inline"),
        (b"", "a", "application/octet-stream", "attachment"),
    ],
)
async def test_headers_keep_browsers_from_running_it(
    service: Service, room: str, alice: Person, content: bytes, name: str, kind: str, shown: str
) -> None:
    file_id = await service.stored(room, alice, content, name)
    answer = await service.get(f"/files/{file_id}/content", alice)
    assert answer.status_code == 200
    if shown == "attachment":
        assert answer.content == content
    else:
        assert b"alert" not in answer.content
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["content-disposition"] == f'{shown}; filename="{name}"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["accept-ranges"] == "bytes"


async def test_archives_are_never_unpacked(service: Service, room: str, alice: Person) -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../zeros", bytes(50_000_000))
    file = (await service.upload(room, alice, bomb.getvalue(), "bomb.zip")).json()
    assert (file["content_type"], file["size"]) == ("application/zip", len(bomb.getvalue()))
    answer = await service.get(f"/files/{file['id']}/content", alice)
    assert answer.content == bomb.getvalue()
    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(service.left()) == 1


async def test_ranges(service: Service, room: str, alice: Person) -> None:
    content = bytes(range(256)) * 3000
    file_id = await service.stored(room, alice, content)
    path = f"/files/{file_id}/content"
    part = await service.get(path, alice, Range="bytes=300-700000")
    assert part.status_code == 206
    assert part.content == content[300:700_001]
    assert part.headers["content-range"] == f"bytes 300-700000/{len(content)}"
    assert (await service.get(path, alice, Range="bytes=-5")).content == content[-5:]
    outside = await service.get(path, alice, Range=f"bytes={len(content)}-")
    assert outside.status_code == 416
    assert outside.headers["content-range"] == f"bytes */{len(content)}"
    assert outside.json()["code"] == "range_not_satisfiable"
    many = "bytes=" + ",".join(f"{n}-{n}" for n in range(10_000))
    assert (await service.get(path, alice, Range=many)).status_code == 200


async def test_entity_tags(service: Service, room: str, alice: Person) -> None:
    file_id = await service.stored(room, alice)
    path = f"/files/{file_id}/content"
    tag = (await service.get(path, alice)).headers["etag"]
    unchanged = await service.get(path, alice, **{"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    assert (await service.get(path, alice, **{"If-None-Match": '"other"'})).status_code == 200
    assert (await service.get(path, alice, **{"Range": "bytes=0-1", "If-Range": tag})).status_code == 206
    assert (await service.get(path, alice, **{"Range": "bytes=0-1", "If-Range": '"other"'})).status_code == 200


async def test_head(service: Service, room: str, alice: Person, bob: Person) -> None:
    file_id = await service.stored(room, alice)
    url = f"/api/v1/files/{file_id}/content"
    answer = await service.client.head(url, headers=alice.headers)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "5", b"")
    assert (await service.client.head(url, headers=bob.headers)).status_code == 404


async def test_who_is_not_a_member_gets_the_answer_of_a_file_that_is_not_there(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person
) -> None:
    await rooms.join(room, bob.user_id)
    file_id = await service.stored(room, bob, PNG, "a.png")
    await rooms.leave(room, bob.user_id, "banned")

    async def refused() -> bool:
        return (await service.get(f"/files/{file_id}/content", bob)).status_code == 404

    await eventually(refused)
    answers = [
        await service.get(f"/files/{file_id}/content", bob),  # the uploader himself, put out
        await service.get(f"/files/{file_id}/thumbnail", bob),
        await service.get(f"/files/{file_id}/content", Person(role="admin")),
        await service.get(f"/files/{file_id}/thumbnail", Person(), Range="bytes=0-1"),
        await service.get(f"/files/{file_id}/content", Person(), Range="bytes=0-1"),
        await service.get(f"/files/{file_id}/content", Person(), **{"If-None-Match": f'"{file_id}"'}),
        await service.get(f"/files/{new_id()}/content", alice),
    ]
    bodies = {answer.text.replace(answer.json()["request_id"], "") for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(bodies) == 1
    assert len({tuple(sorted(set(answer.headers) - {"x-request-id"})) for answer in answers}) == 1
    for part in ("content", "thumbnail"):
        assert (await service.client.get(f"/api/v1/files/{file_id}/{part}")).status_code == 401
        assert (await service.client.head(f"/api/v1/files/{file_id}/{part}", headers=bob.headers)).status_code == 404
    assert (await service.get(f"/files/{file_id}/content", alice)).status_code == 200


async def test_a_content_that_the_disk_has_lost(service: Service, room: str, alice: Person) -> None:
    file_id = await service.stored(room, alice)
    for path in service.root.rglob("*"):
        if path.is_file():
            path.unlink()
    assert (await service.get(f"/files/{file_id}/content", alice)).status_code == 404


async def test_ids_that_are_none(service: Service, alice: Person) -> None:
    for bad in ("x", "..", new_id().upper(), "%00", "-1"):
        assert (await service.get(f"/files/{bad}/content", alice)).status_code in (400, 404, 422)
