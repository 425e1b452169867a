"""What is in a room stays in it: for who left, for who was thrown out, and for ids carried elsewhere (S043-S053)."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest

from shared.testing.waiting import eventually
from tests.system.person import Person, api, register
from tests.system.test_conversation import two_in_a_room

pytestmark = pytest.mark.xdist_group("access")


async def test_ids_of_another_room_mean_nothing_here(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    hidden = (await ben.create_room(kind="private"))["id"]
    secret = await ben.call("POST", f"/rooms/{hidden}/messages", 201, json={"content": "secret"})
    file = await ben.call("POST", f"/rooms/{hidden}/files", 201, files={"file": ("a.txt", b"secret")})
    for sender in (anna, ben):  # ben may see both, and still carries nothing from one into the other
        for more in ({"reply_to": secret["id"]}, {"attachments": [file["id"]]}):
            draft = {"content": "look", **more}
            answer = await sender.call("POST", f"/rooms/{room_id}/messages", (404, 422), json=draft)
            assert "secret" not in str(answer)
    async with ben.socket("/ws") as socket:
        await socket.send(type="subscribe", room_id=room_id)
        await socket.until("ready")
        for type_, fields in (
            ("message.edit", {"content": "x"}),
            ("message.delete", {}),
            ("reaction.add", {"emoji": "🍵"}),
        ):
            await socket.send(type=type_, room_id=room_id, message_id=secret["id"], client_id=type_, **fields)
            assert (await socket.until("error"))["code"] == "not_found", type_
    kept = await ben.call("GET", f"/messages/{secret['id']}", 200)
    assert (kept["content"], kept["reactions"]) == ("secret", [])
    assert await anna.history(room_id) == []


async def test_who_left_hears_nothing_more(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    async with ben.socket("/ws") as his, anna.socket(f"/ws/{room_id}") as hers:
        await his.send(type="subscribe", room_id=room_id)
        await asyncio.gather(his.until("ready"), hers.until("ready"))
        await ben.call("POST", f"/rooms/{room_id}/leave", 204)
        await his.until("error", lambda frame: frame["code"] == "removed")
        heard = len(his.seen)
        await hers.send(type="typing.start")
        said = await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": f"@{ben.username} secret"})
        assert said["mentions"] == []
        await hers.until("message.created")
        other = await anna.call("POST", f"/dms/{ben.id}", 200)
        await anna.call("POST", f"/rooms/{other['id']}/messages", 201, json={"content": "bye"})
        await his.until("notice", lambda frame: frame["room_id"] == other["id"])
        assert [frame for frame in his.seen[heard:] if frame.get("room_id") != other["id"]] == []
        await eventually(lambda: alone(anna, room_id))
    unread = await ben.call("GET", "/rooms/unread")
    assert room_id not in [each["room_id"] for each in unread["items"]]
    mine = await ben.call("GET", "/rooms", params={"mine": "true"})
    assert room_id not in [each["id"] for each in mine["items"]]
    await ben.call("GET", f"/messages/{said['id']}", 404)
    for path in ("messages", "pins", "search?q=secret"):
        assert "secret" not in str(await ben.call("GET", f"/rooms/{room_id}/{path}", (403, 404)))


async def alone(person: Person, room_id: str) -> bool:
    """Whether the room shows nobody else as present (it does for a moment, for who comes right back)."""
    present = await person.call("GET", f"/rooms/{room_id}/presence")
    return bool(present["online"] == [person.id])


async def test_what_was_to_be_sent_later_is_not_sent_by_who_is_gone(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    carla = await register(base, "carla")
    await carla.join({"id": room_id})
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    for person, after in ((ben, 0.0), (carla, 0.0), (anna, 0.3)):
        later = {"content": person.username, "send_at": (soon + timedelta(seconds=after)).isoformat()}
        await person.call("POST", f"/rooms/{room_id}/messages", 202, json=later)
    async with anna.socket(f"/ws/{room_id}") as hers:
        await hers.until("ready")
        await anna.call("POST", f"/rooms/{room_id}/ban/{ben.id}", 200, json={})
        await carla.call("POST", f"/rooms/{room_id}/leave", 204)
        created = await hers.until("message.created")
    assert created["message"]["content"] == anna.username
    assert [message["content"] for message in await anna.history(room_id)] == [anna.username]


async def test_who_is_reported_does_not_learn_by_whom(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    message = await ben.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "rude"})
    async with ben.socket(f"/ws/{room_id}") as his:
        await his.until("ready")
        path = f"/messages/{message['id']}/report"
        report = await anna.call("POST", path, 201, json={"reason": "abuse", "details": "that was rude"})
        await his.send(type="ping")
        await his.until("pong")
        assert [frame["type"] for frame in his.seen if frame["type"] not in ("ready", "pong", "presence")] == []
    shown = await ben.call("GET", f"/messages/{message['id']}", 200)
    told = json.dumps(shown) + "".join(await exported(ben, "moderation"))
    for secret in (report["id"], anna.id, "that was rude"):
        assert secret not in told


async def exported(person: Person, service: str) -> list[str]:
    """The texts of what a service gives the person about themselves."""
    async with api(person.base, person.token) as http:
        answer = await http.get("/users/me/export")
    assert answer.status_code == 200
    with ZipFile(BytesIO(answer.content)) as archive:
        names = [name for name in archive.namelist() if name.startswith(f"{service}/")]
        return [archive.read(name).decode() for name in names]


async def test_nobody_becomes_more_by_saying_so(base: str) -> None:
    anna, ben, room_id = await two_in_a_room(base)
    path = f"/rooms/{room_id}"
    message = await anna.call("POST", f"{path}/messages", 201, json={"content": "hi"})
    for method, target, body in (
        ("PUT", "/users/me", {"role": "admin"}),
        ("PUT", "/users/me", {"id": ben.id}),
        ("POST", "/rooms", {"name": "x", "owner_id": ben.id}),
        ("PUT", path, {"owner_id": ben.id}),
        ("PUT", path, {"created_at": "2020-01-01T00:00:00Z"}),
        ("POST", f"{path}/join", {"role": "owner"}),
        ("POST", f"{path}/messages", {"content": "x", "author_id": ben.id}),
        ("POST", f"{path}/messages", {"content": "x", "seq": 1}),
        ("PUT", f"/messages/{message['id']}", {"content": "x", "room_id": room_id}),
    ):
        assert (await anna.call(method, target, 422, json=body))["errors"], (method, target)
    refused = await anna.call("PUT", f"{path}/members/{anna.id}", 409, json={"role": "member"})
    assert refused["code"] == "last_owner"
    for restriction in ("mute", "ban"):
        for who in (anna, ben):
            assert (await ben.call("POST", f"{path}/{restriction}/{who.id}", 403, json={}))["code"] == "not_allowed"
        assert (await anna.call("POST", f"{path}/{restriction}/{anna.id}", 403, json={}))["code"] == "yourself"
