"""Texts that a moderator looks at first: nobody but the author sees them, and they take their number when approved."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.messaging.app import create_app
from services.messaging.settings import Settings
from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, get, post, put
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.testing.plugin import running
from shared.testing.waiting import eventually


async def queue(near: Neighbourhood, **asked: Any) -> list[dict[str, Any]]:
    """What moderation is shown."""
    answer = await near.moderation.bus.request("rpc.messaging.held", asked)
    assert answer["more"] is False
    items: list[dict[str, Any]] = answer["items"]
    return items


async def own(http: httpx.AsyncClient, user_id: str, room_id: str) -> list[dict[str, Any]]:
    """What the person is shown of their own."""
    items: list[dict[str, Any]] = (await get(http, user_id, f"/rooms/{room_id}/held")).json()["items"]
    return items


async def approve(near: Neighbourhood, held: dict[str, Any] | str) -> None:
    """A moderator lets it pass."""
    held_id = held if isinstance(held, str) else held["id"]
    await near.moderation.push("message.approved", held_id, held_id=held_id, reason=None)


async def test_what_is_held_is_seen_by_its_author_alone_until_it_is_approved(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    mentioned = await world.hear(f"messaging.user.{anna}.mentioned")
    said = {"content": f"doubtful @{world.name_of(anna)}", "client_id": "1"}
    first = await post(http, ben, f"/rooms/{room_id}/messages", said)
    again = await post(http, ben, f"/rooms/{room_id}/messages", said)
    assert (first.status_code, again.status_code) == (202, 202)
    held = first.json()
    assert held == again.json() and (held["status"], held["kind"], held["client_id"]) == ("waiting", "message", "1")
    assert await world.send(ben, room_id, said["content"], "1") == {"held_id": held["id"]}
    assert await own(http, ben, room_id) == [held] and await own(http, anna, room_id) == []
    for path in ("messages", "search?q=doubtful"):
        assert (await get(http, anna, f"/rooms/{room_id}/{path}")).json()["items"] == []
    assert (await get(http, ben, f"/messages/{held['id']}")).status_code == 404
    [unread] = (await get(http, anna, "/rooms/unread")).json()["items"]
    assert (unread["unread"], unread["mentions"], unread["last_seq"]) == (0, 0, 2)
    [seen] = await queue(near, room_id=room_id)
    assert (seen["id"], seen["content"], seen["author"]["id"]) == (held["id"], said["content"], ben)
    assert (seen["refusal"], seen["says_now"]) == (None, None)
    assert await queue(near, room_id=new_id()) == await queue(near, author_id=anna) == []
    await world.send(anna, room_id, "in between", "2")

    await approve(near, held)
    await approve(near, held)
    [entry] = await world.entries(room_id, after=3)
    assert (entry["type"], entry["seq"], entry["message"]["id"]) == ("message.created", 4, held["id"])
    assert (await mentioned.next_notice("mentioned"))["message_id"] == held["id"]
    assert await world.send(ben, room_id, said["content"], "1") == {"message_id": held["id"], "seq": 4}
    assert await queue(near) == await own(http, ben, room_id) == []
    assert [hit["id"] for hit in (await get(http, anna, f"/rooms/{room_id}/search?q=doubtful")).json()["items"]]


async def test_what_is_rejected_is_never_sent_and_its_author_knows_why(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    held = await world.send(ben, room_id, "doubtful", "1")
    await near.moderation.push("message.rejected", ben, held_id=held["held_id"], reason="not here")
    [mine] = await own(http, ben, room_id)
    assert (mine["status"], mine["reason"], mine["note"]) == ("rejected", "rejected", "not here")
    assert (await world.send(ben, room_id, "doubtful", "1"))["error"]["code"] == "rejected"
    await approve(near, held["held_id"])
    assert await queue(near) == [] and await world.entries(room_id, after=2) == []
    path = f"/api/v1/held/{held['held_id']}"
    assert (await http.delete(path, headers=world.header(anna))).status_code == 404
    assert (await http.delete(path, headers=world.header(ben))).status_code == 204
    assert await own(http, ben, room_id) == []


async def test_an_edit_waits_while_the_message_says_what_it_said(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(ben, room_id, "fine", "1"))["message_id"]
    edit = {"op": "edit", "room_id": room_id, "message_id": message_id, "content": "doubtful", "client_id": "e"}
    held = await world.command(ben, edit)
    assert await world.command(ben, edit) == held and held.keys() == {"held_id"}
    assert (await put(http, ben, f"/messages/{message_id}", {"content": "doubtful too"})).status_code == 202
    [seen] = await queue(near, kind="edit")
    assert (seen["says_now"], seen["content"], seen["message_id"]) == ("fine", "doubtful too", message_id)
    assert seen["id"] != held["held_id"], "the newer edit takes the older one's place"
    assert (await get(http, anna, f"/messages/{message_id}")).json()["content"] == "fine"
    await approve(near, seen)
    assert [entry["type"] for entry in await world.entries(room_id, after=3)] == ["message.updated"]
    assert (await get(http, anna, f"/messages/{message_id}")).json()["content"] == "doubtful too"
    await world.command(ben, edit | {"client_id": "e2", "content": "doubtful again"})
    await world.command(ben, edit | {"client_id": "e3", "content": "fine again"})
    assert await queue(near) == [], "an edit that passes takes the place of one that waits"
    await world.command(ben, edit | {"client_id": "e4", "content": "doubtful still"})
    await world.command(ben, {"op": "delete", "room_id": room_id, "message_id": message_id})
    assert await queue(near) == []


async def test_an_edit_that_waits_is_no_answer_for_other_commands(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    """Of one room and client_id one edit can wait: another is refused, and nothing else of its group is."""
    _, ben, room_id = await world.pair()
    other = await world.room(ben)
    places = [{"by": 0, "room_id": place, "client_id": "e"} for place in (room_id, room_id, other)]
    for number, place in enumerate(places):
        place["message_id"] = (await world.send(ben, str(place["room_id"]), "fine", str(number)))["message_id"]
    edit = {"op": "edit", "content": "doubtful"}
    held = await world.command(ben, places[0] | edit)
    beside, refused, elsewhere, reaction, again, passing = await world.commands(
        [ben],
        [
            {"by": 0, "room_id": room_id, "content": "fine", "client_id": "e"},
            places[1] | edit,
            places[2] | edit,
            places[0] | {"op": "react", "emoji": "👍"},
            places[0] | edit,
            places[1] | edit | {"content": "fine!"},
        ],
    )
    assert (refused["error"]["status"], refused["error"]["code"]) == (409, "client_id_taken")
    assert elsewhere.keys() == {"held_id"} and elsewhere != held
    assert [beside["seq"], reaction["seq"], passing["seq"]] == [5, 6, 7] and again == held
    await approve(near, held["held_id"])
    assert [entry["type"] for entry in await world.entries(room_id, after=7)] == ["message.updated"]
    assert await world.command(ben, places[0] | edit) == {"message_id": places[0]["message_id"], "seq": 8}
    together = [{**place, **edit, "content": "still doubtful", "client_id": "f"} for place in places[:2]]
    waits, refused = await world.commands([ben], together)
    assert waits.keys() == {"held_id"} and refused["error"]["code"] == "client_id_taken"


async def test_a_scheduled_message_is_held_at_its_time(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, _, room_id = await world.pair()
    later = await world.send(anna, room_id, "doubtful", "1", send_at=rfc3339(utc_now() + timedelta(hours=1)))
    assert await queue(near) == [], "not before"
    await put(http, anna, f"/scheduled/{later['scheduled_id']}", {"send_at": rfc3339(utc_now())})

    async def waits() -> bool:
        return bool(await queue(near))

    await eventually(waits)
    assert (await get(http, anna, f"/rooms/{room_id}/scheduled")).json()["items"] == []
    await approve(near, (await queue(near))[0])
    assert [entry["type"] for entry in await world.entries(room_id, after=2)] == ["message.created"]


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_who_was_silenced_meanwhile_says_nothing_more(
    world: World, near: Neighbourhood, http: httpx.AsyncClient, kind: str
) -> None:
    anna, ben, room_id = await world.pair()
    held = await world.send(ben, room_id, "doubtful", "1")
    restriction = {"room_id": room_id, "user_id": ben, "expires_at": None, "by": anna, "reason": None}
    name = {"mute": "muted", "ban": "banned"}[kind]
    await near.moderation.push(f"member.{name}", ben, **restriction)
    [seen] = await queue(near)
    assert seen["refusal"] == {"mute": "muted", "ban": "not_a_member"}[kind]
    await approve(near, held["held_id"])
    assert [entry["type"] for entry in await world.entries(room_id, after=2)] == [f"member.{name}"]
    assert await queue(near) == []


@pytest.mark.parametrize("everywhere", [False, True])
async def test_everything_of_a_screened_person_waits_and_nobody_is_told(
    world: World, near: Neighbourhood, http: httpx.AsyncClient, everywhere: bool
) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(ben, room_id, "before", "1"))["message_id"]
    where = {"user_id": ben} if everywhere else {"user_id": ben, "room_id": room_id}
    thing = "user" if everywhere else "member"
    until = rfc3339(utc_now() + timedelta(hours=1))
    await near.moderation.push(f"{thing}.held", ben, **where, expires_at=until, by=anna, reason=None)
    about = {"room_id": room_id, "message_id": message_id}
    held = await world.send(ben, room_id, "hello", "2")
    assert held.keys() == {"held_id"}
    assert (await world.command(ben, {"op": "edit", **about, "content": "after"})).keys() == {"held_id"}
    assert "seq" in await world.command(ben, {"op": "react", **about, "emoji": "👍"}), "no text"
    assert {one["reason"] for one in await queue(near)} == {"screened"}
    other = await world.send(ben, await world.room(ben), "elsewhere", "3")
    assert ("held_id" in other) is everywhere
    assert [entry["type"] for entry in await world.entries(room_id, after=3)] == ["reaction.added"]
    await approve(near, held["held_id"])
    assert (await world.entries(room_id, after=4))[0]["message"]["content"] == "hello"
    await near.moderation.push(f"{thing}.released", ben, **where, by=None)
    assert "seq" in await world.send(ben, room_id, "free", "4")
    over = rfc3339(utc_now() - timedelta(seconds=1))
    await near.moderation.push(f"{thing}.held", ben, **where, expires_at=over, by=anna, reason=None)
    assert "seq" in await world.send(ben, room_id, "it was over before it began", "5")


async def test_what_is_gone_does_not_wait(world: World, near: Neighbourhood, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    other = await world.room(anna)
    file_id = near.files.upload(anna, room_id)
    await world.send(ben, room_id, "doubtful", "1")
    await world.send(anna, other, "doubtful", "2")
    await world.send(anna, room_id, "doubtful", "3", attachments=[file_id])
    assert len(await queue(near)) == 3
    assert near.files.held.keys() == {file_id}, "files keeps it until somebody has decided"
    [waits] = await own(http, anna, room_id)
    assert [file["id"] for file in waits["attachments"]] == [file_id]
    await near.files.tell("file.deleted", file_id, file_id=file_id)
    await near.auth.tell("user.deleted", ben, user_id=ben)
    await world.tell("room.deleted", other, room_id=other, reason="deleted", by=anna)

    async def left() -> bool:
        return [one["attachments"] for one in await queue(near)] == [[]]

    await eventually(left)


async def test_too_many_cannot_wait(world: World, near: Neighbourhood, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    sends = [{"by": 0, "room_id": room_id, "content": "doubtful", "client_id": str(n)} for n in range(101)]
    results = await world.commands([ben], sends)
    assert all("held_id" in result for result in results[:100])
    assert results[100]["error"]["code"] == "too_many_held"
    assert "held_id" in await world.send(anna, room_id, "doubtful", "1")


@pytest.fixture
async def careful(settings: Settings, neighbours: World) -> AsyncIterator[httpx.AsyncClient]:
    """The service, told to hold texts while moderation is away."""
    async with running(create_app(settings.model_copy(update={"review_away": "hold"}))) as client:
        yield client


async def test_texts_may_wait_for_the_review(careful: httpx.AsyncClient, neighbours: World, settings: Settings) -> None:
    world = neighbours
    anna, ben, room_id = await world.pair()
    direct = await world.room(anna, ben, kind="direct")
    told = await world.hear(f"messaging.user.{ben}.rejected")
    for text in ("fine", "bad", "rude", "doubtful"):
        assert (await world.send(ben, room_id, text, text)).keys() == {"held_id"}
    assert (await world.send(ben, direct, "fine", "fine")).keys() == {"held_id"}
    assert {one["reason"] for one in await own(careful, ben, room_id)} == {"review"}
    async with Neighbourhood(settings).running():

        async def judged() -> bool:
            return {one["reason"] for one in await own(careful, ben, room_id)} == {"profanity", "rule"}

        await eventually(judged)
        assert (await told.next_notice("rejected"))["reason"] == "profanity"
        for place, expected in ((room_id, ["fine", "****"]), (direct, ["fine"])):
            frames = await world.entries(place, after=2)
            assert [entry["message"]["content"] for entry in frames] == expected
        assert "seq" in await world.send(ben, room_id, "fine again", "5")


async def test_two_who_decide_at_once_decide_once(world: World, near: Neighbourhood, http: httpx.AsyncClient) -> None:
    _, ben, room_id = await world.pair()
    held = [await world.send(ben, room_id, f"doubtful {number}", str(number)) for number in range(10)]
    await asyncio.gather(*(approve(near, one["held_id"]) for one in held for _ in range(2)))
    entries = await world.entries(room_id, after=2)
    assert [entry["seq"] for entry in entries] == list(range(3, 13))
    assert {entry["message"]["id"] for entry in entries} == {one["held_id"] for one in held}
