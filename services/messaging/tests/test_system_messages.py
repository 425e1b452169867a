"""What the house says in a room: a new name or topic, in the place of the entry that tells of it."""

from typing import Any

import httpx

from services.messaging.tests.world import World, get, put, room_state


async def _rename(world: World, room_id: str, by: str | None, **changes: Any) -> None:
    await world.tell("room.updated", room_id, room=room_state(room_id, "", **changes), by=by)


async def test_a_new_name_or_topic_is_said_in_the_room(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    await _rename(world, room_id, anna, name="harbour")
    await _rename(world, room_id, anna, name="harbour", description="ships")
    await _rename(world, room_id, anna, name="quay")
    await world.send(ben, room_id, "nice", "c")
    entries = await world.entries(room_id, after=2)
    assert [entry["seq"] for entry in entries] == [3, 4, 5, 6]
    said = [entry["message"] for entry in entries]
    assert [(one["content"], one["kind"]) for one in said] == [
        ("changed the room's name to “harbour”", "system"),
        ("changed the topic to “ships”", "system"),
        ("changed the room's name to “quay” and removed the topic", "system"),
        ("nice", "text"),
    ]
    assert [(one["seq"], one["author"]["id"]) for one in said] == [(3, anna), (4, anna), (5, anna), (6, ben)]
    page = (await get(http, ben, f"/rooms/{room_id}/messages")).json()["items"]
    assert [(one["id"], one["content"], one["kind"]) for one in page] == [
        (one["id"], one["content"], one["kind"]) for one in said
    ]


async def test_other_changes_and_nobodys_are_not(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    await _rename(world, room_id, anna, slow_mode_seconds=5)
    await _rename(world, room_id, None, name="harbour")
    assert [("message" in entry, entry["type"]) for entry in await world.entries(room_id, after=2)] == [
        (False, "room.updated"),
        (False, "room.updated"),
    ]
    assert (await get(http, anna, f"/rooms/{room_id}/messages")).json()["items"] == []


async def test_it_is_no_message_of_anybodys(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    await _rename(world, room_id, anna, name="harbour")
    [said] = (await get(http, ben, f"/rooms/{room_id}/messages")).json()["items"]
    [row] = (await get(http, ben, "/rooms/unread")).json()["items"]
    assert (row["last_seq"], row["unread"]) == (3, 0)
    assert (await get(http, ben, f"/rooms/{room_id}/search?q=harbour")).json()["items"] == []
    refused = await put(http, anna, f"/messages/{said['id']}", {"content": "something else"})
    assert (refused.status_code, refused.json()["code"]) == (403, "system_message")
    by_ben = await put(http, ben, f"/messages/{said['id']}", {"content": "something else"})
    assert (by_ben.status_code, by_ben.json()["code"]) == (403, "not_the_author")
    for command in ({"op": "react", "emoji": "👍"}, {"op": "delete"}):
        done = await world.command(anna, {"room_id": room_id, "message_id": said["id"], **command})
        assert "seq" in done, done
    [gone] = (await get(http, ben, f"/rooms/{room_id}/messages")).json()["items"]
    assert (gone["content"], gone["deleted_at"] is not None) == ("", True)
    assert (await world.entries(room_id, after=2))[0]["message"]["content"] == ""
