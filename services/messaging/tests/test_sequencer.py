"""Commands in groups: stored once, in order, without gaps, and refused without harm to the others."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from services.messaging.batch import Batch
from services.messaging.models import messages
from services.messaging.settings import Settings
from services.messaging.tests.world import World, member, room_state
from shared.bus import Bus
from shared.database import Database
from shared.ids import new_id
from shared.problems import Problem
from shared.settings import ProcessSettings
from shared.testing.nats import NatsServer


def said(content: str, room_id: str, client_id: str, by: int = 0) -> dict[str, Any]:
    return {"by": by, "room_id": room_id, "content": content, "client_id": client_id}


async def test_a_message_is_stored_and_takes_the_next_number(world: World) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    stored = await world.send(anna, room_id, "hello", "c1")
    assert stored["seq"] == 2
    joined, created = await world.entries(room_id)
    assert (joined["type"], joined["seq"], joined["user_id"]) == ("member.joined", 1, anna)
    assert (created["type"], created["seq"], created["room_id"]) == ("message.created", 2, room_id)
    assert created["message"]["id"] == stored["message_id"]
    assert created["message"]["seq"] == 2 and created["message"]["content"] == "hello"


async def test_a_group_is_stored_in_its_order(world: World) -> None:
    people = [new_id() for _ in range(3)]
    rooms = [await world.room(*people) for _ in range(2)]
    commands = [said(str(n), rooms[n % 2], f"c{n}", by=n % 3) for n in range(60)]
    results = await world.commands(people, commands)
    assert [result["seq"] for result in results] == [4 + n // 2 for n in range(60)]
    for index, room_id in enumerate(rooms):
        contents = [entry["message"]["content"] for entry in await world.entries(room_id, after=3)]
        assert contents == [str(n) for n in range(60) if n % 2 == index]


async def test_the_same_client_id_is_the_same_message(world: World) -> None:
    anna, ben = new_id(), new_id()
    room_id, other = await world.room(anna, ben), await world.room(anna)
    first = await world.send(anna, room_id, "once", "c")
    assert await world.send(anna, room_id, "different words", "c") == first
    twice = await world.commands([anna], [said("twice", room_id, "d"), said("twice", room_id, "d")])
    assert twice[0] == twice[1]
    assert (await world.send(ben, room_id, "another person", "c"))["message_id"] != first["message_id"]
    assert (await world.send(anna, other, "another room", "c"))["message_id"] != first["message_id"]
    assert [entry["seq"] for entry in await world.entries(room_id)] == [1, 2, 3, 4, 5]


async def test_many_retries_at_once_are_one_message(world: World) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    results = await asyncio.gather(*(world.send(anna, room_id, "again", "c") for _ in range(30)))
    assert all(result == results[0] for result in results)
    assert len(await world.entries(room_id)) == 2


async def test_refusals_leave_the_rest_of_the_group_alone(world: World) -> None:
    anna, stranger = new_id(), new_id()
    room_id, closed = await world.room(anna), await world.room(anna, kind="private")
    commands = [
        said("good", room_id, "a"),
        said("not a member", room_id, "b", by=1),
        said("not visible", closed, "c", by=1),
        said("no such room", new_id(), "d"),
        said(" \t", room_id, "e"),
        said("x" * 4001, room_id, "f"),
        said("nul \x00", room_id, "g"),
        {**said("quotes nothing", room_id, "h"), "reply_to": new_id()},
        said("nobody", room_id, "i", by=7),
        said("also good", room_id, "j"),
    ]
    results = await world.commands([anna, stranger], commands)
    codes = [result.get("error", {}).get("code", "stored") for result in results]
    assert codes == [
        "stored",
        "not_a_member",
        "not_found",
        "not_found",
        "invalid_content",
        "too_long",
        "invalid_content",
        "not_found",
        "invalid_command",
        "stored",
    ]
    assert [results[0]["seq"], results[-1]["seq"]] == [2, 3]


async def test_an_archived_room_takes_nothing_until_it_is_opened_again(world: World) -> None:
    anna, stranger = new_id(), new_id()
    room_id = await world.room(anna)
    await world.send(anna, room_id, "before", "a")
    archived = room_state(room_id, anna, archived=True)
    await world.tell("room.updated", room_id, room=archived)
    commands = [said("too late", room_id, "b"), said("stranger", room_id, "c", by=1), said("before", room_id, "a")]
    late, strange, retry = await world.commands([anna, stranger], commands)
    assert (late["error"]["status"], late["error"]["code"]) == (403, "archived")
    assert strange["error"]["code"] == "not_a_member"
    assert retry["seq"] == 2
    assert [entry["type"] for entry in await world.entries(room_id, after=2)] == ["room.updated"]
    await world.tell("room.updated", room_id, room={**archived, "archived": False})
    assert (await world.send(anna, room_id, "after", "d"))["seq"] == 5


async def test_a_forged_caller_stores_nothing(world: World) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    token = world.caller(anna)
    request = {
        "callers": [token[:-2] + "AA", "", "x.y.z"],
        "commands": [said("x", room_id, "c", by=n) for n in range(3)],
    }
    reply = await world.bus.request("rpc.messaging.commands", request)
    assert [result["error"]["status"] for result in reply["results"]] == [401, 401, 401]
    assert len(await world.entries(room_id)) == 1


async def test_malformed_requests_are_answered(world: World) -> None:
    request: Any
    for request in ({}, [], {"callers": 1, "commands": 2}, {"callers": []}, "text", None):
        with pytest.raises(Problem) as refused:
            await world.bus.request("rpc.messaging.commands", request)
        assert refused.value.status in (400, 422), request


async def test_who_left_can_not_send(world: World) -> None:
    anna, ben = new_id(), new_id()
    room_id = await world.room(anna, ben)
    await world.tell("member.left", room_id, room_id=room_id, user_id=ben, reason="kicked", by=anna)
    assert (await world.send(ben, room_id, "still here?", "c"))["error"]["code"] == "not_a_member"
    left = (await world.entries(room_id))[-1]
    assert (left["type"], left["user_id"], left["reason"], left["seq"]) == ("member.left", ben, "kicked", 3)
    await world.tell("member.joined", room_id, room_id=room_id, member=member(ben))
    assert (await world.send(ben, room_id, "back", "d"))["seq"] == 5


async def test_a_group_that_fails_as_a_whole_is_stored_one_by_one(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    store = Batch.store

    def failing(batch: Batch, row: dict[str, Any], *about: Any) -> Any:
        if row["content"] == "poison":
            raise RuntimeError("a bug in one command")
        return store(batch, row, *about)

    monkeypatch.setattr(Batch, "store", failing)
    commands = [said(text, room_id, f"c{index}") for index, text in enumerate(("one", "poison", "two"))]
    results = await world.commands([anna], commands)
    assert results[1]["error"]["code"] == "unavailable"
    assert [results[0]["seq"], results[2]["seq"]] == [2, 3]
    db = Database(settings.database_url)
    rows = await db.read(lambda tx: tx.execute(select(messages.c.content).order_by(messages.c.seq)).scalars().all())
    await asyncio.to_thread(db.close)
    assert list(rows) == ["one", "two"]


class Moderation:
    """Answers reviews on the real bus."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def review(self, request: dict[str, Any]) -> dict[str, Any]:
        texts = [one["text"] for one in request["texts"]]
        self.asked.append(texts)
        return {"verdicts": [self.verdict(text) for text in texts]}

    @staticmethod
    def verdict(text: str) -> dict[str, Any]:
        if "bad" in text:
            return {"action": "block", "code": "profanity"}
        if "rude" in text:
            return {"action": "mask", "text": text.replace("rude", "****")}
        return {"action": "pass"}


async def reviewed_flags(settings: Settings) -> list[tuple[str, bool]]:
    db = Database(settings.database_url)
    query = select(messages.c.content, messages.c.reviewed).order_by(messages.c.seq)
    rows = await db.read(lambda tx: [(row.content, row.reviewed) for row in tx.execute(query)])
    await asyncio.to_thread(db.close)
    return rows


async def test_moderation_is_asked_once_for_a_group_and_obeyed(
    world: World, settings: Settings, nats_server: NatsServer
) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    moderation, bus = Moderation(), Bus("moderation", ProcessSettings(nats_url=nats_server.url))
    async with bus.connected():
        await bus.serve("review", moderation.review)
        await bus.ping()
        commands = [said(text, room_id, text) for text in ("fine", "a bad word", "a rude word")]
        results = await world.commands([anna], commands)
    assert results[1]["error"]["code"] == "profanity" and results[1]["error"]["status"] == 422
    assert moderation.asked == [["fine", "a bad word", "a rude word"]]
    assert await reviewed_flags(settings) == [("fine", True), ("a **** word", True)]


async def test_without_moderation_the_chat_goes_on_and_texts_are_marked(world: World, settings: Settings) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    assert (await world.send(anna, room_id, "unreviewed", "c"))["seq"] == 2
    assert await reviewed_flags(settings) == [("unreviewed", False)]
