"""What decides whether and how a message is stored: pace, blocks, attachments, and who is told of it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.messaging import export
from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, get, post, room_state
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.testing.waiting import eventually


async def slow(world: World, seconds: int, *people: str) -> str:
    room_id = await world.room(*people)
    state = room_state(room_id, people[0], slow_mode_seconds=seconds)
    await world.tell("room.updated", room_id, room=state)
    return room_id


async def test_slow_mode_is_for_everybody_but_moderators(world: World, http: httpx.AsyncClient) -> None:
    anna, ben = new_id(), new_id()
    room_id = await slow(world, 3600, anna, ben)
    assert "error" not in await world.send(ben, room_id, "first", "1")
    refused = (await world.send(ben, room_id, "second", "2"))["error"]
    assert (refused["status"], refused["code"]) == (429, "slow_mode")
    assert 3000 < refused["retry_after"] <= 3600
    assert "error" not in await world.send(ben, room_id, "first", "1")
    answer = await post(http, ben, f"/rooms/{room_id}/messages", {"content": "third"})
    assert (answer.status_code, answer.json()["code"]) == (429, "slow_mode")
    assert 3000 < int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["ratelimit-reset"] == answer.headers["retry-after"]
    assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-policy"]) == ("1", "1;w=3600")
    results = await world.commands(
        [anna, anna], [{"by": n, "room_id": room_id, "content": "x", "client_id": str(n)} for n in (0, 1)]
    )
    assert all("error" not in result for result in results)
    carla = await world.joined(room_id)
    group = [{"by": 0, "room_id": room_id, "content": "x", "client_id": str(n)} for n in range(3)]
    codes = [result.get("error", {}).get("code") for result in await world.commands([carla], group)]
    assert codes == [None, "slow_mode", "slow_mode"]


async def test_who_is_blocked_does_not_reach_the_other_one(world: World, near: Neighbourhood) -> None:
    anna, ben = new_id(), new_id()
    direct = await world.room(anna, ben, kind="direct")
    common = await world.room(anna, ben)
    heard = await world.hear(f"messaging.user.{anna}.mentioned")
    await near.auth.tell("user.blocked", anna, user_id=anna, blocked_id=ben)

    numbers = iter(range(1_000))

    async def code() -> Any:
        return (await world.send(ben, direct, "hello?", f"try {next(numbers)}")).get("error", {}).get("code")

    async def is_blocked() -> bool:
        return bool(await code() == "blocked")

    async def is_free() -> bool:
        return await code() is None

    await eventually(is_blocked)
    assert "error" not in await world.send(anna, direct, "you may not answer", "2")
    sent = await world.send(ben, common, f"@{world.name_of(anna)} hello?", "3")
    assert "error" not in sent
    await near.auth.tell("user.unblocked", anna, user_id=anna, blocked_id=ben)
    await eventually(is_free)
    called = await world.send(ben, common, f"@{world.name_of(anna)} hello!", "5")
    assert (await heard.next())["message_id"] == called["message_id"]


async def test_the_first_message_of_a_conversation_is_announced(world: World) -> None:
    anna, ben = new_id(), new_id()
    direct = await world.room(anna, ben, kind="direct")
    heard = await world.hear("messaging.user.*.direct")
    first = await world.send(anna, direct, "hello", "1")
    await world.send(anna, direct, "are you there?", "2")
    other = await world.room(ben, anna, kind="direct")
    last = await world.send(ben, other, "hello", "1")
    told = [await heard.next_notice("direct"), await heard.next_notice("direct")]
    assert [(one["user_id"], one["message_id"]) for one in told] == [
        (ben, first["message_id"]),
        (anna, last["message_id"]),
    ]


async def test_attachments_are_ones_own_and_of_the_room(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    mine, theirs = near.files.upload(anna, room_id), near.files.upload(ben, room_id)
    elsewhere = near.files.upload(anna, await world.room(anna))
    path = f"/rooms/{room_id}/messages"
    made = await post(http, anna, path, {"content": "", "attachments": [mine, mine], "client_id": "1"})
    assert made.status_code == 201, made.text
    assert made.json()["attachments"] == [near.files.known[mine]]
    assert (await world.entries(room_id))[-1]["message"]["attachments"] == [near.files.known[mine]]
    for others in (theirs, elsewhere, new_id()):
        assert (await post(http, anna, path, {"content": "x", "attachments": [mine, others]})).status_code == 404
    assert (await post(http, anna, path, {"content": " "})).status_code == 422
    group: list[dict[str, Any]] = [
        {"by": 0, "room_id": room_id, "content": "plain", "client_id": "2"},
        {"by": 0, "room_id": room_id, "content": "", "client_id": "3", "attachments": [theirs]},
        {"by": 0, "room_id": room_id, "content": "", "client_id": "4", "attachments": ["nonsense"]},
    ]
    statuses = [result.get("error", {}).get("status") for result in await world.commands([anna], group)]
    assert statuses == [None, 404, 422]
    await near.files.tell("file.deleted", mine, file_id=mine, room_id=room_id)
    message_id = made.json()["id"]
    await world.eventually_empty(lambda: get(http, anna, f"/messages/{message_id}"), "attachments")
    last = (await world.entries(room_id))[-1]
    assert (last["type"], last["message"]["id"], last["message"]["attachments"]) == ("message.updated", message_id, [])


async def test_a_deletion_finds_what_was_told_when_a_file_went(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, _, room_id = await world.pair()
    mine = near.files.upload(anna, room_id)
    made = await post(http, anna, f"/rooms/{room_id}/messages", {"content": "canary", "attachments": [mine]})
    message = f"/messages/{made.json()['id']}"
    await near.files.tell("file.deleted", mine, file_id=mine, room_id=room_id)
    await world.eventually_empty(lambda: get(http, anna, message), "attachments")
    assert (await http.delete(f"/api/v1{message}", headers=world.header(anna))).status_code == 204
    assert "canary" not in str(await world.entries(room_id))


async def test_without_files_only_messages_with_attachments_wait(world: World) -> None:
    anna, _, room_id = await world.pair()
    group: list[dict[str, Any]] = [
        {"by": 0, "room_id": room_id, "content": "plain", "client_id": "1"},
        {"by": 0, "room_id": room_id, "content": "x", "client_id": "2", "attachments": [new_id()]},
    ]
    results = await world.commands([anna], group)
    assert (results[0]["seq"], results[1]["error"]["status"]) == (3, 503)


async def test_all_that_a_person_wrote_can_be_had(world: World, near: Neighbourhood) -> None:
    anna, ben, room_id = await world.pair()
    other = await world.room(anna)
    for number in range(130):
        await world.send(anna, room_id if number % 2 else other, str(number) * 300, str(number))
    await world.send(ben, room_id, "not hers", "x")
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = await near.auth.bus.request("rpc.messaging.export", {"user_id": anna, "after": after})
        found += [message["content"] for message in answer["files"].get("messages.json", ())]
        after = answer["next"]
    assert found == [str(number) * 300 for number in range(130)]


async def test_what_a_person_takes_along_is_whole_however_small_the_pages(
    world: World, near: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_PAGE", 3)
    anna, ben, room_id = await world.pair()
    for number in range(5):
        sent = await world.send(anna, room_id, f"first {number}", str(number))
        for content in (f"second {number}", f"third {number}"):
            edit = {"op": "edit", "room_id": room_id, "message_id": sent["message_id"], "content": content}
            assert "error" not in await world.command(anna, edit)
        await world.send(anna, room_id, f"later {number}", f"l{number}", send_at=rfc3339(utc_now() + timedelta(days=1)))
        for user_id, emoji in ((anna, "🙂"), (ben, "👍")) if number % 2 else ((anna, "👍"), (anna, "🎉")):
            about = {"room_id": room_id, "message_id": sent["message_id"]}
            assert "error" not in await world.command(user_id, {"op": "react", **about, "emoji": emoji})
    found: dict[str, list[Any]] = {}
    after: str | None = ""
    while after is not None:
        answer = await near.auth.bus.request("rpc.messaging.export", {"user_id": anna, "after": after})
        for name, part in answer["files"].items():
            found.setdefault(name, []).extend(part)
        after = answer["next"]
    assert [each["content"] for each in found["messages.json"]] == [f"third {number}" for number in range(5)]
    earlier = [f"{what} {number}" for number in range(5) for what in ("first", "second")]
    assert [each["content"] for each in found["earlier.json"]] == earlier
    assert [each["content"] for each in found["scheduled.json"]] == [f"later {number}" for number in range(5)]
    assert sorted(each["emoji"] for each in found["reactions.json"]) == sorted("🙂🙂👍👍👍🎉🎉🎉")
