"""What a socket can do at an odd moment, or say that is out of all bounds: it is told, and nobody else is affected."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from services.gateway.realtime import rooms
from services.gateway.tests.conftest import World
from services.gateway.tests.realtime.conftest import PATIENCE, FakeMessaging, until
from shared.ids import new_id
from shared.testing.waiting import eventually


def ws(world: World, path: str = "/ws") -> Any:
    return connect(world.url.replace("http", "ws", 1) + path, additional_headers=world.bearer())


async def said(socket: ClientConnection, *frames: dict[str, Any]) -> None:
    for frame in frames:
        await socket.send(json.dumps(frame))


async def end_of(socket: ClientConnection) -> int | None:
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**63) - 1, 10**400], ids=["2^63", "2^64", "-2^63-1", "10^400"])
async def test_a_number_that_nobody_can_write_is_a_bad_frame(
    messaging: FakeMessaging, opened: Any, number: int
) -> None:
    async with opened() as hostile, opened() as other:
        await until(hostile, "ready")
        await until(other, "ready")
        await said(hostile, {"type": "ping", "id": number}, {"type": "read", "seq": number})
        await said(other, {"type": "message.send", "client_id": "c", "content": "hi"})
        assert (await until(other, "ack"))[-1]["client_id"] == "c"
        for _ in range(2):
            assert (await until(hostile, "error"))[-1]["code"] == "bad_frame"
        await said(hostile, {"type": "ping", "id": 2**63 - 1})
        assert (await until(hostile, "pong"))[-1]["id"] == 2**63 - 1


async def test_a_query_of_too_many_parameters_is_not_this_protocol(world: World, messaging: FakeMessaging) -> None:
    async with ws(world, "/ws?" + "&".join(f"p{number}=1" for number in range(17))) as socket:
        assert await end_of(socket) == 4400


async def test_that_no_service_can_be_asked_is_no_mistake_of_the_client(world: World) -> None:
    async with ws(world) as socket:
        await said(socket, *[{"type": "subscribe", "room_id": new_id()} for _ in range(25)])
        for _ in range(25):
            frame = (await until(socket, "error"))[-1]
            assert frame["code"] == "unavailable"
        await said(socket, {"type": "ping"})
        await until(socket, "pong")


async def test_a_room_that_is_left_and_joined_again_at_once_is_joined_once(
    world: World, messaging: FakeMessaging
) -> None:
    for number in range(3):
        messaging.write(type="message.created", message={"content": str(number)})
    subscribe = {"type": "subscribe", "room_id": messaging.room_id, "since": 0}
    unsubscribe = {"type": "unsubscribe", "room_id": messaging.room_id}
    async with ws(world) as socket:
        await said(socket, subscribe)
        await asyncio.wait_for(messaging.has_read.wait(), PATIENCE)
        await said(socket, unsubscribe, subscribe, {"type": "ping"})
        await until(socket, "pong")
        await said(socket, subscribe, {"type": "ping"})
        assert [frame.get("code") for frame in await until(socket, "pong")] == ["already_subscribed", None]
        messaging.may_answer.set()
        kinds = [frame["type"] for frame in await until(socket, "caught_up")]
        assert kinds == ["ready", *["message.created"] * 3, "caught_up"]
        await said(socket, unsubscribe, {"type": "ping"})
        assert [frame["type"] for frame in await until(socket, "pong")] == ["pong"]


async def test_a_room_that_is_deleted_during_a_replay_closes_the_socket(messaging: FakeMessaging, opened: Any) -> None:
    messaging.write(type="message.created", message={"content": "x"})
    async with opened() as live, opened("?since=0") as late:
        await until(live, "ready")
        await asyncio.wait_for(messaging.has_read.wait(), PATIENCE)
        messaging.write(type="room.deleted")
        await messaging.tell(after=1)
        assert await end_of(live) == 4404
        messaging.may_answer.set()
        assert await end_of(late) == 4404


async def test_a_room_stays_open_for_a_replay_that_takes_its_time(
    monkeypatch: pytest.MonkeyPatch, messaging: FakeMessaging, opened: Any
) -> None:
    monkeypatch.setattr(rooms, "_LINGER", 0.0)
    messaging.write(type="message.created", message={"content": "x"})
    async with opened("?since=0") as slow:
        await asyncio.wait_for(messaging.has_read.wait(), PATIENCE)
        seen = messaging.asked_for_heads
        await eventually(lambda: messaging.asked_for_heads >= seen + 4, within=PATIENCE)
        messaging.may_answer.set()
        await until(slow, "caught_up")
        messaging.write(type="message.created", message={"content": "y"})
        await messaging.tell(after=1)
        assert (await until(slow, "message.created"))[-1]["seq"] == 2


async def test_who_subscribes_and_speaks_in_one_breath_is_heard_when_in(world: World, messaging: FakeMessaging) -> None:
    room = {"room_id": messaging.room_id}
    sends = [{"type": "message.send", "client_id": str(n), "content": str(n), **room} for n in range(30)]
    async with ws(world) as socket:
        await said(socket, {"type": "subscribe", **room}, {"type": "typing.start", **room}, *sends)
        frames: list[dict[str, Any]] = []
        while sum(frame["type"] in ("ack", "message.created") for frame in frames) < 60:
            frames.append(json.loads(await asyncio.wait_for(socket.recv(), PATIENCE)))
    assert frames[0]["type"] == "ready"
    assert [frame["client_id"] for frame in frames if frame["type"] == "ack"] == [str(n) for n in range(30)]
    assert [entry["message"]["content"] for entry in messaging.log] == [str(n) for n in range(30)]


async def test_what_was_said_on_the_way_into_a_room_is_answered_when_the_way_ends(
    world: World, messaging: FakeMessaging
) -> None:
    messaging.write(type="message.created", message={"content": "x"})
    room = {"room_id": messaging.room_id}
    sends = [{"type": "message.send", "client_id": str(n), "content": "y", **room} for n in range(25)]
    async with ws(world) as socket:
        await said(socket, {"type": "subscribe", "since": 0, **room}, *sends)
        await asyncio.wait_for(messaging.has_read.wait(), PATIENCE)
        await said(socket, {"type": "unsubscribe", **room}, {"type": "ping"})
        answers = await until(socket, "pong")
        assert [(frame.get("code"), frame.get("client_id")) for frame in answers[:-1]] == [
            ("not_subscribed", str(n)) for n in range(25)
        ]
        messaging.may_answer.set()
        await said(socket, {"type": "subscribe", **room}, {"type": "ping"})
        await until(socket, "ready")
    assert len(messaging.log) == 1


async def test_a_socket_of_one_room_may_speak_during_its_replay(messaging: FakeMessaging, opened: Any) -> None:
    for number in range(3):
        messaging.write(type="message.created", message={"content": str(number)})
    messaging.page = 1
    messaging.may_answer.set()
    messaging.may_go_on.clear()
    async with opened("?since=0") as socket:
        await said(socket, {"type": "message.send", "client_id": "c", "content": "y"}, {"type": "ping"})
        kinds = [frame["type"] for frame in await until(socket, "ack")]
        assert (kinds[0], "caught_up" in kinds) == ("ready", False)
        messaging.may_go_on.set()
        told = await until(socket, "caught_up")
        assert [frame["seq"] for frame in told if frame["type"] == "message.created"][-1] == 4
        assert told[-1]["seq"] == 4


async def test_a_flood_before_the_room_is_seen_ends_the_socket(messaging: FakeMessaging, opened: Any) -> None:
    messaging.write(type="message.created", message={"content": "x"})
    async with opened("?since=0") as socket:
        await asyncio.wait_for(messaging.has_read.wait(), PATIENCE)
        await said(socket, *[{"type": "nonsense"} for _ in range(30)])
        messaging.may_answer.set()
        assert await end_of(socket) == 4400
