"""What moderation decides is in force here from its entry on."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from services.messaging.models import messages
from services.messaging.settings import Settings
from services.messaging.tests.neighbours import Neighbourhood
from services.messaging.tests.world import World, get, post
from shared.clock import rfc3339, utc_now
from shared.database import Database
from shared.ids import new_id
from shared.problems import Problem
from shared.testing.waiting import eventually


async def test_who_is_muted_says_nothing_more_until_it_ends(world: World, near: Neighbourhood) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(ben, room_id, "hello", "1"))["message_id"]
    about: dict[str, Any] = {"room_id": room_id, "user_id": ben}
    later = rfc3339(utc_now() + timedelta(hours=1))
    mute = {**about, "expires_at": later, "by": anna, "reason": "noise"}
    await near.moderation.push("member.muted", ben, **mute)
    await near.moderation.push("member.muted", ben, **mute)
    entry = (await world.entries(room_id))[-1]
    assert (entry["type"], entry["seq"], entry["expires_at"], entry["reason"]) == ("member.muted", 4, later, "noise")
    on_message = {"room_id": room_id, "message_id": message_id}
    for command in (
        {"room_id": room_id, "content": "x", "client_id": "2"},
        {"op": "edit", **on_message, "content": "x"},
        {"op": "react", **on_message, "emoji": "👍"},
        {"op": "delete", **on_message},
    ):
        assert (await world.command(ben, command))["error"]["code"] == "muted", command
    assert "error" not in await world.command(ben, {"op": "read", "room_id": room_id, "seq": 3})
    await near.moderation.push("member.unmuted", ben, **about, by=None)
    await near.moderation.push("member.unmuted", ben, **about, by=None)
    assert (await world.send(ben, room_id, "free", "3"))["seq"] == 6
    over = rfc3339(utc_now() - timedelta(seconds=1))
    await near.moderation.push("member.muted", ben, **about, expires_at=over, by=anna, reason=None)
    assert "error" not in await world.send(ben, room_id, "it was over before it began", "4")


async def test_s131_a_mute_ends_at_its_moment_by_the_clock_of_the_transaction(
    world: World, near: Neighbourhood, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, room_id = await world.pair()
    end = utc_now() + timedelta(hours=1)
    terms = {"expires_at": rfc3339(end), "by": anna, "reason": None}
    await near.moderation.push("member.muted", ben, room_id=room_id, user_id=ben, **terms)
    last_moment, set_back, at_its_end = timedelta(milliseconds=-1), timedelta(days=-1), timedelta(0)
    for number, moment in enumerate((last_moment, set_back, at_its_end)):
        monkeypatch.setattr("shared.database.sessions.utc_now", lambda moment=moment: end + moment)
        said = await world.command(ben, {"room_id": room_id, "content": "x", "client_id": str(number)})
        assert said.get("error", {}).get("code") == (None if moment == at_its_end else "muted"), said


async def test_a_mute_of_the_account_holds_everywhere_and_is_in_no_rooms_order(
    world: World, near: Neighbourhood
) -> None:
    _, ben, room_id = await world.pair()
    other = await world.room(ben)
    await near.moderation.push("user.muted", ben, user_id=ben, expires_at=None, by=new_id(), reason=None)
    for place in (room_id, other):
        assert (await world.send(ben, place, "x", "1"))["error"]["code"] == "muted"
        assert {entry["type"] for entry in await world.entries(place)} == {"member.joined"}
    await near.moderation.push("user.unmuted", ben, user_id=ben, by=None)
    assert "error" not in await world.send(ben, room_id, "x", "1")


async def test_who_is_banned_is_out_at_that_entry(world: World, near: Neighbourhood, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    ban = {"room_id": room_id, "user_id": ben, "expires_at": None, "by": anna, "reason": None}
    await near.moderation.push("member.banned", ben, **ban)
    header, frames = await world.replay(room_id, 2)
    assert (frames[0]["type"], header["removes"]) == ("member.banned", {"3": ben})
    assert (await world.send(ben, room_id, "x", "1"))["error"]["code"] == "banned"
    assert (await get(http, ben, f"/rooms/{room_id}/messages")).json()["code"] == "banned"
    with pytest.raises(Problem) as refused:
        await world.bus.request("rpc.messaging.attach", {"caller": world.caller(ben), "room_id": room_id})
    assert (refused.value.status, refused.value.code) == (403, "banned")
    other = await world.room(anna, ben)
    await near.moderation.push("member.banned", ben, **{**ban, "room_id": other})
    await near.moderation.push("member.unbanned", ben, room_id=other, user_id=ben, by=None)
    assert (await get(http, ben, f"/rooms/{other}/messages")).json()["code"] == "not_a_member"
    # Rooms removes the member too; that is no news here. A join that was under way does not help.
    await world.tell("member.left", room_id, room_id=room_id, user_id=ben, reason="banned", by=None)
    assert [entry["type"] for entry in await world.entries(room_id, after=2)] == ["member.banned"]
    await world.join(room_id, ben)
    assert (await world.send(ben, room_id, "x", "2"))["error"]["code"] == "banned"
    assert (await get(http, ben, f"/rooms/{room_id}/messages")).json()["code"] == "banned"
    await near.moderation.push("member.unbanned", ben, room_id=room_id, user_id=ben, by=anna)
    assert "error" not in await world.send(ben, room_id, "back", "3")


async def test_what_a_moderator_takes_away_is_a_tombstone(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(ben, room_id, "spam spam", "1"))["message_id"]
    removal = {"room_id": room_id, "message_id": message_id, "by": anna, "reason": "spam"}
    await near.moderation.push("message.removed", message_id, **removal)
    await near.moderation.push("message.removed", message_id, **removal)
    entries = await world.entries(room_id, after=2)
    assert [entry["type"] for entry in entries] == ["message.created", "message.deleted"]
    assert "spam spam" not in str(entries)
    assert (await get(http, ben, f"/messages/{message_id}")).json()["content"] == ""


async def test_the_verdict_goes_for_every_way_into_a_room(
    world: World, near: Neighbourhood, http: httpx.AsyncClient
) -> None:
    anna, _, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "fine", "1"))["message_id"]
    about = {"room_id": room_id, "message_id": message_id}
    tomorrow = rfc3339(utc_now() + timedelta(days=1))
    path = f"/rooms/{room_id}/messages"
    for answer in (
        (await world.send(anna, room_id, "bad", "2"))["error"],
        (await world.send(anna, room_id, "bad", "3", send_at=tomorrow))["error"],
        (await world.command(anna, {"op": "edit", **about, "content": "bad"}))["error"],
        (await post(http, anna, path, {"content": "bad"})).json(),
    ):
        assert (answer["status"], answer["code"]) == (422, "profanity")
    assert (await post(http, anna, path, {"content": "doubtful"})).status_code == 202
    assert (await world.command(anna, {"op": "edit", **about, "content": "rude"}))["seq"] == 4
    assert (await get(http, anna, f"/messages/{message_id}")).json()["content"] == "****"
    kinds = [text["kind"] for texts in near.moderation.asked for text in texts]
    assert kinds == ["message", "message", "scheduled", "edit", "message", "message", "edit"]
    assert {text["room_id"] for texts in near.moderation.asked for text in texts} == {room_id}


async def test_what_was_stored_without_a_review_is_judged_when_moderation_is_back(
    world: World, settings: Settings, http: httpx.AsyncClient
) -> None:
    anna, _, room_id = await world.pair()
    texts = ("fine", "bad", "rude", "bad but deleted", "doubtful")
    ids = [(await world.send(anna, room_id, text, text))["message_id"] for text in texts]
    await world.command(anna, {"op": "delete", "room_id": room_id, "message_id": ids[3]})
    db = Database(settings.database_url)
    neighbourhood = Neighbourhood(settings)
    async with neighbourhood.running():

        async def all_reviewed() -> bool:
            query = select(messages.c.id).where(~messages.c.reviewed)
            return await db.read(lambda tx: tx.execute(query).first() is None)

        await eventually(all_reviewed)
        contents = (await get(http, anna, f"/rooms/{room_id}/messages")).json()["items"]
        [waits] = (await get(http, anna, f"/rooms/{room_id}/held")).json()["items"]
        earlier = (await get(http, anna, f"/messages/{ids[2]}/history")).json()
        hits = (await get(http, anna, f"/rooms/{room_id}/search?q=rude")).json()
    assert [message["content"] for message in contents] == ["fine", "", "****", "", ""]
    entries = await world.entries(room_id, after=7)
    types = [entry["type"] for entry in entries]
    assert sorted(types) == ["message.deleted"] * 3 + ["message.updated"]
    # What was masked is masked in replay too, and it is no edit of its author's.
    [masked] = [entry["message"] for entry in entries if "message" in entry]
    created = next(entry["message"] for entry in await world.entries(room_id, after=4))
    assert (created["content"], masked["content"], masked["edited_at"]) == ("****", "****", None)
    assert [one["content"] for one in earlier["items"]] == ["rude"] and hits["items"] == []
    # What a moderator has to look at is gone, and waits: it would be said anew.
    assert (waits["content"], waits["status"], waits["kind"]) == ("doubtful", "waiting", "message")
    assert waits["id"] not in ids
    db.close()


async def test_moderation_sees_a_message_and_what_is_around_it(world: World, near: Neighbourhood) -> None:
    anna, _, room_id = await world.pair()
    ids = [(await world.send(anna, room_id, str(n), str(n)))["message_id"] for n in range(12)]
    ask = {"message_id": ids[6], "user_id": anna}
    seen = await near.moderation.bus.request("rpc.messaging.snapshot", ask)
    assert seen["message"]["content"] == "6"
    assert [one["content"] for one in seen["before"]] == ["1", "2", "3", "4", "5"]
    assert [one["content"] for one in seen["after"]] == ["7", "8", "9", "10", "11"]
    with pytest.raises(Problem) as refused:
        await near.moderation.bus.request("rpc.messaging.snapshot", {**ask, "user_id": new_id()})
    assert refused.value.status == 404
