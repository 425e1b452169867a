"""Whoever follows messaging is told which deletions were a moderator's own act; clients' frames say no more for it."""

from typing import Any

import httpx

from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, hold_to_contract

_IN_FRAMES = {"type", "room_id", "seq", "message_id", "by", "reason"}


async def test_a_moderators_deletion_by_http_or_by_command_says_so(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    staff = await world.joined(room_id)
    said = [(await world.send(ben, room_id, text, text))["message_id"] for text in ("one", "two", "three")]
    await _delete(http, world.header(anna), said[0])
    await world.command(anna, {"op": "delete", "room_id": room_id, "message_id": said[1]})
    await _delete(http, world.header(staff, role="moderator"), said[2])
    told = await _told(world, room_id)
    assert [(one["message_id"], one["by"], one["by_moderator"]) for one in told] == [
        (said[0], anna, True),
        (said[1], anna, True),
        (said[2], staff, True),
    ]


async def test_an_authors_own_deletion_does_not_whoever_they_are(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    for number, author in enumerate((anna, ben)):
        said = [(await world.send(author, room_id, text, text))["message_id"] for text in ("one", "two")]
        await _delete(http, world.header(author), said[0])
        await world.command(author, {"op": "delete", "room_id": room_id, "message_id": said[1]})
        told = (await _told(world, room_id))[2 * number :]
        assert [(one["by"], "by_moderator" in one) for one in told] == [(author, False)] * 2


async def test_what_moderation_decided_does_not_it_knows_already(world: World, near: Neighbourhood) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(ben, room_id, "spam spam", "1"))["message_id"]
    removal = {"room_id": room_id, "message_id": message_id, "by": anna, "reason": "spam"}
    await near.moderation.push("message.removed", message_id, **removal)
    [told] = await _told(world, room_id)
    assert (told["by"], "by_moderator" in told) == (anna, False)


async def _delete(http: httpx.AsyncClient, header: dict[str, str], message_id: str) -> None:
    answer = await http.delete(f"/api/v1/messages/{message_id}", headers=header)
    assert answer.status_code == 204, answer.text


async def _told(world: World, room_id: str) -> list[dict[str, Any]]:
    """What followers are told of the room's deletions; each of them is a frame of clients', and more."""
    answer = await world.bus.request("rpc.messaging.outbox", {"after": 0, "limit": 500})
    told = [one["data"] for one in answer["events"] if one["type"] == "message.deleted"]
    shown = [one for one in await world.entries(room_id) if one["type"] == "message.deleted"]
    assert [{name: one[name] for name in _IN_FRAMES} for one in told] == shown
    for one in told:
        hold_to_contract(one)
    return told
