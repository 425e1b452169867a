"""Sockets that try odd ways in, and sessions that end under them (4 D: S063, S065, S079, S080)."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from tests.contract.test_edges import UPGRADE, exchange
from tests.system.parley import Parley
from tests.system.person import PASSWORD, Person, login, register
from tests.system.test_conversation import two_in_a_room
from tests.system.test_sockets import ended

pytestmark = pytest.mark.xdist_group("access")

_HALF_OPEN = 200


@pytest.fixture
async def admin(parley: Parley, base: str) -> Person:
    secrets = json.loads((parley.var / "secrets.json").read_text())
    return await login(base, secrets["admin_username"], secrets["admin_password"])


async def test_another_password_ends_the_other_sessions_sockets(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    thief = await login(base, anna.username)
    async with thief.socket(f"/ws/{room_id}") as stolen, anna.socket(f"/ws/{room_id}") as hers:
        await asyncio.gather(stolen.until("ready"), hers.until("ready"))
        wish = {"current_password": PASSWORD, "new_password": f"{PASSWORD} again"}
        await anna.call("PUT", "/auth/password", 204, json=wish)
        await ben.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "not for thieves"})
        assert (await asyncio.wait_for(stolen.closed(), 1))[0] == 4401
        assert all(frame["type"] != "message.created" for frame in stolen.seen)
        await hers.until("message.created")
    await thief.call("GET", "/users/me", 401)


async def test_a_role_that_was_taken_away_is_gone_on_open_sockets(base: str, admin: Person) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    message = await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "hi"})
    await admin.call("PUT", f"/users/{ben.id}/role", 200, json={"role": "moderator"})
    async with ben.socket(f"/ws/{room_id}") as his:
        await his.until("ready")
        await admin.call("PUT", f"/users/{ben.id}/role", 200, json={"role": "user"})
        await his.send(type="message.delete", client_id="1", message_id=message["id"])
        assert (await his.until("error"))["code"] == "not_the_author"
        await ben.call("GET", "/moderation/cases", 403)
    await ben.call("GET", f"/messages/{message['id']}", 200)


_TRICKS = ("/ws/../admin", "/ws/%2e%2e/admin", "/ws/%2e%2e%2f%2e%2e%2fetc", "/ws/;/", "/ws/%00", "/WS", "/wss")


async def test_a_path_of_tricks_leads_nowhere(base: str) -> None:
    anna = await register(base, "anna")
    for path in _TRICKS:
        assert (await ended(base, path, subprotocols=["bearer", anna.token]))[0] == 4404, path


async def test_a_url_without_end_is_refused(base: str) -> None:
    answer = await exchange(base, f"GET /ws/{'a' * 70_000} HTTP/1.1\r\nHost: a\r\n{UPGRADE}\r\n")
    assert int(answer.split(b" ", 2)[1]) in (400, 414, 431)


async def test_half_open_handshakes_keep_nobody_out(base: str) -> None:
    anna, _, room_id = await two_in_a_room(base)
    host, port = base.removeprefix("http://").split(":")
    async with AsyncExitStack() as opened:
        for _ in range(_HALF_OPEN):
            _reader, writer = await asyncio.open_connection(host, int(port))
            opened.callback(writer.close)
            writer.write(b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n")
        async with anna.socket(f"/ws/{room_id}") as socket:
            assert (await socket.next())["type"] == "ready"
