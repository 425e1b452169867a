"""Who is let in at all: by which name they ask, from where, how often they guess; and HEAD, which asks for less."""

import asyncio
from typing import Any

import httpx
import orjson
import pytest
from pydantic import ValidationError
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.gateway.settings import Settings
from services.gateway.tests.conftest import Start, World
from services.gateway.tests.test_limits import login_answers
from services.gateway.tests.world import SECRETS, reply, settings_for
from shared.bus import Bus
from shared.ids import new_id
from shared.problems import NotFound
from shared.testing.nats import NatsServer

HOST = "chat.example.org"


async def by_name(world: World, host: str, path: str = "/api/v1/rooms") -> httpx.Response:
    return await world.client.get(path, headers={"Host": host} | world.bearer())


async def test_who_means_another_host_gets_nothing(start: Start) -> None:
    async with start(parley_allowed_hosts=f"{HOST}, [::1]") as world:
        for host in (HOST, "CHAT.example.org:8000", f"{HOST}.", "[::1]:80"):
            assert (await by_name(world, host)).status_code == 200, host
        seen = len(world.upstream.seen)
        for host in ("127.0.0.1", f"{HOST}.evil", f"evil.{HOST}", f"evil:{HOST}", "", f"{HOST}@evil", "[::1"):
            for path in ("/api/v1/rooms", "/", "/openapi.json"):
                refused = await by_name(world, host, path)
                assert (refused.status_code, refused.json()["code"]) == (421, "misdirected_request"), (host, path)
        assert len(world.upstream.seen) == seen
        assert (await by_name(world, "10.0.0.7:8000", "/readyz")).status_code == 200
        with pytest.raises(InvalidStatus) as misdirected:
            async with opened(world):
                pass
        assert misdirected.value.response.status_code == 421


@pytest.mark.parametrize("host", ["https://chat.example.org", "*.example.org", "chat.example.org:443", "a b"])
def test_a_host_that_can_match_nothing_is_a_mistake(host: str) -> None:
    secrets = {f"{service}_caller_secret": secret for service, secret in SECRETS.items()}
    with pytest.raises(ValidationError, match="is not a name"):
        Settings(parley_allowed_hosts=host, **secrets)  # type: ignore[arg-type]


def opened(world: World, path: str = "/ws") -> connect:
    token = world.auth.token(new_id())
    return connect(world.url.replace("http", "ws", 1) + path, additional_headers={"Authorization": f"Bearer {token}"})


async def code_of(socket: ClientConnection) -> int:
    """With which code the server closes."""
    with pytest.raises(ConnectionClosed) as end:
        await asyncio.wait_for(socket.recv(), 10)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


async def answers(socket: ClientConnection) -> None:
    await socket.send('{"type": "ping"}')
    await asyncio.wait_for(socket.recv(), 10)


async def test_an_address_has_only_so_many_sockets_whoever_they_are(start: Start) -> None:
    async with start(parley_max_sockets_per_address=3) as world:
        async with opened(world) as one, opened(world) as two, opened(world) as three:
            for socket in (one, two, three):
                await answers(socket)
            async with opened(world) as fourth:
                assert await code_of(fourth) == 4409
            # Who has not said yet who they are has a place too.
            await three.close()
            async with connect(world.url.replace("http", "ws", 1) + "/ws"), opened(world) as late:
                assert await code_of(late) == 4409


async def test_a_person_has_only_so_many_sockets(start: Start) -> None:
    async with start(parley_max_sockets=2) as world:
        headers = world.bearer(new_id())
        url = world.url.replace("http", "ws", 1) + "/ws"
        async with connect(url, additional_headers=headers) as one, connect(url, additional_headers=headers) as two:
            await answers(one)
            await answers(two)
            async with connect(url, additional_headers=headers) as third, opened(world) as another:
                assert await code_of(third) == 4409
                await answers(another)


@pytest.mark.parametrize("path", ["//ws", "/ws//", "/WS", "/ws/x", "/ws/../ws", "/ws/%2e%2e/ws", "/ws/dm", "/wss", "/"])
async def test_only_the_paths_of_the_contract_are_sockets(world: World, path: str) -> None:
    async with opened(world, path) as socket:
        assert await code_of(socket) == 4404


async def test_one_password_for_many_accounts_is_guessing(start: Start) -> None:
    async with start(parley_limit_login_address="5/hour", parley_limit_http="off") as world:
        login_answers(world)

        async def log_in(username: str, password: str = "wrong") -> httpx.Response:
            body = {"username": username, "password": password}
            return await world.client.post("/api/v1/auth/login", json=body)

        # Those who know their password cost the address nothing.
        good = await asyncio.gather(*(log_in(f"good-{number}", "right") for number in range(20)))
        assert {answer.status_code for answer in good} == {200}
        statuses = [(await log_in(f"user-{number}")).status_code for number in range(20)]
        assert statuses == [401] * 5 + [429] * 15
        refused = await log_in("somebody", "right")
        assert refused.status_code == 429 and 3_000 < int(refused.headers["Retry-After"]) <= 3_600


async def test_a_socket_sees_at_most_a_thousand_rooms(start: Start, nats_server: NatsServer) -> None:
    bus, answer = Bus("messaging", settings_for(nats_server)), asyncio.Event()

    async def attach(_: Any) -> Any:
        await answer.wait()
        raise NotFound("There is no such room.")

    async with bus.connected(), start(parley_limit_frames="off") as world:
        await bus.serve("attach", attach)
        await bus.ping()
        async with opened(world) as socket:
            for _ in range(1_001):
                await socket.send(orjson.dumps({"type": "subscribe", "room_id": new_id()}).decode())
            told = orjson.loads(await asyncio.wait_for(socket.recv(), 10))
            assert (told["type"], told["code"]) == ("error", "too_many_rooms")
            answer.set()


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("register", "POST", "/auth/register"),
        ("login", "POST", "/auth/login"),
        ("http", "GET", "/rooms"),
        ("messages", "POST", "/messages/{id}/react"),
        ("messages", "DELETE", "/messages/{id}"),
        ("uploads", "POST", "/rooms/{id}/files"),
        ("uploads", "POST", "/users/upload-avatar"),
    ],
)
async def test_one_more_than_an_operation_s_limit_is_told_when_to_come_back(
    start: Start, name: str, method: str, path: str
) -> None:
    async def answer(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await reply(send, {"register": 409, "login": 401}.get(name, 200), b"{}")

    whole = f"/api/v1{path.format(id=new_id())}"
    async with start(**{f"parley_limit_{name}": "3/hour"}) as world:
        world.upstream.answers[whole] = answer
        headers = world.bearer()
        got = [await world.client.request(method, whole, headers=headers, content=b"{}") for _ in range(4)]
        assert [each.status_code == 429 for each in got] == [False] * 3 + [True]
        assert 3_000 < int(got[-1].headers["Retry-After"]) <= 3_600
        assert got[-1].headers["RateLimit-Limit"] == "3"


async def test_no_answer_sets_a_cookie_or_sends_elsewhere(start: Start) -> None:
    """S163, S166: there are no cookies to protect, and who came without TLS is not led on with the token in hand."""
    async with start(parley_trusted_proxies="127.0.0.1") as world:
        for path in ("/", "/api/v1/rooms", "/api/v1/nothing", "/healthz", "/docs", "/api/v1/rooms/"):
            for scheme in ("http", "https"):
                headers = world.bearer() | {"X-Forwarded-Proto": scheme}
                answer = await world.client.get(path, headers=headers)
                assert "set-cookie" not in answer.headers
                assert not answer.is_redirect, path
                assert ("strict-transport-security" in answer.headers) == (scheme == "https")


async def test_head_is_get_without_the_content(world: World) -> None:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, 200, b"x" * 5_000_000, (b"etag", b'"1"'))

    path = f"/api/v1/files/{new_id()}/content"
    world.upstream.answers[path] = answer
    for asked in (path, "/api/v1/rooms", "/healthz", "/"):
        whole = await world.client.get(asked, headers=world.bearer())
        head = await world.client.head(asked, headers=world.bearer())
        assert (head.status_code, head.content) == (whole.status_code, b""), asked
        changing = {"date", "x-request-id", "content-length"}
        told = [{name: each.headers[name] for name in each.headers.keys() - changing} for each in (whole, head)]
        assert told[0] == told[1], asked
    assert (await world.client.head(path)).headers["content-length"] == "5000000"
    assert (await world.client.head("/api/v1/users/me/export")).status_code == 401
    assert (await world.client.head("/api/v1/auth/logout", headers=world.bearer())).status_code == 405
