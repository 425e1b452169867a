"""What happens to messages after they were sent, with the whole product, over sockets and HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.system.person import Person, register
from tests.system.test_conversation import two_in_a_room

HEART = "❤️"


async def test_every_command_of_a_socket_is_acked_and_seen(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    async with anna.socket(f"/ws/{room_id}") as hers, ben.socket("/ws") as his:
        await hers.until("ready")
        await his.send(type="subscribe", room_id=room_id)
        await his.until("ready")
        await hers.send(type="message.send", client_id="1", content="helo")
        message_id = (await hers.until("ack"))["message_id"]
        await hers.send(type="message.edit", client_id="2", message_id=message_id, content="hello")
        assert (await hers.until("ack"))["client_id"] == "2"
        assert (await his.until("message.updated"))["message"]["content"] == "hello"
        await his.send(type="reaction.add", room_id=room_id, message_id=message_id, emoji=":red_heart:")
        ack = await his.until("ack")
        assert (ack["message_id"], ack["seq"], "client_id" in ack) == (message_id, 5, False)
        added = await hers.until("reaction.added")
        assert (added["user_id"], added["emoji"], added["seq"]) == (ben.id, HEART, 5)
        await his.send(type="reaction.remove", room_id=room_id, message_id=message_id, emoji=HEART)
        assert (await hers.until("reaction.removed"))["seq"] == 6
        await his.send(type="read", room_id=room_id, seq=6)
        read = await hers.until("read")
        assert (read["user_id"], read["seq"], read["room_id"]) == (ben.id, 6, room_id)
        await his.send(type="message.delete", room_id=room_id, message_id=message_id, client_id="3")
        refused = await his.until("error")
        assert (refused["code"], refused["client_id"]) == ("not_the_author", "3")
        await hers.send(type="message.delete", message_id=message_id)
        assert (await his.until("message.deleted"))["by"] == anna.id
        await his.send(type="reaction.add", message_id=message_id, emoji=HEART)
        assert (await his.until("error"))["code"] == "bad_frame"
        await hers.send(type="reaction.add", message_id="nonsense", emoji=HEART)
        assert (await hers.until("error"))["code"] == "invalid_request"
        assert his.numbers(room_id) == list(range(3, 8))
    history = await ben.history(room_id)
    assert (history[0]["content"], history[0]["reactions"]) == ("", [])


async def test_reactions_and_pins_over_http(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    message = await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "hi"})
    path = f"/messages/{message['id']}"
    assert (await ben.call("POST", f"{path}/react", 200, json={"emoji": HEART}))["reactions"] == [
        {"emoji": HEART, "count": 1, "me": True}
    ]
    assert (await ben.call("DELETE", f"{path}/react/{HEART}", 200))["reactions"] == []
    assert (await anna.call("PUT", f"{path}/pin", 200))["pinned"] is True
    assert [pin["id"] for pin in (await ben.call("GET", f"/rooms/{room_id}/pins"))["items"]] == [message["id"]]
    assert (await ben.call("PUT", f"{path}/pin", 403))["code"] == "not_a_moderator"
    assert (await anna.call("PUT", path, 200, json={"content": "hi there"}))["edited_at"]
    assert [one["content"] for one in (await anna.call("GET", f"{path}/history"))["items"]] == ["hi"]
    found = await ben.call("GET", f"/rooms/{room_id}/search", params={"q": "ther"})
    assert [one["id"] for one in found["items"]] == [message["id"]]
    (unread,) = (await ben.call("GET", "/rooms/unread"))["items"]
    assert (unread["room_id"], unread["unread"]) == (room_id, 1)
    await ben.call("PUT", f"/rooms/{room_id}/read", 204, json={"seq": unread["last_seq"]})
    assert (await ben.call("GET", "/rooms/unread"))["items"][0]["unread"] == 0


async def test_notices_reach_any_socket(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    async with ben.socket("/ws") as his:
        text = f"@{ben.username} look"
        message = await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": text})
        assert message["mentions"] == [ben.id]
        notice = await his.until("notice")
        assert (notice["code"], notice["message_id"], notice["by"]) == ("mention", message["id"], anna.id)
        direct = await anna.call("POST", f"/dms/{ben.id}", (200, 201))
        await anna.call("POST", f"/rooms/{direct['id']}/messages", 201, json={"content": "psst"})
        notice = await his.until("notice")
        assert (notice["code"], notice["room_id"]) == ("dm", direct["id"])
        room = await anna.create_room(kind="private")
        await anna.call("POST", f"/rooms/{room['id']}/invites", 201, json={"user_id": ben.id})
        notice = await his.until("notice")
        assert (notice["code"], notice["room_id"], notice["by"]) == ("invite", room["id"], anna.id)


async def scheduled(person: Person, room_id: str, seconds: float) -> datetime:
    at = datetime.now(UTC) + timedelta(seconds=seconds)
    async with person.socket(f"/ws/{room_id}") as socket:
        await socket.until("ready")
        await socket.send(type="message.send", client_id="later", content="later", send_at=at.isoformat())
        ack = await socket.until("ack")
        assert ack["client_id"] == "later" and "message_id" not in ack
        assert ack["scheduled_id"]
    return at


async def test_a_scheduled_message_comes_at_its_time(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    async with ben.socket(f"/ws/{room_id}") as his:
        await his.until("ready")
        at = await scheduled(anna, room_id, 1.0)
        created = await his.until("message.created")
        assert created["message"]["content"] == "later"
        assert datetime.now(UTC) >= at
    assert (await anna.call("GET", f"/rooms/{room_id}/scheduled"))["items"] == []


async def test_what_was_deleted_is_not_replayed(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    message = await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "secret"})
    await anna.call("DELETE", f"/messages/{message['id']}", 204)
    await asyncio.gather(*(anna.call("GET", f"/rooms/{room_id}/messages") for _ in range(2)))
    async with ben.socket(f"/ws/{room_id}", since=2) as his:
        await his.until("caught_up")
        assert his.numbers(room_id) == [3, 4]
        assert "secret" not in str(his.seen)
    newcomer = await register(base, "carla")
    await newcomer.call("GET", f"/messages/{message['id']}", 404)
