"""Rooms' news as entries: in their order, once, whatever way they come; and who may see what because of them."""

import asyncio
from random import Random
from typing import Any

import httpx
import pytest

from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, get, member, room_state
from shared.ids import new_id
from shared.problems import Problem
from shared.testing.waiting import eventually


def told(entries: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(entry["type"], entry.get("user_id")) for entry in entries]


async def attach(world: World, user_id: str, room_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = await world.bus.request(
        "rpc.messaging.attach", {"caller": world.caller(user_id), "room_id": room_id}
    )
    return answer


async def refusal(world: World, user_id: str, room_id: str) -> tuple[int, str]:
    with pytest.raises(Problem) as refused:
        await attach(world, user_id, room_id)
    return refused.value.status, refused.value.code


async def test_a_room_that_is_closed_is_closed_here_too(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    stranger = new_id()
    for kind, seen in (("private", (404, "not_found")), ("public", (403, "not_a_member"))):
        await world.tell("room.updated", room_id, room=room_state(room_id, anna, kind), by=anna)
        assert await refusal(world, stranger, room_id) == seen
        answer = await get(http, stranger, f"/rooms/{room_id}/messages")
        assert (answer.status_code, answer.json()["code"]) == seen
        refused = (await world.send(stranger, room_id, "hello?", kind))["error"]
        assert (refused["status"], refused["code"]) == seen


async def test_a_rooms_life_is_its_order(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    carla = await world.joined(room_id)
    await world.tell("member.role_changed", room_id, room_id=room_id, user_id=carla, role="moderator", by=anna)
    await world.tell("member.left", room_id, room_id=room_id, user_id=ben, reason="kicked", by=carla)
    await world.tell("room.updated", room_id, room=room_state(room_id, anna, name="another name"), by=anna)
    entries = await world.entries(room_id)
    assert told(entries) == [
        ("member.joined", anna),
        ("member.joined", ben),
        ("member.joined", carla),
        ("member.updated", carla),
        ("member.left", ben),
        ("room.updated", None),
    ]
    assert (entries[3]["by"], entries[5]["by"]) == (anna, anna)
    assert (entries[5]["room"]["name"], entries[5]["room"]["member_count"]) == ("another name", 2)
    ready = await attach(world, carla, room_id)
    assert (ready["seq"], ready["room"]["my_role"], ready["room"]["name"]) == (6, "moderator", "another name")
    assert await refusal(world, ben, room_id) == (403, "kicked")
    assert await refusal(world, new_id(), room_id) == (403, "not_a_member")
    assert (await get(http, ben, f"/rooms/{room_id}/messages")).json()["code"] == "kicked"
    await world.tell("room.deleted", room_id, room_id=room_id, reason="deleted", by=anna)
    header, frames = await world.replay(room_id, 6)
    assert (frames[0]["type"], frames[0]["by"], header["closes"]) == ("room.deleted", anna, True)
    assert await refusal(world, anna, room_id) == (404, "not_found")
    assert (await world.send(anna, room_id, "anybody?", "1"))["error"]["status"] == 404
    assert (await get(http, anna, "/rooms/unread")).json() == {"items": []}


async def test_a_closed_room_looks_like_no_room(world: World, http: httpx.AsyncClient) -> None:
    anna, stranger = new_id(), new_id()
    closed = await world.room(anna, kind="private")
    message_id = (await world.send(anna, closed, "hush", "1"))["message_id"]
    assert await refusal(world, stranger, closed) == await refusal(world, stranger, new_id())
    for path in (f"/rooms/{closed}/messages", f"/rooms/{closed}/search?q=a", f"/rooms/{closed}/pins"):
        hidden, absent = await get(http, stranger, path), await get(http, stranger, path.replace(closed, new_id()))
        assert {**hidden.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    assert (await get(http, stranger, f"/messages/{message_id}")).status_code == 404


async def test_doubled_late_and_disordered_pushes_are_applied_once_and_in_order(world: World) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    crowd = [new_id() for _ in range(8)]
    events = [world.event("member.joined", room_id, room_id=room_id, member=member(who)) for who in crowd]
    events += [
        world.event("member.left", room_id, room_id=room_id, user_id=who, reason="left", by=None) for who in crowd[:4]
    ]
    pushes = [[event] for event in events] * 2 + [events[3:7], events]
    Random(7).shuffle(pushes)
    # On a busy machine one of them may be told that it takes too long; rooms would answer 202 then.
    await asyncio.gather(*(world.push(events) for events in pushes), return_exceptions=True)
    assert await world.push(events) == events[-1]["id"]
    expected = [("member.joined", who) for who in (anna, *crowd)] + [("member.left", who) for who in crowd[:4]]
    assert told(await world.entries(room_id)) == expected
    assert (await attach(world, anna, room_id))["room"]["member_count"] == 5


async def test_what_rooms_told_nobody_is_fetched_before_a_refusal(world: World) -> None:
    _, _, room_id = await world.pair()
    carla = new_id()
    world.event("member.joined", room_id, room_id=room_id, member=member(carla))
    assert (await attach(world, carla, room_id))["room"]["my_role"] == "member"


async def test_a_push_of_the_wrong_form_or_from_the_wrong_side_changes_nothing(world: World) -> None:
    _, _, room_id = await world.pair()
    for request in (
        {},
        {"producer": "gateway", "events": []},
        {"producer": "rooms"},
        {"producer": "rooms", "events": 1},
    ):
        with pytest.raises(Problem) as refused:
            await world.bus.request("rpc.messaging.push", request)
        assert refused.value.status == 422
    forged = {**world.event("room.deleted", room_id, room_id=room_id), "producer": "auth"}
    world.told.pop()
    await world.push([forged])
    assert len(await world.entries(room_id)) == 2


async def test_people_are_shown_as_auth_knows_them(world: World, near: Neighbourhood, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    sent = await world.send(anna, room_id, "hello", "1")
    profile = {"id": anna, "username": "anna", "display_name": "Anna A.", "avatar_url": "/a", "bio": "unknown here"}
    await near.auth.tell("user.updated", anna, user=profile)

    async def author() -> dict[str, Any]:
        message = (await get(http, anna, f"/messages/{sent['message_id']}")).json()
        return dict(message["author"])

    async def is_renamed() -> bool:
        return bool((await author())["display_name"] == "Anna A.")

    async def is_gone() -> bool:
        return bool((await author())["username"] == "deleted")

    await eventually(is_renamed)
    later = await world.send(anna, room_id, "again", "2")
    assert (await world.entries(room_id))[-1]["message"]["author"]["avatar_url"] == "/a"
    assert later["seq"] == 4
    await near.auth.tell("user.deleted", anna, user_id=anna)
    await eventually(is_gone)
    assert await author() == {"id": anna, "username": "deleted", "display_name": "deleted user", "avatar_url": None}
