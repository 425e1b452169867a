"""POST /rooms/{room_id}/files."""

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from services.files.tests.conftest import MAX_BYTES, QUOTA, Person, Service
from services.files.tests.drawn import PNG
from services.files.tests.fake_rooms import FakeRooms
from services.files.tests.only_sqlite import ONLY_SQLITE
from services.files.tests.test_kinds import HTML
from services.files.tests.test_names import HOSTILE
from shared.ids import new_id
from shared.testing.waiting import eventually

FORM = {"Content-Type": "multipart/form-data; boundary=X"}
HEAD = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


async def test_a_member_uploads(service: Service, room: str, alice: Person) -> None:
    answer = await service.upload(room, alice, b"hello", "note.txt")
    assert answer.status_code == 201
    file = answer.json()
    token = file["url"].partition("?token=")[2]
    assert file == {
        "id": file["id"],
        "name": "note.txt",
        "content_type": "application/octet-stream",
        "size": 5,
        "url": f"/api/v1/files/{file['id']}/content?token={token}",
        "thumbnail_url": None,
        "width": None,
        "height": None,
        "blurhash": None,
        "uploaded_by": alice.user_id,
        "room_id": room,
        "created_at": file["created_at"],
    }
    assert (await service.get(f"/files/{file['id']}/content", alice)).content == b"hello"


@ONLY_SQLITE
async def test_a_member_of_this_very_moment_uploads(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person
) -> None:
    for _ in range(5):
        await rooms.join(room, bob.user_id)
        assert (await service.upload(room, bob)).status_code == 201
        await rooms.leave(room, bob.user_id)
        await eventually(lambda: _refused(service, room, bob))


async def _refused(service: Service, room: str, person: Person) -> bool:
    answer = await service.upload(room, person)
    if answer.status_code == 201:
        await service.delete(answer.json()["id"], person)
    return answer.status_code == 404


@ONLY_SQLITE
async def test_strangers_and_nobody_are_refused(service: Service, room: str, bob: Person) -> None:
    answers = [
        await service.upload(room, bob),
        await service.upload(new_id(), bob),
        await service.upload(room, Person(role="admin")),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is no such room."
    url = f"/api/v1/rooms/{room}/files"
    assert (await service.client.post(url, files={"file": ("a", b"")})).status_code == 401
    assert service.left() == []


async def test_who_sees_a_room_and_is_not_in_it_is_told_so(
    service: Service, rooms: FakeRooms, room: str, bob: Person
) -> None:
    async def told() -> object:
        answer = await service.upload(room, bob)
        return answer.status_code if answer.status_code == 201 else (answer.status_code, answer.json()["code"])

    async def is_out() -> bool:
        return await told() == (403, "not_a_member")

    await rooms.open_up(room)
    assert await is_out()
    await rooms.join(room, bob.user_id)
    assert await told() == 201
    await rooms.leave(room, bob.user_id, "banned")
    await eventually(is_out)
    await rooms.open_up(room, "private")
    assert await told() == (404, "not_found")
    await rooms.open_up(room)
    assert await is_out()
    await rooms.delete(room)
    assert await told() == (404, "not_found")


@ONLY_SQLITE
async def test_the_size_limit(service: Service, room: str, alice: Person) -> None:
    assert (await service.upload(room, alice, b"x" * MAX_BYTES)).status_code == 201
    answer = await service.upload(room, alice, b"x" * (MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    await eventually(lambda: len(service.left()) == 1)


@ONLY_SQLITE
async def test_too_much_is_refused_while_it_comes(service: Service, room: str, alice: Person) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield HEAD
        while True:
            sent += 65536
            yield b"x" * 65536

    url = f"/api/v1/rooms/{room}/files"
    answer = await service.client.post(url, content=endless(), headers=alice.headers | FORM)
    assert answer.status_code == 413
    assert sent <= MAX_BYTES + 2 * 65536
    await eventually(lambda: service.left() == [])


@ONLY_SQLITE
async def test_an_announced_length_is_refused_unread(service: Service, room: str, alice: Person) -> None:
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield HEAD

    headers = alice.headers | FORM | {"Content-Length": str(10 * MAX_BYTES)}
    answer = await service.client.post(f"/api/v1/rooms/{room}/files", content=body(), headers=headers)
    assert (answer.status_code, read) == (413, False)


@ONLY_SQLITE
@pytest.mark.parametrize("sent", [0, 10, 1_000_000])
async def test_nothing_is_left_of_an_upload_that_breaks_off(
    service: Service, room: str, alice: Person, sent: int
) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield HEAD
        yield b"x" * sent
        raise ConnectionError("the client went away")

    url = f"/api/v1/rooms/{room}/files"
    await asyncio.gather(
        service.client.post(url, content=breaking(), headers=alice.headers | FORM), return_exceptions=True
    )
    await eventually(lambda: service.left() == [])


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (HEAD + b"cut off", 400, "invalid_multipart"),
        (b"--X--\r\n", 422, "file_missing"),
        (HEAD.replace(b'"file"', b'"other"') + b"x\r\n--X--\r\n", 422, "unexpected_part"),
        (b'--X\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n' * 10_000, 400, "invalid_multipart"),
        (b"--X\r\nX: " + b"y" * 100_000, 400, "invalid_multipart"),
    ],
)
async def test_bad_forms(service: Service, room: str, alice: Person, body: bytes, status: int, code: str) -> None:
    url = f"/api/v1/rooms/{room}/files"
    answer = await service.client.post(url, content=body, headers=alice.headers | FORM)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    await eventually(lambda: service.left() == [])


@ONLY_SQLITE
async def test_what_is_not_a_form(service: Service, room: str, alice: Person) -> None:
    url = f"/api/v1/rooms/{room}/files"
    answer = await service.client.post(url, json={"file": "x"}, headers=alice.headers)
    assert answer.status_code == 415


@ONLY_SQLITE
async def test_a_name_that_lies(service: Service, room: str, alice: Person) -> None:
    answer = await service.upload(room, alice, HTML, "a.png")
    assert answer.status_code == 415
    await eventually(lambda: service.left() == [])


@ONLY_SQLITE
async def test_hostile_names_are_only_shown(service: Service, room: str, alice: Person) -> None:
    url = f"/api/v1/rooms/{room}/files"
    for raw, shown in ((raw, shown) for raw, shown in HOSTILE if raw):
        # A line break would end the header; what else there is arrives as it was sent.
        filename = re.sub(rb"[\r\n]", b"", raw.encode()).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        body = HEAD.replace(b'"a"', b'"' + filename + b'"') + PNG + b"\r\n--X--\r\n"
        answer = await service.client.post(url, content=body, headers=alice.headers | FORM)
        file = answer.json()
        assert file["name"] == shown
        header = (await service.get(f"/files/{file['id']}/content", alice)).headers["content-disposition"]
        assert re.match(r'inline; filename="[^"\\]+"', header)
        assert shown.isascii() or f"filename*=UTF-8''{quote(shown, safe='')}" in header
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in service.left())


async def test_the_quota(service: Service, room: str, rooms: FakeRooms, alice: Person, bob: Person) -> None:
    for _ in range(QUOTA // MAX_BYTES):
        await service.stored(room, alice, b"x" * MAX_BYTES)
    answer = await service.upload(room, alice, b"x")
    assert (answer.status_code, answer.json()["code"]) == (413, "quota_exceeded")
    await rooms.join(room, bob.user_id)
    await service.stored(room, bob, b"x")


async def test_who_is_removed_while_uploading(
    service: Service, rooms: FakeRooms, room: str, alice: Person, bob: Person
) -> None:
    await rooms.join(room, bob.user_id)

    async def body() -> AsyncIterator[bytes]:
        yield HEAD
        await rooms.leave(room, bob.user_id, "kicked")
        await eventually(lambda: _refused(service, room, bob))
        yield b"x\r\n--X--\r\n"

    url = f"/api/v1/rooms/{room}/files"
    answer = await service.client.post(url, content=body(), headers=bob.headers | FORM)
    assert answer.status_code == 404
    await eventually(lambda: service.left() == [])


async def test_an_upload_sent_again_with_its_key_is_one_file(service: Service, room: str, alice: Person) -> None:
    url, headers = f"/api/v1/rooms/{room}/files", alice.headers | {"Idempotency-Key": "k1"}

    async def send(content: bytes) -> httpx.Response:
        return await service.client.post(url, files={"file": ("a", content)}, headers=headers)

    first, again = await send(b"hello"), await send(b"hello")
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    other = await send(b"something else")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    await eventually(lambda: len(service.left()) == 1)
