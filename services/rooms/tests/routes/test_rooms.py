from datetime import datetime, timedelta

import pytest

from services.rooms.tests.house import House, code_of
from shared.clock import rfc3339, utc_now
from shared.ids import new_id

ROOM = {
    "id",
    "name",
    "description",
    "kind",
    "owner_id",
    "member_count",
    "my_role",
    "slow_mode_seconds",
    "profanity",
    "archived",
    "max_members",
    "retention_days",
    "expires_at",
    "created_at",
    "updated_at",
}


async def test_a_room_from_its_beginning_to_its_end(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    made = await house.call(ada, "POST", "/rooms", {"name": "Tea", "slow_mode_seconds": 3})
    assert made.status_code == 201
    room = made.json()
    assert room.keys() == ROOM
    assert (room["name"], room["kind"], room["owner_id"]) == ("Tea", "public", ada.user_id)
    assert room["created_at"].endswith("Z")
    path = f"/rooms/{room['id']}"
    assert await house.done(ada, "GET", path) == room
    assert await house.done(bob, "GET", path) == {**room, "my_role": None}

    changed = await house.call(ada, "PUT", path, {"description": "Green"})
    assert changed.status_code == 200
    assert changed.json() == {**room, "description": "Green", "updated_at": changed.json()["updated_at"]}
    assert code_of(await house.call(bob, "PUT", path, {"description": "Black"})) == (403, "not_allowed")
    assert code_of(await house.call(bob, "DELETE", path)) == (403, "not_allowed")

    ended = await house.call(ada, "DELETE", path)
    assert (ended.status_code, ended.content) == (204, b"")
    assert code_of(await house.call(ada, "GET", path)) == (404, "not_found")
    assert house.near.messaging.types() == ["room.created", "room.updated", "room.deleted"]


async def test_messaging_has_it_before_the_caller_has_an_answer(house: House) -> None:
    house.near.messaging.delay = 0.3
    room = await house.room(house.person())
    [events] = house.near.messaging.pushed
    assert events[0]["data"]["room"]["id"] == room["id"]
    assert events[0]["subject"] == f"rooms.room.{room['id']}.created"


async def test_while_messaging_is_away_it_is_accepted(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    house.near.messaging.away = True
    made = await house.call(ada, "POST", "/rooms", {"name": "Tea"})
    assert (made.status_code, made.json().keys()) == (202, ROOM)
    path = f"/rooms/{made.json()['id']}"
    changed = await house.call(ada, "PUT", path, {"name": "Coffee"})
    assert (changed.status_code, changed.json()["name"]) == (202, "Coffee")
    joined = await house.call(bob, "POST", f"{path}/join")
    assert (joined.status_code, joined.json()["user_id"]) == (202, bob.user_id)
    left = await house.call(bob, "POST", f"{path}/leave")
    assert (left.status_code, left.content) == (202, b"")
    ended = await house.call(ada, "DELETE", path)
    assert (ended.status_code, ended.content) == (202, b"")


async def test_what_a_stranger_does_not_see_is_not_there(house: House) -> None:
    ada, eve = house.person("ada"), house.person("eve")
    path, nowhere = f"/rooms/{(await house.room(ada, kind='private'))['id']}", f"/rooms/{new_id()}"
    calls = [
        ("GET", "", None),
        ("PUT", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/join", {}),
        ("POST", "/join", {"invite": "guessed"}),
        ("POST", "/leave", None),
        ("GET", "/members", None),
        ("PUT", f"/members/{ada.user_id}", {"role": "member"}),
        ("DELETE", f"/members/{ada.user_id}", None),
        ("POST", "/invites", {}),
        ("POST", "/invites", {"user_id": eve.user_id}),
        ("GET", "/invites", None),
        ("DELETE", "/invites/guessed", None),
    ]
    for method, rest, body in calls:
        hidden = await house.call(eve, method, path + rest, body, headers={"X-Request-ID": "same"})
        absent = await house.call(eve, method, nowhere + rest, body, headers={"X-Request-ID": "same"})
        assert code_of(hidden) == (404, "not_found"), (method, rest)
        assert (hidden.content, hidden.headers) == (absent.content, absent.headers)
    assert house.near.messaging.types() == ["room.created"]


async def test_pages_of_rooms(house: House) -> None:
    ada, eve = house.person("ada"), house.person("eve")
    names = [f"Room {number}" for number in range(5)]
    for name in names:
        await house.room(ada, name=name)
    first = await house.done(eve, "GET", "/rooms", limit=2)
    assert [room["name"] for room in first["items"]] == names[:2:-1]
    second = await house.done(eve, "GET", "/rooms", limit=2, cursor=first["next_cursor"])
    third = await house.done(eve, "GET", "/rooms", limit=2, cursor=second["next_cursor"])
    assert [room["name"] for room in second["items"] + third["items"]] == names[2::-1]
    assert third["next_cursor"] is None
    crooked = first["next_cursor"][:-2] + ("AA" if first["next_cursor"][-2:] != "AA" else "BB")
    assert code_of(await house.call(eve, "GET", "/rooms", cursor=crooked)) == (400, "invalid_cursor")
    other_list = await house.call(eve, "GET", "/rooms", cursor=first["next_cursor"], mine="true")
    assert code_of(other_list) == (400, "invalid_cursor")
    for limit in ("0", "101", "-1", "9" * 50, "x"):
        assert code_of(await house.call(eve, "GET", "/rooms", limit=limit)) == (422, "invalid")
    assert (await house.done(ada, "GET", "/rooms", mine="true", q="room 3"))["items"][0]["name"] == "Room 3"
    assert (await house.done(eve, "GET", "/rooms", mine="true"))["items"] == []


@pytest.mark.parametrize("field", ["owner_id", "id", "created_at", "member_count", "seq"])
async def test_what_nobody_sets_is_refused(house: House, field: str) -> None:
    ada = house.person("ada")
    refused = await house.call(ada, "POST", "/rooms", {"name": "Tea", field: "x"})
    assert code_of(refused) == (422, "invalid")
    assert refused.json()["errors"][0]["loc"] == ["body", field]


async def test_a_key_makes_one_room(house: House) -> None:
    ada, bob = house.person("ada"), house.person("bob")
    key = {"Idempotency-Key": "once"}
    first = await house.call(ada, "POST", "/rooms", {"name": "Tea"}, headers=key)
    again = await house.call(ada, "POST", "/rooms", {"name": "Tea"}, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert house.near.messaging.types() == ["room.created"]
    other = await house.call(ada, "POST", "/rooms", {"name": "Coffee"}, headers=key)
    assert code_of(other) == (422, "idempotency_key_reused")
    assert (await house.call(bob, "POST", "/rooms", {"name": "Tea"}, headers=key)).json()["id"] != first.json()["id"]


async def test_an_end_that_was_said_is_the_end_that_is_kept(house: House) -> None:
    ada = house.person("ada")
    end = utc_now() + timedelta(days=1)
    assert (await house.room(ada, expires_at=rfc3339(end)))["expires_at"] == rfc3339(end)
    by_length = await house.room(ada, ttl_seconds=3600)
    lifetime = datetime.fromisoformat(by_length["expires_at"]) - datetime.fromisoformat(by_length["created_at"])
    assert lifetime == timedelta(hours=1)
    past = await house.call(ada, "POST", "/rooms", {"name": "a", "expires_at": "2001-01-01T00:00:00Z"})
    assert code_of(past) == (422, "invalid_expiry")


async def test_only_by_way_of_the_gateway_and_only_logged_in(house: House) -> None:
    assert code_of(await house.client.get("/api/v1/rooms")) == (401, "unauthorized")
    from shared.testing.plugin import anonymous_header, caller_header

    assert code_of(await house.client.get("/api/v1/rooms", headers=anonymous_header("rooms")))[0] == 401
    foreign = caller_header("messaging", new_id())
    assert code_of(await house.client.get("/api/v1/rooms", headers=foreign))[0] == 401
