"""Services that are down, slow, or die in the middle: a clean answer soon, and no harm to the others."""

import asyncio
import socket

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from services.gateway import upstream
from services.gateway.pool import CONNECT_SECONDS, CONNECTIONS_PER_SERVICE
from services.gateway.tests.conftest import Start, World
from services.gateway.tests.world import reply
from services.gateway.waiting_room import PLACES
from shared.ids import new_id
from shared.testing.nats import NatsServer
from shared.testing.processes import free_port
from shared.testing.waiting import eventually

LONG = 60.0  # a deadline, for a machine that has much else to do


async def test_a_service_that_is_down_is_503_and_alone(start: Start) -> None:
    async with start(rooms_url=f"http://127.0.0.1:{free_port()}") as world:
        answer = await world.client.get("/api/v1/rooms", headers=world.bearer())
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), "504 is who waited for an answer"
        assert answer.headers["Retry-After"] == "1"
        assert (await world.client.get("/api/v1/users/me", headers=world.bearer())).status_code == 200


async def test_a_service_behind_a_black_hole_is_503_soon(start: Start) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):  # the queue is full: the next SYN is dropped
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        async with start(rooms_url=f"http://127.0.0.1:{deaf.getsockname()[1]}") as world:
            answer = await world.client.get("/api/v1/rooms", headers=world.bearer())
            assert answer.status_code == 503, "504 is who waited for as long as for an answer"
            assert CONNECT_SECONDS <= 1


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


class Held:
    """A service that answers nobody until it is told to, and counts who waits."""

    def __init__(self, status: int) -> None:
        self.release = asyncio.Event()
        self.waiting = 0
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        self.waiting += 1
        await self.release.wait()
        await reply(send, self._status, b"{}")


async def test_many_slow_calls_do_not_keep_another_service_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.gateway.proxy.QUICK", LONG)
    rooms = world.upstream.answers["/api/v1/rooms"] = Held(200)
    count = CONNECTIONS_PER_SERVICE + 20
    async with httpx.AsyncClient(base_url=world.url, timeout=LONG, limits=httpx.Limits(max_connections=200)) as client:
        slow = [asyncio.create_task(client.get("/api/v1/rooms", headers=world.bearer())) for _ in range(count)]
        await eventually(lambda: rooms.waiting == CONNECTIONS_PER_SERVICE, within=LONG)
        assert (await world.client.get("/api/v1/users/me", headers=world.bearer())).status_code == 200
        assert rooms.waiting == CONNECTIONS_PER_SERVICE, "no connection to rooms was free, and none was needed"
        rooms.release.set()
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


async def test_a_flood_of_logins_leaves_connections_for_others(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.gateway.proxy.QUICK", LONG)
    async with start(parley_limit_login="off", parley_limit_login_address="off", parley_limit_http="off") as world:
        login = world.upstream.answers["/api/v1/auth/login"] = Held(401)
        async with httpx.AsyncClient(
            base_url=world.url, timeout=LONG, limits=httpx.Limits(max_connections=300)
        ) as crowd:
            flood = [asyncio.create_task(crowd.post("/api/v1/auth/login", json={})) for _ in range(180)]
            await eventually(lambda: login.waiting == PLACES, within=LONG)
            answers = [await world.client.get("/api/v1/users/me", headers=world.bearer()) for _ in range(5)]
            assert {each.status_code for each in answers} == {200}, "auth answers others"
            assert login.waiting == PLACES, "the rest of the flood waits"
            login.release.set()
            statuses = [(await each).status_code for each in flood]
            assert set(statuses) <= {401, 503} and statuses.count(401) >= PLACES
