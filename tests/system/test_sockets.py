"""Who gets in, how frames are answered, and how sockets end (REALTIME.md)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from shared.ids import new_id
from tests.system.person import Person, Sockets, login, register


@asynccontextmanager
async def bare(base: str, path: str, **options: Any) -> AsyncIterator[Sockets]:
    """A socket that brings no token of its own."""
    url = base.replace("http", "ws", 1) + path
    async with connect(url, compression=None, max_size=None, **options) as connection:
        yield Sockets(connection)


async def ended(base: str, path: str, **options: Any) -> tuple[int, str]:
    async with bare(base, path, **options) as socket:
        return await asyncio.wait_for(socket.closed(), 10)


async def test_the_token_may_come_in_four_ways(base: str, anna: Person, room_id: str) -> None:
    ticket = (await anna.call("POST", "/auth/ws-ticket", 201))["ticket"]
    bearer = {"additional_headers": {"Authorization": f"Bearer {anna.token}"}}
    for path, options in (
        (f"/ws/{room_id}?token={anna.token}", {}),
        (f"/ws/{room_id}?token={ticket}", {}),
        (f"/ws/{room_id}", bearer),
        (f"/ws/{room_id}", {"subprotocols": ["bearer", anna.token]}),
    ):
        async with bare(base, path, **options) as socket:
            assert (await socket.next())["type"] == "ready"
            assert socket.connection.subprotocol == ("bearer" if "subprotocols" in options else None)


async def test_a_ticket_opens_one_socket(base: str, anna: Person, room_id: str) -> None:
    ticket = (await anna.call("POST", "/auth/ws-ticket", 201))["ticket"]
    async with bare(base, f"/ws/{room_id}?token={ticket}") as socket:
        assert (await socket.next())["type"] == "ready"
    assert (await ended(base, f"/ws/{room_id}?token={ticket}"))[0] == 4401


async def test_a_bare_socket_says_who_it_is_in_its_first_frame(base: str, anna: Person, room_id: str) -> None:
    async with bare(base, f"/ws/{room_id}") as socket:
        await socket.send(type="auth", token=anna.token)
        assert (await socket.next())["type"] == "ready"
    async with bare(base, f"/ws/{room_id}") as socket:
        await socket.send(type="ping")
        assert (await socket.closed())[0] == 4401
    assert (await ended(base, f"/ws/{room_id}"))[0] == 4401


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "é", "x" * 5000])
async def test_a_bad_token_is_refused_with_a_reason(base: str, room_id: str, token: str) -> None:
    assert (await ended(base, f"/ws/{room_id}?token={token}"))[0] == 4401


async def test_two_tokens_are_one_too_many(base: str, anna: Person, room_id: str) -> None:
    headers = {"Authorization": f"Bearer {anna.token}"}
    assert (await ended(base, f"/ws/{room_id}?token=other", additional_headers=headers))[0] == 4401


async def test_rooms_that_are_not_there_or_not_visible(base: str, anna: Person) -> None:
    ben = await register(base, "ben")
    closed = (await ben.create_room(kind="private"))["id"]
    public = (await ben.create_room())["id"]
    for path, code in (
        (f"/ws/{new_id()}", 4404),
        (f"/ws/{closed}", 4404),
        (f"/ws/{public}", 4403),
        ("/ws/nonsense", 4404),
        (f"/ws/dm/{anna.id}", 4404),
        (f"/ws/dm/{new_id()}", 4404),
    ):
        assert (await ended(base, path, subprotocols=["bearer", anna.token]))[0] == code, path


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"])
async def test_a_foreign_page_is_refused_before_the_upgrade(base: str, anna: Person, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await ended(base, "/ws", origin=origin, subprotocols=["bearer", anna.token])
    response = refused.value.response
    assert response.status_code == 403
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(response.body or b"")["code"] == "foreign_origin"


async def test_our_own_page_may_open_sockets(base: str, anna: Person, room_id: str) -> None:
    async with bare(base, f"/ws/{room_id}", origin=base, subprotocols=["bearer", anna.token]) as socket:
        assert (await socket.next())["type"] == "ready"


HOSTILE = [
    "{",
    "[]",
    "1",
    '"text"',
    "null",
    "",
    "[" * 30_000,
    '{"type":"message.send"}',
    '{"type":"no.such.type"}',
    '{"type":1}',
    '{"type":null}',
    '{"no":"type"}',
    '{"type":"ping","id":NaN}',
    '{"type":"ping","id":' + "9" * 5000 + "}",
    '{"type":"ping","extra":1}',
    '{"type":"message.send","client_id":"c","content":"\\ud800"}',
    '{"type":"message.send","client_id":"c","content":5}',
    '{"type":"message.send","client_id":"c","content":"x","seq":9}',
    '{"type":"auth","token":"x"}',
    '{"type":"subscribe","room_id":"x"}',
]


async def test_nonsense_is_answered_and_the_socket_lives(anna: Person, room_id: str) -> None:
    async with anna.socket(f"/ws/{room_id}") as socket:
        await socket.next()
        for text in HOSTILE[:18]:
            await socket.connection.send(text)
            answer = await socket.next()
            assert (answer["type"], answer["code"]) == ("error", "bad_frame"), text[:60]
        await socket.connection.send(b"\x00\x01")
        assert (await socket.next())["type"] == "error"
        await socket.send(type="ping", id="still here")
        assert await socket.next() == {"type": "pong", "id": "still here"}


async def test_a_flood_of_nonsense_is_the_end(anna: Person, room_id: str) -> None:
    async with anna.socket(f"/ws/{room_id}") as socket:
        for _ in range(40):
            await socket.connection.send("{")
        assert (await socket.closed())[0] == 4400


@pytest.mark.parametrize(
    ("content", "code"),
    [("", "invalid_content"), (" \n", "invalid_content"), ("x" * 4001, "too_long"), ("a\x00b", "invalid_content")],
)
async def test_a_refused_message_names_its_client_id(anna: Person, room_id: str, content: str, code: str) -> None:
    async with anna.socket(f"/ws/{room_id}") as socket:
        await socket.next()
        await socket.send(type="message.send", client_id="mine", content=content)
        answer = await socket.next()
        assert (answer["type"], answer["client_id"], answer["code"]) == ("error", "mine", code)
    assert await anna.history(room_id) == []


async def test_four_thousand_characters_of_any_script_are_fine(anna: Person, room_id: str) -> None:
    async with anna.socket(f"/ws/{room_id}") as socket:
        await socket.next()
        for index, content in enumerate(("x" * 4000, "👩‍👩‍👧" * 800, "é" * 4000, "مرحبا")):
            await socket.send(type="message.send", client_id=f"c{index}", content=content)
            assert (await socket.until("message.created"))["message"]["content"] == content


async def test_a_frame_that_is_too_large_ends_the_socket(anna: Person, room_id: str) -> None:
    async with anna.socket(f"/ws/{room_id}") as socket:
        await socket.next()
        await socket.connection.send("x" * 65_537)
        assert (await socket.closed())[0] == 1009


async def test_logout_is_immediate_everywhere(base: str, anna: Person, room_id: str) -> None:
    other = await login(base, anna.username)
    async with anna.socket(f"/ws/{room_id}") as hers, other.socket(f"/ws/{room_id}") as elsewhere:
        await asyncio.gather(hers.next(), elsewhere.next())
        await anna.call("POST", "/auth/logout", 204)
        assert (await asyncio.wait_for(hers.closed(), 1))[0] == 4401
        await anna.call("GET", "/users/me", 401)
        assert (await ended(base, f"/ws/{room_id}", subprotocols=["bearer", anna.token]))[0] == 4401
        await elsewhere.send(type="ping")
        assert (await elsewhere.until("pong"))["type"] == "pong"


async def test_a_fresh_token_keeps_the_socket(base: str, anna: Person, room_id: str) -> None:
    other = await register(base, "ben")
    async with anna.socket(f"/ws/{room_id}") as socket:
        await socket.next()
        again = await login(base, anna.username)
        await socket.send(type="auth.refresh", token=again.token)
        await socket.send(type="auth.refresh", token=other.token)
        assert (await socket.until("error"))["code"] == "wrong_user"
        await anna.call("POST", "/auth/logout", 204)  # the first session ends; the socket is the second's now
        await socket.send(type="ping", id=1)
        assert (await socket.until("pong"))["id"] == 1
        await again.call("POST", "/auth/logout", 204)
        assert (await socket.closed())[0] == 4401


async def test_who_is_kicked_sees_it_and_nothing_more(base: str, anna: Person, room_id: str) -> None:
    ben = await register(base, "ben")
    await ben.join({"id": room_id})
    async with ben.socket(f"/ws/{room_id}") as his, ben.socket("/ws") as many, anna.socket(f"/ws/{room_id}") as hers:
        await many.send(type="subscribe", room_id=room_id)
        await asyncio.gather(his.next(), hers.next(), many.until("ready"))
        await anna.call("DELETE", f"/rooms/{room_id}/members/{ben.id}", 204)
        await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "without Ben"})
        assert (await his.closed())[0] == 4403
        assert his.seen[-1]["type"] == "member.left" and his.seen[-1]["user_id"] == ben.id
        assert (await many.until("error"))["code"] == "removed"
        assert all(frame.get("type") != "message.created" for frame in many.seen)
        await hers.until("message.created")
    assert (await ended(base, f"/ws/{room_id}", subprotocols=["bearer", ben.token]))[0] == 4403


async def test_a_deleted_room_ends_its_sockets(anna: Person, room_id: str) -> None:
    async with anna.socket(f"/ws/{room_id}") as socket:
        await socket.next()
        await anna.call("DELETE", f"/rooms/{room_id}", 204)
        assert (await socket.closed())[0] == 4404
        assert socket.seen[-1]["type"] == "room.deleted"
    await anna.call("GET", f"/rooms/{room_id}/messages", 404)


async def test_a_client_says_that_nobody_looks(base: str, anna: Person, room_id: str) -> None:
    ben = await register(base, "ben")
    await ben.join({"id": room_id})
    async with anna.socket(f"/ws/{room_id}") as hers:
        await hers.until("ready")
        async with ben.socket(f"/ws/{room_id}") as his:
            await hers.until("presence", lambda frame: frame["status"] == "online")
            for status in ("away", "online"):
                await his.send(type="presence.set", status=status)
                shown = await hers.until("presence")
                assert (shown["user_id"], shown["status"]) == (ben.id, status)
                assert (await anna.call("GET", f"/users/{ben.id}/presence"))["status"] == status


async def test_typing_and_presence_are_seen_by_the_others(base: str, anna: Person, room_id: str) -> None:
    ben = await register(base, "ben")
    await ben.join({"id": room_id})
    async with anna.socket(f"/ws/{room_id}") as hers:
        await hers.next()
        async with ben.socket(f"/ws/{room_id}") as his:
            ready = await his.next()
            assert sorted(ready["online"]) == sorted([anna.id, ben.id])
            online = await hers.until("presence")
            assert (online["user_id"], online["status"], online["room_id"]) == (ben.id, "online", room_id)
            present = await anna.call("GET", f"/rooms/{room_id}/presence")
            assert sorted(present["online"]) == sorted([anna.id, ben.id])
            await his.send(type="typing.start")
            typing = await hers.until("typing")
            assert (typing["user_id"], typing["active"]) == (ben.id, True)
            await his.send(type="typing.stop")
            assert (await hers.until("typing"))["active"] is False
            await his.send(type="typing.start")
            await hers.until("typing", lambda frame: frame["active"])
            assert (await hers.until("typing"))["active"] is False  # it expires by itself
        offline = await hers.until("presence")
        assert (offline["user_id"], offline["status"]) == (ben.id, "offline")
    assert (await anna.call("GET", f"/users/{ben.id}/presence"))["status"] == "offline"


async def test_who_comes_while_somebody_types_sees_it_at_the_next_repetition(
    base: str, anna: Person, room_id: str
) -> None:
    ben = await register(base, "ben")
    await ben.join({"id": room_id})
    async with ben.socket(f"/ws/{room_id}") as his:
        await his.until("ready")
        await his.send(type="typing.start")
        await his.send(type="ping")
        await his.until("pong")
        async with anna.socket(f"/ws/{room_id}") as hers:
            await hers.until("ready")
            seen = asyncio.create_task(hers.until("typing", lambda frame: frame["active"]))
            while not seen.done():
                await his.send(type="typing.start")
                await asyncio.wait([seen], timeout=0.5)
            assert (await seen)["user_id"] == ben.id


async def test_too_many_sockets_of_one_person(anna: Person) -> None:
    async with asyncio.timeout(30):
        opened = [await connect(f"{anna.base.replace('http', 'ws', 1)}/ws?token={anna.token}") for _ in range(20)]
        try:
            last = await connect(f"{anna.base.replace('http', 'ws', 1)}/ws?token={anna.token}")
            with pytest.raises(ConnectionClosed) as end:
                await last.recv()
            assert end.value.rcvd is not None and end.value.rcvd.code == 4409
        finally:
            await asyncio.gather(*(one.close() for one in opened))


async def test_no_log_line_shows_a_token_or_a_password(base: str, anna: Person, parley: Any) -> None:
    assert (await ended(base, f"/ws?token={anna.token}x"))[0] == 4401
    async with httpx.AsyncClient(verify=False) as http:
        await http.get(f"{base}/api/v1/users/me?token={anna.token}")
    log = parley.log()
    assert anna.token not in log and anna.tokens["refresh_token"] not in log
    assert "unusual passphrase" not in log
