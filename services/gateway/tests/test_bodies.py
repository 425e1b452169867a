"""What goes up and down: limits of size, constant memory, and who learns when the other end goes."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.gateway.tests.conftest import Start, World
from services.gateway.tests.world import reply
from shared.ids import new_id

MIB = 1024 * 1024
ROOM = new_id()
FILES = f"/api/v1/rooms/{ROOM}/files"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


async def chunks(count: int, size: int = MIB // 4) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def raw(world: World, head: str, body: bytes = b"") -> bytes:
    """What a server answers to these bytes, until it has said all or closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rsplit(":", 1)[1]))
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
    await writer.drain()
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


async def test_a_body_that_says_it_is_too_large_is_refused_unread(world: World) -> None:
    token = world.bearer()["Authorization"]
    for path, length in (("/api/v1/rooms", 256 * 1024 + 1), (FILES, 26 * MIB), ("/api/v1/auth/login", 17 * 1024)):
        head = f"POST {path} HTTP/1.1\nHost: x\nAuthorization: {token}\nContent-Length: {length}"
        assert (await raw(world, head)).startswith(b"HTTP/1.1 413 ")
    assert world.upstream.seen == []


async def test_a_body_that_grows_too_large_is_refused_on_the_way(world: World) -> None:
    answer = await world.client.post("/api/v1/rooms", headers=world.bearer(), content=chunks(40))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert world.upstream.seen == []


async def test_the_largest_json_body_passes(world: World) -> None:
    answer = await world.client.post("/api/v1/rooms", headers=world.bearer(), content=b"x" * 256 * 1024)
    assert answer.json()["size"] == 256 * 1024


async def test_an_upload_is_passed_on_as_it_comes(world: World) -> None:
    read: asyncio.Queue[int] = asyncio.Queue()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        total, more = 0, True
        while more:
            message = await receive()
            total, more = total + len(message["body"]), message["more_body"]
            read.put_nowait(total)
        await reply(send, 201, str(total).encode())

    async def slowly() -> AsyncIterator[bytes]:
        yield b"first"
        async with asyncio.timeout(2):
            assert await read.get() == 5, "the service has the first piece before the second is sent"
        yield b"x" * 20 * MIB

    world.upstream.answers[FILES] = answer
    got = await world.client.post(FILES, headers=world.bearer() | MULTIPART, content=slowly())
    assert (got.status_code, got.content) == (201, str(5 + 20 * MIB).encode())


@pytest.mark.parametrize("announced", [True, False])
async def test_an_upload_past_the_limit_is_cut_off(start: Start, announced: bool) -> None:
    cut = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "http.disconnect":
            assert message["more_body"], "what was refused must not look complete"
        cut.set()

    async with start(files_max_bytes=MIB) as world:
        world.upstream.answers[FILES] = answer
        content = b"x" * 2 * MIB if announced else chunks(40)
        got = await world.client.post(FILES, headers=world.bearer() | MULTIPART, content=content)
        assert (got.status_code, got.json()["code"]) == (413, "too_large")
        if not announced:
            async with asyncio.timeout(2):
                await cut.wait()


async def test_a_picture_of_somebody_has_a_limit_of_its_own(world: World) -> None:
    path = "/api/v1/users/upload-avatar"
    headers = world.bearer() | MULTIPART
    assert (await world.client.post(path, headers=headers, content=chunks(20))).json()["size"] == 5 * MIB
    for content in (b"x" * 6 * MIB, chunks(24)):
        got = await world.client.post(path, headers=headers, content=content)
        assert (got.status_code, got.json()["code"]) == (413, "too_large")
    assert (await world.client.post(path, headers=MULTIPART, content=b"x")).status_code == 401


async def test_that_limit_is_a_setting(start: Start) -> None:
    async with start(files_avatar_max_bytes=MIB) as world:
        path, headers = "/api/v1/users/upload-avatar", world.bearer() | MULTIPART
        assert (await world.client.post(path, headers=headers, content=chunks(4))).json()["size"] == MIB
        assert (await world.client.post(path, headers=headers, content=b"x" * 2 * MIB)).status_code == 413


async def test_a_picture_of_somebody_is_for_everybody_as_the_service_says(world: World) -> None:
    path = f"/api/v1/avatars/{new_id()}"
    sent = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"10"), (b"etag", b'"h"'), (b"cache-control", b"public, max-age=60")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        async with asyncio.timeout(2):
            await sent.wait()
        await send({"type": "http.response.body", "body": b"other"})

    world.upstream.answers[path] = answer
    async with world.client.stream("GET", path) as got:
        assert (got.status_code, got.headers["etag"], got.headers["cache-control"]) == (
            200,
            '"h"',
            "public, max-age=60",
        )
        pieces = got.aiter_raw()
        assert await anext(pieces) == b"first", "it comes piece by piece"
        sent.set()
        assert await anext(pieces) == b"other"


async def test_a_service_may_refuse_an_upload_early(world: World) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await reply(send, 415, b"{}")

    world.upstream.answers[FILES] = answer
    got = await world.client.post(FILES, headers=world.bearer() | MULTIPART, content=chunks(60))
    assert got.status_code == 415


async def test_an_upload_whose_client_goes_is_broken_off(world: World) -> None:
    reached, cut = asyncio.Event(), asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        reached.set()
        while (await receive())["type"] != "http.disconnect":
            pass
        cut.set()

    world.upstream.answers[FILES] = answer
    head = f"POST {FILES} HTTP/1.1\r\nHost: x\r\nAuthorization: {world.bearer()['Authorization']}\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rsplit(":", 1)[1]))
    writer.write(head.encode() + b"Content-Length: 1000\r\n\r\nabc")
    async with asyncio.timeout(10):
        await reached.wait()
        writer.close()
        await cut.wait()


async def test_a_download_waits_for_its_reader(world: World) -> None:
    sent = 0

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"67108864")]})
        for _ in range(64):
            await send({"type": "http.response.body", "body": b"x" * MIB, "more_body": True})
            sent += 1
        await send({"type": "http.response.body", "body": b""})

    path = f"/api/v1/files/{new_id()}/content"
    world.upstream.answers[path] = answer
    async with world.client.stream("GET", path, headers=world.bearer()) as got:
        assert got.headers["content-length"] == str(64 * MIB)
        await asyncio.sleep(0.5)
        assert sent < 24, "most of it still waits in the service"
        total = 0
        async for piece in got.aiter_raw():
            total += len(piece)
    assert total == 64 * MIB


async def test_a_question_whose_asker_goes_is_dropped(world: World) -> None:
    cut = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        cut.set()

    world.upstream.answers["/api/v1/rooms"] = answer
    with pytest.raises(httpx.ReadTimeout):
        await world.client.get("/api/v1/rooms", headers=world.bearer(), timeout=0.4)
    async with asyncio.timeout(2):
        await cut.wait()
