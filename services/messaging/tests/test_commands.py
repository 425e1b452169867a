"""What happens to messages after they were sent, through the sequencer, on both databases."""

import asyncio
from typing import Any

import httpx
from sqlalchemy import bindparam, text

from services.messaging.settings import Settings
from services.messaging.tests.world import World, get, post, put
from shared.clock import utc_now
from shared.database import Database, UtcDateTime
from shared.ids import new_id


async def test_an_edit_keeps_what_was_said_before(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    sent = await world.send(anna, room_id, "helo", "c")
    edit = {"op": "edit", "room_id": room_id, "message_id": sent["message_id"], "content": "hello", "client_id": "e"}
    edited = await world.command(anna, edit)
    assert await world.command(anna, edit) == edited
    assert edited == {"message_id": sent["message_id"], "seq": sent["seq"] + 1}
    entry = (await world.entries(room_id))[-1]
    assert (entry["type"], entry["message"]["content"], entry["message"]["seq"]) == (
        "message.updated",
        "hello",
        sent["seq"],
    )
    assert entry["message"]["edited_at"] is not None
    await world.command(anna, {**edit, "client_id": "f", "content": "hello!"})
    assert await world.command(anna, edit) == edited
    page = (await get(http, anna, f"/messages/{sent['message_id']}/history")).json()
    assert [one["content"] for one in page["items"]] == ["helo", "hello"]
    assert (await get(http, ben, f"/messages/{sent['message_id']}/history")).status_code == 403
    refused = await world.command(ben, {**edit, "content": "mine", "client_id": "g"})
    assert refused["error"]["code"] == "not_the_author"


async def test_a_retry_does_the_same_to_the_same_message(world: World) -> None:
    """One client_id everywhere: each command is carried out, and each second try gets the first one's answer."""
    anna, _, room_id = await world.pair()
    places: list[dict[str, Any]] = []
    for where in (room_id, room_id, await world.room(anna)):
        sent = await world.send(anna, where, "hello", new_id())
        places.append({"by": 0, "room_id": where, "message_id": sent["message_id"], "client_id": "c"})
    heads = {place["room_id"]: (await world.entries(place["room_id"]))[-1]["seq"] for place in places}
    operations: dict[str, list[dict[str, Any]]] = {
        "message.updated": [{"op": "edit", "content": "hello!"}],
        "reaction.added": [{"op": "react", "emoji": "👍"}, {"op": "react", "emoji": "❤"}],
        "reaction.removed": [{"op": "unreact", "emoji": "👍"}],
        "message.deleted": [{"op": "delete"}],
    }
    for type_, operation in [(type_, one) for type_, some in operations.items() for one in some]:
        commands = [place | operation for place in places]
        first = [await world.command(anna, command) for command in commands]
        assert await world.commands([anna], commands * 2) == first * 2
        for place, answer in zip(places, first, strict=True):
            heads[place["room_id"]] += 1
            assert answer == {"message_id": place["message_id"], "seq": heads[place["room_id"]]}, operation
            entries = await world.entries(place["room_id"], after=answer["seq"] - 1)
            assert entries[0]["type"] == type_
    for room_id, head in heads.items():
        assert (await world.entries(room_id))[-1]["seq"] == head


async def test_one_client_id_for_everything_of_a_group(world: World) -> None:
    anna, _, room_id = await world.pair()
    ids = [(await world.send(anna, room_id, text, text))["message_id"] for text in ("one", "two")]
    about = [{"by": 0, "room_id": room_id, "message_id": an_id, "client_id": "c"} for an_id in ids]
    commands = [
        {**about[0], "op": "react", "emoji": "👍"},
        {**about[0], "op": "unreact", "emoji": "👍"},
        {**about[1], "op": "react", "emoji": "👍"},
        {**about[0], "op": "react", "emoji": "👍"},
    ]
    results = await world.commands([anna], commands)
    assert [result["seq"] for result in results] == [5, 6, 7, 5]


async def test_what_the_release_before_did_is_not_done_again(world: World, settings: Settings) -> None:
    """It does not say which operation it was: any on that message counts, none on another."""
    anna, _, room_id = await world.pair()
    ids = [(await world.send(anna, room_id, text, text))["message_id"] for text in ("one", "two")]
    told = "INSERT INTO receipts (user_id, client_id, message_id, seq, at) VALUES (:user, 'c', :message, 3, :at)"
    row = {"user": anna, "message": ids[0], "at": utc_now()}
    insert = text(told).bindparams(bindparam("at", type_=UtcDateTime))
    db = Database(settings.database_url)
    await db.write(lambda tx: tx.execute(insert, row))
    await asyncio.to_thread(db.close)
    about = {"op": "react", "room_id": room_id, "emoji": "👍", "client_id": "c"}
    assert (await world.command(anna, {**about, "message_id": ids[0]})) == {"message_id": ids[0], "seq": 3}
    assert (await world.command(anna, {**about, "message_id": ids[1]})) == {"message_id": ids[1], "seq": 5}


async def test_the_same_words_are_no_edit(world: World) -> None:
    anna, _, room_id = await world.pair()
    sent = await world.send(anna, room_id, "as it is", "c")
    edit = {"op": "edit", "room_id": room_id, "message_id": sent["message_id"], "content": "as it is"}
    assert await world.command(anna, edit) == sent
    assert (await world.entries(room_id))[-1]["seq"] == sent["seq"]


async def test_a_deleted_message_leaves_a_tombstone_everywhere(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    sent = await world.send(ben, room_id, "secret words", "c")
    message_id = sent["message_id"]
    about = {"room_id": room_id, "message_id": message_id}
    await world.command(ben, {"op": "edit", **about, "content": "other secret words"})
    await world.command(anna, {"op": "react", **about, "emoji": "👍"})
    assert (await put(http, anna, f"/messages/{message_id}/pin")).json()["pinned"] is True
    stranger = await world.command(await world.joined(room_id), {"op": "delete", **about})
    assert stranger["error"]["code"] == "not_the_author"
    gone = await world.command(anna, {"op": "delete", **about})
    assert (await world.command(anna, {"op": "delete", **about}))["message_id"] == message_id
    entries = await world.entries(room_id)
    last = entries[-1]
    assert (last["type"], last["seq"], last["by"]) == ("message.deleted", gone["seq"], anna)
    assert "secret" not in str(entries)
    message = (await get(http, ben, f"/messages/{message_id}")).json()
    assert (message["content"], message["reactions"], message["pinned"]) == ("", [], False)
    assert message["deleted_at"] is not None
    assert (await get(http, ben, f"/rooms/{room_id}/search?q=secret")).json()["items"] == []
    assert (await get(http, ben, f"/rooms/{room_id}/pins")).json()["items"] == []
    assert (await get(http, ben, f"/messages/{message_id}/history")).json()["items"] == []
    late = await world.command(ben, {"op": "edit", **about, "content": "back", "client_id": "x"})
    assert late["error"]["code"] == "deleted"
    assert (await world.command(ben, {"op": "react", **about, "emoji": "👍"}))["error"]["code"] == "deleted"


async def test_reactions_are_pictures_counted_once_a_person(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "look", "c"))["message_id"]
    about = {"room_id": room_id, "message_id": message_id}
    first = await world.command(anna, {"op": "react", **about, "emoji": "❤"})
    assert await world.command(anna, {"op": "react", **about, "emoji": "❤️"}) == first
    assert await world.command(anna, {"op": "react", **about, "emoji": ":red_heart:"}) == first
    await world.command(ben, {"op": "react", **about, "emoji": ":heart:"})
    await world.command(ben, {"op": "react", **about, "emoji": "👩🏽‍🚀"})
    for nonsense in ("a", "", "👍👍", ":nothing_of_the_kind:", "❤" * 65):
        answer = await world.command(ben, {"op": "react", **about, "emoji": nonsense})
        assert answer["error"]["code"] == "invalid_emoji", nonsense
    shown = (await get(http, ben, f"/messages/{message_id}")).json()["reactions"]
    assert shown == [{"emoji": "❤️", "count": 2, "me": True}, {"emoji": "👩🏽‍🚀", "count": 1, "me": True}]
    assert (await get(http, anna, f"/rooms/{room_id}/messages")).json()["items"][0]["reactions"][1]["me"] is False
    await world.command(ben, {"op": "unreact", **about, "emoji": "❤"})
    gone = await world.command(ben, {"op": "unreact", **about, "emoji": "👩🏽‍🚀"})
    await world.command(ben, {"op": "unreact", **about, "emoji": "👩🏽‍🚀"})
    last = (await world.entries(room_id))[-1]
    assert (last["type"], last["seq"], last["user_id"]) == ("reaction.removed", gone["seq"], ben)
    assert (await get(http, ben, f"/messages/{message_id}")).json()["reactions"] == [
        {"emoji": "❤️", "count": 1, "me": False}
    ]


async def test_twenty_different_reactions_fit_on_a_message(world: World) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "look", "c"))["message_id"]
    about = {"op": "react", "room_id": room_id, "message_id": message_id}
    smileys = [chr(0x1F600 + n) for n in range(21)]
    results = await world.commands([anna], [{**about, "by": 0, "emoji": smiley} for smiley in smileys])
    assert [result.get("error", {}).get("code") for result in results] == [None] * 20 + ["too_many_reactions"]
    assert "error" not in await world.command(ben, {**about, "emoji": smileys[0]})


async def test_pins_are_for_moderators(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    message_ids = [(await world.send(ben, room_id, text, text))["message_id"] for text in ("one", "two")]
    assert (await put(http, ben, f"/messages/{message_ids[0]}/pin")).json()["code"] == "not_a_moderator"
    for message_id in message_ids:
        assert (await put(http, anna, f"/messages/{message_id}/pin")).status_code == 200
    assert (await put(http, anna, f"/messages/{message_ids[0]}/pin")).status_code == 200
    pins = (await get(http, ben, f"/rooms/{room_id}/pins")).json()["items"]
    assert [pin["id"] for pin in pins] == message_ids[::-1]
    answer = await http.delete(f"/api/v1/messages/{message_ids[1]}/pin", headers=world.header(anna))
    assert answer.json()["pinned"] is False
    types = [entry["type"] for entry in await world.entries(room_id, after=4)]
    assert types == ["message.pinned", "message.pinned", "message.unpinned"]


async def test_threads_hold_answers_to_answers(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    root = (await world.send(anna, room_id, "root", "1"))["message_id"]
    await world.send(ben, room_id, "elsewhere", "2")
    answer = (await world.send(ben, room_id, "answer", "3", reply_to=root))["message_id"]
    deeper = (await world.send(anna, room_id, "deeper", "4", reply_to=answer))["message_id"]
    for asked in (root, answer, deeper):
        page = (await get(http, anna, f"/rooms/{room_id}/messages?thread={asked}")).json()
        assert [message["content"] for message in page["items"]] == ["root", "answer", "deeper"]
    assert (page["items"][2]["reply_to"], page["items"][2]["thread_id"]) == (answer, root)


async def test_only_members_are_mentioned_and_only_moderators_call_the_room(
    world: World, http: httpx.AsyncClient
) -> None:
    anna, ben, room_id = await world.pair()
    heard = await world.hear("messaging.user.*.*")
    names = {who: world.name_of(who) for who in (anna, ben)}
    text = f"hi @{names[ben].upper()}. and @{names[ben]} and mail x@{names[anna]} and @nobody-here"
    sent = await world.send(anna, room_id, text, "1")
    message = (await get(http, ben, f"/messages/{sent['message_id']}")).json()
    assert (message["mentions"], message["mentions_room"]) == ([ben], False)
    notice = await heard.next_notice("mentioned")
    assert notice == {"user_id": ben, "room_id": room_id, "message_id": sent["message_id"], "seq": 3, "by": anna}
    plain = await world.send(ben, room_id, "@room hello", "2")
    assert (await get(http, anna, f"/messages/{plain['message_id']}")).json()["mentions_room"] is False
    called = await world.send(anna, room_id, "@room come here", "3")
    assert (await get(http, ben, f"/messages/{called['message_id']}")).json()["mentions_room"] is True
    assert (await heard.next())["message_id"] == called["message_id"]
    items = (await get(http, ben, "/rooms/unread")).json()["items"]
    assert [(item["room_id"], item["unread"], item["mentions"]) for item in items] == [(room_id, 2, 2)]


async def test_a_message_mentions_twenty_people_at_most(world: World) -> None:
    people = [new_id() for _ in range(22)]
    room_id = await world.room(*people)
    text = " ".join(f"@{world.name_of(who)}" for who in people[1:])
    assert (await world.send(people[0], room_id, text, "1"))["error"]["code"] == "too_many_mentions"
    fits = " ".join(text.split()[:20])
    assert "error" not in await world.send(people[0], room_id, fits, "2")


async def test_read_markers_never_move_back(world: World, http: httpx.AsyncClient) -> None:
    anna, ben, room_id = await world.pair()
    for number in range(5):
        await world.send(anna, room_id, str(number), f"c{number}")
    heard = await world.hear(f"messaging.room.{room_id}.reads")

    async def standing() -> dict[str, Any]:
        (item,) = (await get(http, ben, "/rooms/unread")).json()["items"]
        return dict(item)

    assert (await standing())["unread"] == 5
    assert await world.command(ben, {"op": "read", "room_id": room_id, "seq": 5}) == {"seq": 5}
    assert await heard.next() == [[ben, 5]]
    assert await world.command(ben, {"op": "read", "room_id": room_id, "seq": 3}) == {"seq": 5}
    assert ((await standing())["unread"], (await standing())["read_seq"]) == (2, 5)
    assert (await put(http, ben, f"/rooms/{room_id}/read", {"seq": 2**63 - 1})).status_code == 204
    assert (await standing())["unread"] == 0
    assert ((await standing())["read_seq"], (await standing())["last_seq"]) == (7, 7)
    assert await heard.next() == [[ben, 7]]


async def test_a_mixed_group_is_one_order(world: World) -> None:
    anna, ben, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "first", "0"))["message_id"]
    about = {"room_id": room_id, "message_id": message_id}
    results = await world.commands(
        [anna, ben],
        [
            {"by": 0, "op": "edit", **about, "content": "second"},
            {"by": 1, "op": "react", **about, "emoji": "👍"},
            {"by": 0, "room_id": room_id, "content": "new", "client_id": "1"},
            {"by": 1, "op": "unreact", **about, "emoji": "👍"},
            {"by": 1, "op": "react", **about, "emoji": "👍"},
            {"by": 1, "op": "edit", **about, "content": "not mine"},
            {"by": 0, "op": "edit", **about, "content": "third"},
            {"by": 0, "op": "delete", **about},
            {"by": 1, "op": "read", "room_id": room_id, "seq": 4},
        ],
    )
    assert [result.get("seq") for result in results] == [4, 5, 6, 7, 8, None, 9, 10, 4]
    entries = await world.entries(room_id, after=3)
    assert [entry["seq"] for entry in entries] == [4, 5, 6, 7, 8, 9, 10]


async def test_every_command_is_for_members(world: World, http: httpx.AsyncClient) -> None:
    anna, _, room_id = await world.pair()
    message_id = (await world.send(anna, room_id, "hi", "0"))["message_id"]
    stranger = new_id()
    for op in ({"op": "edit", "content": "x"}, {"op": "delete"}, {"op": "react", "emoji": "👍"}):
        answer = await world.command(stranger, {"room_id": room_id, "message_id": message_id, **op})
        assert answer["error"]["status"] in (403, 404), op
        other = await world.command(anna, {"room_id": await world.room(anna), "message_id": message_id, **op})
        assert other["error"]["status"] == 404, op
    assert (await world.command(stranger, {"op": "read", "room_id": room_id, "seq": 1}))["error"]["status"] == 403
    assert (await post(http, stranger, f"/messages/{message_id}/react", {"emoji": "👍"})).status_code == 404
    watcher = world.header(stranger, role="moderator")
    assert (await http.delete(f"/api/v1/messages/{message_id}", headers=watcher)).status_code == 204
    assert len(await world.entries(room_id)) == 4
