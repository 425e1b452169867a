"""RELIABILITY.md 4 G: who is silenced is silent, and what is refused is refused, on whatever way it comes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from shared.testing.waiting import eventually
from tests.system.parley import Parley
from tests.system.person import Person, api, login, register


class Stage:
    """A room of anna's in which ben has said something, their conversation, and every way that ben has into them."""

    def __init__(self, anna: Person, ben: Person, room: dict[str, Any], direct: dict[str, Any]) -> None:
        self.anna = anna
        self.ben = ben
        self.room = room["id"]
        self.direct = direct["id"]
        self.message_id = ""
        self.direct_message_id = ""

    async def rest(self, text: str) -> str:
        """POST into the room."""
        return await self._http("POST", f"/rooms/{self.room}/messages", content=text)

    async def direct_rest(self, text: str) -> str:
        """POST into the conversation."""
        return await self._http("POST", f"/rooms/{self.direct}/messages", content=text)

    async def edit(self, text: str) -> str:
        """PUT of the message."""
        return await self._http("PUT", f"/messages/{self.message_id}", content=text)

    async def direct_edit(self, text: str) -> str:
        """PUT of the message in the conversation."""
        return await self._http("PUT", f"/messages/{self.direct_message_id}", content=text)

    async def schedule(self, text: str) -> str:
        """A message for later."""
        later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        return await self._http("POST", f"/rooms/{self.room}/messages", content=text, send_at=later)

    async def reaction(self, _: str) -> str:
        """A reaction to the message."""
        return await self._http("POST", f"/messages/{self.message_id}/react", emoji="👍")

    async def deletion(self, _: str) -> str:
        """Taking the message away."""
        return await self._http("DELETE", f"/messages/{self.message_id}")

    async def socket(self, text: str) -> str:
        """A frame of a socket that was opened for it, on another device."""
        return await self._frame(self.room, "message.send", content=text)

    async def direct_socket(self, text: str) -> str:
        """The same in the conversation."""
        return await self._frame(self.direct, "message.send", content=text)

    async def socket_edit(self, text: str) -> str:
        """An edit by a frame."""
        return await self._frame(self.room, "message.edit", message_id=self.message_id, content=text)

    async def socket_reaction(self, _: str) -> str:
        """A reaction by a frame."""
        return await self._frame(self.room, "reaction.add", message_id=self.message_id, emoji="👍")

    async def socket_schedule(self, text: str) -> str:
        """A message for later by a frame."""
        later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        return await self._frame(self.room, "message.send", content=text, send_at=later)

    async def file_name(self, text: str) -> str:
        """An upload that is called so."""
        async with api(self.ben.base, self.ben.token) as http:
            answer = await http.post(f"/rooms/{self.room}/files", files={"file": (f"{text}.txt", b"tea")})
        return _said(answer)

    async def _http(self, method: str, path: str, **body: Any) -> str:
        async with api(self.ben.base, self.ben.token) as http:
            return _said(await http.request(method, path, json=body or None))

    async def _frame(self, room_id: str, type_: str, **fields: Any) -> str:
        device = await login(self.ben.base, self.ben.username)
        async with device.socket(f"/ws/{room_id}") as socket:
            try:
                await socket.send(type=type_, client_id=self.ben.new_client_id(), **fields)
                while (answer := await socket.next())["type"] not in ("ack", "error"):
                    pass
            except ConnectionClosed as end:
                return str(end.rcvd.code if end.rcvd else 1006)
        return "ok" if answer["type"] == "ack" else str(answer["code"])


def _said(answer: httpx.Response) -> str:
    return "ok" if answer.is_success else str(answer.json()["code"])


Way = Callable[[Stage, str], Awaitable[str]]
ROOM_WAYS: dict[str, Way] = {
    "rest": Stage.rest,
    "socket": Stage.socket,
    "schedule": Stage.schedule,
    "socket schedule": Stage.socket_schedule,
    "edit": Stage.edit,
    "socket edit": Stage.socket_edit,
}
ACTS: dict[str, Way] = {
    "reaction": Stage.reaction,
    "socket reaction": Stage.socket_reaction,
    "deletion": Stage.deletion,
}
DIRECT_WAYS: dict[str, Way] = {
    "direct": Stage.direct_rest,
    "direct socket": Stage.direct_socket,
    "direct edit": Stage.direct_edit,
}


async def on(stage: Stage, ways: dict[str, Way], text: str = "hello") -> dict[str, str]:
    """What each way comes to."""
    return {name: await way(stage, text) for name, way in ways.items()}


@pytest.fixture
async def admin(parley: Parley, base: str) -> Person:
    """The first admin."""
    secrets = json.loads((parley.var / "secrets.json").read_text())
    return await login(base, secrets["admin_username"], secrets["admin_password"])


@pytest.fixture
async def stage(base: str) -> Stage:
    """Ready, in a room that refuses blocked words."""
    anna, ben = await register(base, "anna"), await register(base, "ben")
    made = Stage(anna, ben, await anna.create_room(profanity="block"), await ben.call("POST", f"/dms/{anna.id}"))
    await ben.join({"id": made.room})
    for room_id, name in ((made.room, "message_id"), (made.direct, "direct_message_id")):
        said = await ben.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "hello"})
        setattr(made, name, said["id"])
    return made


async def test_s130_who_is_muted_is_muted_on_every_way(stage: Stage, admin: Person) -> None:
    await stage.anna.call("POST", f"/rooms/{stage.room}/mute/{stage.ben.id}", 200, json={})
    assert set((await on(stage, ROOM_WAYS | ACTS)).values()) == {"muted"}
    assert set((await on(stage, DIRECT_WAYS)).values()) == {"ok"}, "a room's mute is of that room"
    await admin.call("POST", f"/moderation/mute/{stage.ben.id}", 200, json={})
    await stage.anna.call("DELETE", f"/rooms/{stage.room}/mute/{stage.ben.id}", 204)
    assert set((await on(stage, ROOM_WAYS | ACTS | DIRECT_WAYS)).values()) == {"muted"}
    await admin.call("DELETE", f"/moderation/mute/{stage.ben.id}", 204)
    assert set((await on(stage, ROOM_WAYS | DIRECT_WAYS)).values()) == {"ok"}


async def test_s130_what_was_to_be_sent_later_is_not_sent_by_who_is_muted_then(stage: Stage) -> None:
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    path = f"/rooms/{stage.room}/messages"
    await stage.ben.call("POST", path, 202, json={"content": "later", "send_at": soon})
    await stage.anna.call("POST", f"/rooms/{stage.room}/mute/{stage.ben.id}", 200, json={})

    async def refused() -> bool:
        waits = (await stage.ben.call("GET", f"/rooms/{stage.room}/scheduled"))["items"]
        return [one["error"] for one in waits] == ["muted"]

    await eventually(refused)
    assert [one["content"] for one in await stage.anna.history(stage.room)] == ["hello"]


async def test_s131_a_mute_ends_on_time_and_not_before(stage: Stage) -> None:
    path = f"/rooms/{stage.room}/mute/{stage.ben.id}"
    muted = await stage.anna.call("POST", path, 200, json={"duration_seconds": 2})
    ends = datetime.fromisoformat(muted["expires_at"])
    while (now := datetime.now(UTC)) < ends - timedelta(seconds=0.3):
        said, still = await stage.rest("still?"), datetime.now(UTC) < ends - timedelta(seconds=0.05)
        assert said == "muted" or not still, now

    async def free() -> bool:
        return await stage.rest("at last") == "ok"

    await eventually(free)
    assert datetime.now(UTC) >= ends


async def test_s133_who_is_banned_stays_out(stage: Stage) -> None:
    code = (await stage.anna.call("POST", f"/rooms/{stage.room}/invites", 201, json={}))["code"]
    await stage.anna.call("POST", f"/rooms/{stage.room}/ban/{stage.ben.id}", 200, json={})
    for body in ({}, {"invite": code}):
        assert (await stage.ben.call("POST", f"/rooms/{stage.room}/join", 403, json=body))["code"] == "banned"
    await stage.ben.call("POST", f"/rooms/{stage.room}/leave", (204, 403, 404))
    assert (await stage.ben.call("POST", f"/rooms/{stage.room}/join", 403, json={}))["code"] == "banned"
    found = await on(stage, ROOM_WAYS | ACTS)
    assert found.pop("socket") == found.pop("socket edit") == "4403"
    assert found.pop("socket schedule") == found.pop("socket reaction") == "4403"
    assert set(found.values()) == {"banned"}
    device = await login(stage.ben.base, stage.ben.username)
    await device.call("POST", f"/rooms/{stage.room}/messages", 403, json={"content": "another device"})
    await device.call("GET", f"/rooms/{stage.room}/messages", 403)


DISGUISES = {
    "as it is": "fuck",
    "capitals": "FuCk",
    "zero width": "fu\u200bck",
    "full width": "\uff46\uff55\uff43\uff4b",
    "cyrillic": "fu\u0441k",
    "greek": "f\u03c5ck",
    "leet": "5h1t",
    "dots": "f.u.c.k",
    "spaces": "f u c k",
    "combining": "f\u0308u\u0308c\u0308k\u0308",
    "stars": "f*ck",
    "repeats": "fuuuuuck",
    "reversed": "kcuf",
}


async def test_s132_a_disguised_word_is_refused_on_every_way(stage: Stage) -> None:
    passed: dict[str, dict[str, str]] = {}
    for name, word in DISGUISES.items():
        ways = ROOM_WAYS if name == "as it is" else {way: ROOM_WAYS[way] for way in ("rest", "schedule", "edit")}
        found = await on(stage, ways | {"file name": Stage.file_name}, f"oh {word} no")
        if wrong := {way: said for way, said in found.items() if said != "profanity"}:
            passed[name] = wrong
    assert passed == {}
    assert (await stage.ben.call("POST", f"/messages/{stage.message_id}/react", 422, json={"emoji": "fuck"}))["code"]
    for path, field in (("/users/me", "display_name"), (f"/rooms/{stage.room}", "name")):
        person = stage.ben if path == "/users/me" else stage.anna
        refused = await person.call("PUT", path, 422, json={field: "f.u.c.k"})
        assert refused["code"] == "profanity", path


async def test_s132_a_conversation_has_no_word_policy_but_what_the_house_refuses(stage: Stage, admin: Person) -> None:
    assert set((await on(stage, DIRECT_WAYS, "oh fuck no")).values()) == {"ok"}
    word = "zzyzxforbidden"
    before = await admin.call("GET", "/moderation/words", 200)
    await admin.call("PUT", "/moderation/words", 200, json=before | {"refused": [word]})
    try:
        found = await on(stage, DIRECT_WAYS | ROOM_WAYS | {"file name": Stage.file_name}, f"a {word} b")
        assert set(found.values()) == {"profanity"}
    finally:
        await admin.call("PUT", "/moderation/words", 200, json=before)


async def test_s136_a_report_is_made_once_and_not_of_oneself_nor_of_what_is_not_seen(stage: Stage, base: str) -> None:
    path, body = f"/messages/{stage.message_id}/report", {"reason": "spam"}
    first = await stage.anna.call("POST", path, 201, json=body)
    again = await asyncio.gather(*(stage.anna.call("POST", path, 200, json=body) for _ in range(5)))
    assert {one["id"] for one in again} == {first["id"]}
    assert (await stage.ben.call("POST", path, 422, json=body))["code"] == "own_message"
    stranger = await register(base, "stranger")
    hidden = f"/messages/{stage.direct_message_id}/report"
    assert (await stranger.call("POST", hidden, 404, json=body))["code"] == "not_found"


async def test_s137_who_may_not_call_everybody_calls_nobody(stage: Stage) -> None:
    async def calls(person: Person, text: str) -> tuple[bool, list[str]]:
        said = await person.call("POST", f"/rooms/{stage.room}/messages", 201, json={"content": text})
        return said["mentions_room"], said["mentions"]

    assert await calls(stage.ben, "@room @everyone look") == (False, [])
    assert await calls(stage.anna, "@room look") == (True, [])
    assert await calls(stage.ben, f"@{stage.anna.username} look") == (False, [stage.anna.id])
    unread = {one["room_id"]: one for one in (await stage.ben.call("GET", "/rooms/unread"))["items"]}
    assert unread[stage.room]["mentions"] == 1


async def test_s138_what_was_deleted_is_gone_everywhere(stage: Stage) -> None:
    secret = "xylophonically"
    said = await stage.ben.call(
        "POST", f"/rooms/{stage.room}/messages", 201, json={"content": f"@{stage.anna.username} {secret}"}
    )
    answer = {"content": "an answer", "reply_to": said["id"]}
    await stage.anna.call("POST", f"/rooms/{stage.room}/messages", 201, json=answer)
    await stage.anna.call("DELETE", f"/messages/{said['id']}", 204)
    for path in ("messages", f"messages?thread={said['id']}", f"search?q={secret}", "pins"):
        assert secret not in str(await stage.anna.call("GET", f"/rooms/{stage.room}/{path}"))
    assert (await stage.anna.call("GET", f"/messages/{said['id']}"))["content"] == ""
    assert secret not in str(await stage.anna.call("GET", f"/messages/{said['id']}/history"))
    unread = {one["room_id"]: one for one in (await stage.anna.call("GET", "/rooms/unread"))["items"]}
    assert unread[stage.room]["mentions"] == 0
    async with stage.anna.socket(f"/ws/{stage.room}", since=0) as hers:
        await hers.until("caught_up")
    assert secret not in str(hers.seen)


async def test_s139_every_act_is_in_the_log(stage: Stage, admin: Person) -> None:
    him, room = stage.ben.id, f"/rooms/{stage.room}"
    for kind in ("hold", "mute", "ban"):
        await stage.anna.call("POST", f"{room}/{kind}/{him}", 200, json={"reason": "because"})
        await stage.anna.call("DELETE", f"{room}/{kind}/{him}", 204)
    log = (await admin.call("GET", "/moderation/audit", params={"room_id": stage.room}))["items"]
    acts = [(one["action"], one["actor_id"], one["target"]) for one in reversed(log)]
    names = ("hold", "unhold", "mute", "unmute", "ban", "unban")
    assert acts == [(name, stage.anna.id, him) for name in names]
