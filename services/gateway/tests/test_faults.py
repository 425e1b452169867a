"""Services that are down, slow, or die in the middle: a clean answer soon, and no harm to the others."""

import asyncio
import socket
import time

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.gateway import upstream
from services.gateway.tests.conftest import Start, World
from services.gateway.tests.world import reply
from services.gateway.waiting_room import PLACES
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.processes import free_port
from shared.testing.waiting import eventually


async def test_a_service_that_is_down_is_503_and_alone(start: Start) -> None:
    async with start(rooms_url=f"http://127.0.0.1:{free_port()}") as world:
        began = time.monotonic()
        answer = await world.client.get("/api/v1/rooms", headers=world.bearer())
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert time.monotonic() - began < 1
        assert (await world.client.get("/api/v1/users/me", headers=world.bearer())).status_code == 200


async def test_a_service_behind_a_black_hole_is_503_soon(start: Start) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):  # the queue is full: the next SYN is dropped
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        async with start(rooms_url=f"http://127.0.0.1:{deaf.getsockname()[1]}") as world:
            began = time.monotonic()
            answer = await world.client.get("/api/v1/rooms", headers=world.bearer())
            assert answer.status_code == 503
            assert time.monotonic() - began < 2


async def test_a_service_that_is_slow_is_504(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    world.upstream.answers["/api/v1/rooms"] = answer
    monkeypatch.setattr("services.gateway.proxy.QUICK", 0.3)
    assert upstream.QUICK == 10
    got = await world.client.get("/api/v1/rooms", headers=world.bearer())
    assert (got.status_code, got.json()["code"]) == (504, "upstream_timeout")


async def half(scope: Scope, receive: Receive, send: Send) -> None:
    """Dies in the middle of its answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"x" * 500, "more_body": True})
    await asyncio.sleep(0.05)


async def test_a_service_that_dies_in_a_small_answer_is_503(world: World) -> None:
    world.upstream.answers["/api/v1/rooms"] = half
    assert (await world.client.get("/api/v1/rooms", headers=world.bearer())).status_code == 503


async def test_a_service_that_dies_in_a_large_answer_cuts_the_connection(world: World) -> None:
    path = f"/api/v1/files/{new_id()}/content"
    world.upstream.answers[path] = half
    with pytest.raises(httpx.RemoteProtocolError):
        await world.client.get(path, headers=world.bearer(), timeout=10)


async def test_a_service_that_closes_without_a_word_is_503(start: Start) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        async with start(rooms_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as world:
            answer = await world.client.post("/api/v1/rooms", headers=world.bearer(), json={})
            assert answer.status_code == 503


async def test_many_slow_calls_do_not_keep_another_service_waiting(world: World) -> None:
    release = asyncio.Event()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await reply(send, 200, b"{}")

    world.upstream.answers["/api/v1/rooms"] = answer
    async with httpx.AsyncClient(base_url=world.url, timeout=20, limits=httpx.Limits(max_connections=200)) as client:
        slow = [asyncio.create_task(client.get("/api/v1/rooms", headers=world.bearer())) for _ in range(60)]
        await asyncio.sleep(0.2)
        began = time.monotonic()
        assert (await client.get("/api/v1/users/me", headers=world.bearer())).status_code == 200
        assert time.monotonic() - began < 1
        release.set()
        assert {(await each).status_code for each in slow} == {200}


async def test_fresh_tokens_are_passed_on_while_the_broker_is_away(world: World, nats_server: NatsServer) -> None:
    """They exist already: a client that is told to try again would come with a token that was used."""
    nats_server.pause()
    try:
        fresh = await world.client.post("/api/v1/auth/refresh", json={"refresh_token": "x"})
        ended = await world.client.post("/api/v1/auth/logout", headers=world.bearer())
    finally:
        nats_server.resume()
    assert fresh.status_code == 200
    assert ended.status_code in (503, 504)


async def test_a_flood_of_logins_leaves_connections_for_others(start: Start) -> None:
    release, arrived = asyncio.Event(), list[int]()

    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        arrived.append(1)
        await release.wait()
        await reply(send, 401, b"{}")

    async def all_places_taken() -> bool:
        return len(arrived) >= PLACES

    async with start(parley_limit_login="off", parley_limit_login_address="off", parley_limit_http="off") as world:
        world.upstream.answers["/api/v1/auth/login"] = answer
        async with httpx.AsyncClient(base_url=world.url, timeout=20, limits=httpx.Limits(max_connections=300)) as crowd:
            flood = [asyncio.create_task(crowd.post("/api/v1/auth/login", json={})) for _ in range(180)]
            await eventually(all_places_taken)
            # All of this world's services have one address, and so one share of connections.
            answers = [await world.client.get("/api/v1/rooms", headers=world.bearer()) for _ in range(5)]
            assert {each.status_code for each in answers} == {200}
            assert len(arrived) == PLACES, "the others wait"
            release.set()
            statuses = [(await each).status_code for each in flood]
            assert set(statuses) <= {401, 503} and statuses.count(401) >= PLACES
