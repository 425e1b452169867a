"""A socket that comes back is sent what it missed and goes on live (REALTIME.md promise 4)."""

from typing import Any

import pytest

from tests.system.person import Frame, Person, Sockets, is_entry, register


async def room_with_messages(base: str, count: int) -> tuple[Person, str]:
    anna = await register(base, "anna")
    room_id = (await anna.create_room())["id"]
    for number in range(count):
        await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": str(number)})
    return anna, room_id


async def replayed(socket: Sockets) -> tuple[Frame, Frame]:
    ready = await socket.next()
    return ready, await socket.until("caught_up")


async def test_resume_sends_what_was_missed_and_goes_on_live(base: str) -> None:
    anna, room_id = await room_with_messages(base, 5)
    async with anna.socket(f"/ws/{room_id}") as first:
        epoch = (await first.next())["epoch"]
    async with anna.socket(f"/ws/{room_id}", since=3, epoch=epoch) as socket:
        ready, caught_up = await replayed(socket)
        assert (ready["resumed"], ready["seq"], caught_up["seq"]) == (True, 6, 6)
        assert socket.numbers(room_id) == [4, 5, 6]
        await socket.send(type="message.send", client_id="c", content="live again")
        await socket.until("message.created")
        assert socket.numbers(room_id) == [4, 5, 6, 7]


async def test_resume_from_the_very_beginning_includes_the_first_entry(base: str) -> None:
    anna, room_id = await room_with_messages(base, 1)
    async with anna.socket(f"/ws/{room_id}", since=0) as socket:
        await replayed(socket)
        assert socket.numbers(room_id) == [1, 2]
        assert [frame["type"] for frame in socket.seen if is_entry(frame)] == ["member.joined", "message.created"]


async def test_resume_at_the_head_misses_nothing(base: str) -> None:
    anna, room_id = await room_with_messages(base, 2)
    async with anna.socket(f"/ws/{room_id}", since=3) as socket:
        _, caught_up = await replayed(socket)
        assert caught_up["seq"] == 3 and socket.numbers(room_id) == []


async def test_a_long_absence_is_replayed_whole(base: str) -> None:
    anna, room_id = await room_with_messages(base, 0)
    async with anna.socket(f"/ws/{room_id}") as sender:
        await sender.next()
        for number in range(1200):
            await sender.send(type="message.send", client_id=f"c{number}", content="x" * 500)
            if number % 100 == 99:
                await sender.until("ack", lambda frame, last=number: frame["client_id"] == f"c{last}")  # type: ignore[misc]
    async with anna.socket(f"/ws/{room_id}", since=0) as socket:
        await replayed(socket)
        assert socket.numbers(room_id) == list(range(1, 1202))


@pytest.mark.parametrize("query", [{"since": 10**6}, {"since": 2, "epoch": "another"}, {"since": 2**63 - 1}])
async def test_what_can_not_be_replayed_is_said_once(base: str, query: dict[str, Any]) -> None:
    anna, room_id = await room_with_messages(base, 3)
    async with anna.socket(f"/ws/{room_id}", **query) as socket:
        assert (await socket.next())["resumed"] is False
        resync = await socket.next()
        assert (resync["type"], resync["seq"]) == ("resync", 4)
        await socket.send(type="message.send", client_id="c", content="on from here")
        await socket.until("message.created")
        assert socket.numbers(room_id) == [5]


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "", str(2**63), "9" * 5000])
async def test_nonsense_is_refused(base: str, since: str) -> None:
    anna, room_id = await room_with_messages(base, 0)
    async with anna.socket(f"/ws/{room_id}", since=since) as socket:
        assert (await socket.closed())[0] == 4400


async def test_subscribe_resumes_too(base: str) -> None:
    anna, room_id = await room_with_messages(base, 3)
    async with anna.socket("/ws") as socket:
        await socket.send(type="subscribe", room_id=room_id, since=2)
        ready, _ = await replayed(socket)
        assert ready["resumed"] is True and socket.numbers(room_id) == [3, 4]
