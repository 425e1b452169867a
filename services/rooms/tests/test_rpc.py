from typing import Any

import pytest

from services.rooms.tests.house import House
from shared.caller import Anonymous, Caller, CallerSigner
from shared.ids import new_id
from shared.problems import Problem
from shared.testing.plugin import CALLER_SECRET

_GATEWAY = CallerSigner({"rooms": CALLER_SECRET, "messaging": "another-secret-of-enough-bytes-0123456789"})


async def ask(house: House, caller: Any, user_id: Any) -> Any:
    return await house.near.gateway.request("rpc.rooms.direct", {"caller": caller, "user_id": user_id}, timeout=10)


async def test_the_direct_room_of_the_caller(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    room = await ask(house, _GATEWAY.sign("rooms", ada), bob.user_id)
    assert (room["kind"], room["with"]["id"]) == ("direct", bob.user_id)
    assert house.near.messaging.types() == ["room.created"]
    assert await house.done(bob, "POST", f"/dms/{ada.user_id}") == {
        **room,
        "with": house.near.auth.people[ada.user_id],
    }


async def test_nobody_else_and_nothing_else(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    good = _GATEWAY.sign("rooms", ada)
    refused = [
        (good, ada.user_id, 404),
        (good, new_id(), 404),
        (good, "me", 422),
        (good, None, 422),
        (None, bob.user_id, 422),
        ("not a token", bob.user_id, 401),
        (_GATEWAY.sign("messaging", ada), bob.user_id, 401),
        (_GATEWAY.sign("rooms", Anonymous("192.0.2.1")), bob.user_id, 401),
        (_GATEWAY.sign("rooms", Caller(new_id(), new_id(), "user", "192.0.2.1")), bob.user_id, 401),
    ]
    for caller, user_id, status in refused:
        with pytest.raises(Problem) as problem:
            await ask(house, caller, user_id)
        assert problem.value.status == status
    with pytest.raises(Problem) as problem:
        await house.near.gateway.request("rpc.rooms.direct", ["a", "list"])
    assert problem.value.status == 422
    assert house.near.messaging.pushed == []


async def test_whoever_is_blocked_finds_nobody_there(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    news = {"user_id": ada.user_id, "blocked_id": bob.user_id}
    house.near.auth.record("user.blocked", ada.user_id, news)
    for one, other in ((ada, bob), (bob, ada)):
        with pytest.raises(Problem) as problem:
            await ask(house, _GATEWAY.sign("rooms", one), other.user_id)
        assert problem.value.status == 404


async def test_what_messaging_missed_it_can_fetch(house: House) -> None:
    ada = house.person("ada")
    house.near.messaging.away = True
    rooms = [(await house.call(ada, "POST", "/rooms", {"name": "Tea"})).json() for _ in range(3)]
    page = await house.near.gateway.request("rpc.rooms.outbox", {"after": 1, "limit": 10})
    assert page["last"] == 3
    assert [event["data"]["room"]["id"] for event in page["events"]] == [room["id"] for room in rooms[1:]]
