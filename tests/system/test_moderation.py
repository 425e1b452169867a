"""Moderation through the gateway: what is decided is in force when the answer comes (REALTIME.md promise 5)."""

import asyncio

import httpx
import pytest

from shared.testing.waiting import eventually
from tests.system.person import Person, api, register


@pytest.fixture
async def ben(base: str, anna: Person, room_id: str) -> Person:
    """A member of anna's room."""
    person = await register(base, "ben")
    await person.join({"id": room_id})
    return person


async def says(person: Person, room_id: str, content: str) -> httpx.Response:
    """One message over HTTP, and whatever is answered."""
    async with api(person.base, person.token) as http:
        return await http.post(f"/rooms/{room_id}/messages", json={"content": content})


async def test_who_is_muted_reads_and_does_not_write(anna: Person, ben: Person, room_id: str) -> None:
    async with ben.socket(f"/ws/{room_id}") as his:
        await his.until("ready")
        muted = await anna.call("POST", f"/rooms/{room_id}/mute/{ben.id}", 200, json={"reason": "loud"})
        assert (muted["user_id"], muted["kind"]) == (ben.id, "mute")
        await his.send(type="message.send", client_id="c1", content="but")
        assert (await his.until("error"))["code"] == "muted"
        assert (await says(ben, room_id, "but")).json()["code"] == "muted"
        assert any(frame["type"] == "member.muted" and frame["user_id"] == ben.id for frame in his.seen)
        await anna.call("DELETE", f"/rooms/{room_id}/mute/{ben.id}", 204)
        await his.send(type="message.send", client_id="c2", content="thank you")
        assert await his.until("ack")


async def test_who_is_banned_is_out_on_every_way(anna: Person, ben: Person, room_id: str) -> None:
    async with ben.socket(f"/ws/{room_id}") as his:
        await his.until("ready")
        await anna.call("POST", f"/rooms/{room_id}/ban/{ben.id}", 200, json={})
        await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "he does not see this"})
        assert (await his.closed())[0] == 4403
    assert "he does not see this" not in str(his.seen)
    assert (await says(ben, room_id, "hello?")).status_code == 403
    assert (await ben.call("POST", f"/rooms/{room_id}/join", 403, json={}))["code"] == "banned"
    async with ben.socket(f"/ws/{room_id}") as again:
        assert (await again.closed())[0] == 4403
    await anna.call("DELETE", f"/rooms/{room_id}/ban/{ben.id}", 204)
    await ben.call("POST", f"/rooms/{room_id}/join", 200, json={})


async def test_words_are_masked_or_refused_as_the_room_wishes(anna: Person) -> None:
    mild, strict = await anna.create_room(profanity="mask"), await anna.create_room(profanity="block")
    masked = (await says(anna, mild["id"], "what the f.u.c.k")).json()["content"]
    assert masked.startswith("what the ") and "u" not in masked
    refused = await says(anna, strict["id"], "what the f.u.c.k")
    assert (refused.status_code, refused.json()["code"]) == (422, "profanity")
    assert (await says(anna, strict["id"], "Scunthorpe has a nice class of assassins")).status_code == 201


async def test_a_report_is_resolved_and_its_reporter_told(
    anna: Person, ben: Person, room_id: str, admin: Person
) -> None:
    message = (await says(ben, room_id, "buy my pills")).json()
    report = await anna.call("POST", f"/messages/{message['id']}/report", 201, json={"reason": "spam"})
    same = await anna.call("POST", f"/messages/{message['id']}/report", 200, json={"reason": "spam"})
    assert same["id"] == report["id"]
    await ben.call("PUT", f"/messages/{message['id']}", 200, json={"content": "nothing to see"})
    open_ones = await admin.call("GET", "/messages/admin/reports", 200, params={"room_id": room_id, "status": "open"})
    assert [one["message"]["content"] for one in open_ones["items"]] == ["buy my pills"]
    async with anna.socket("/ws") as hers:
        resolve = f"/messages/admin/reports/{report['id']}/resolve"
        resolved = await admin.call("POST", resolve, 200, json={"action": "delete_message"})
        assert resolved["status"] == "resolved"
        assert (await hers.until("notice"))["code"] == "report"
    assert (await anna.call("GET", f"/messages/{message['id']}"))["content"] == ""
    await ben.call("GET", "/moderation/audit", 403)


async def test_a_moderators_deletion_comes_into_the_audit_log(
    anna: Person, ben: Person, room_id: str, admin: Person
) -> None:
    carla = await register(anna.base, "carla")
    await carla.join({"id": room_id})
    await anna.call("PUT", f"/rooms/{room_id}/members/{carla.id}", 200, json={"role": "moderator"})
    said = [(await says(ben, room_id, text)).json()["id"] for text in ("one", "two", "three")]
    await carla.call("DELETE", f"/messages/{said[0]}", 204)
    await ben.call("DELETE", f"/messages/{said[1]}", 204)
    async with carla.socket(f"/ws/{room_id}") as hers:
        await hers.until("ready")
        await hers.send(type="message.delete", message_id=said[2])
        gone = await hers.until("message.deleted")
    assert (gone["message_id"], gone["by"], "by_moderator" in gone) == (said[2], carla.id, False)

    async def is_noted() -> bool:
        log = (await admin.call("GET", "/moderation/audit", params={"room_id": room_id}))["items"]
        acts = [(one["actor_id"], one["action"], one["target"], one["room_id"]) for one in reversed(log)]
        return acts == [(carla.id, "delete_message", one, room_id) for one in (said[0], said[2])]

    await eventually(is_noted)


async def test_what_a_rule_holds_waits_for_a_moderator(anna: Person, ben: Person, room_id: str) -> None:
    rules = {"links": {"action": "hold"}}
    await anna.call("PUT", f"/rooms/{room_id}/rules", 200, json=rules)
    async with anna.socket(f"/ws/{room_id}") as hers, ben.socket(f"/ws/{room_id}") as his:
        ready = await hers.until("ready")
        await his.until("ready")
        for client_id, content in (("a", "https://one.example"), ("b", "https://two.example"), ("c", "no link")):
            await his.send(type="message.send", client_id=client_id, content=content)
        acks = {frame["client_id"]: frame for frame in [await his.until("ack") for _ in range(3)]}
        assert acks["a"].keys() == {"type", "room_id", "client_id", "held_id"}
        assert "seq" in acks["c"]
        waits = (await anna.call("GET", "/moderation/held", 200, params={"room_id": room_id}))["items"]
        assert [(one["id"], one["reason"]) for one in waits] == [(acks[name]["held_id"], "links") for name in "ab"]
        await anna.call("POST", f"/moderation/held/{waits[0]['id']}/approve", 200)
        await anna.call("POST", f"/moderation/held/{waits[1]['id']}/reject", 200, json={"reason": "not that one"})
        for socket in (hers, his):
            shown = await socket.until("message.created", lambda frame: frame["message"]["id"] == waits[0]["id"])
            assert shown["seq"] == ready["seq"] + 2 and shown["message"]["client_id"] == "a"
        while sum(frame["type"] == "notice" for frame in his.seen) < 2:
            await his.next()
        told = [frame for frame in his.seen if frame["type"] == "notice"]
        assert {(one["code"], one["status"], one["held_id"], one["reason"]) for one in told} == {
            ("held", "approved", waits[0]["id"], None),
            ("held", "rejected", waits[1]["id"], "not that one"),
        }
        assert hers.numbers(room_id) == [ready["seq"] + 1, ready["seq"] + 2]
    mine = (await ben.call("GET", f"/rooms/{room_id}/held"))["items"]
    assert [(one["status"], one["note"]) for one in mine] == [("rejected", "not that one")]


async def test_no_number_after_a_mute_is_the_muted_persons(anna: Person, ben: Person, room_id: str) -> None:
    """While he talks as fast as he can, on several sockets: after each answer nothing of his is stored."""
    enough = asyncio.Event()
    talkers = [asyncio.create_task(_talk(ben, room_id, enough, number)) for number in range(3)]
    try:
        for _ in range(25):
            await anna.call("POST", f"/rooms/{room_id}/mute/{ben.id}", 200, json={})
            before = await _his(anna, ben, room_id)
            await anna.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "quiet, please"})
            assert await _his(anna, ben, room_id) == before
            await anna.call("DELETE", f"/rooms/{room_id}/mute/{ben.id}", 204)
    finally:
        enough.set()
        acked = sum(await asyncio.gather(*talkers))
    assert acked > 25


async def _talk(person: Person, room_id: str, enough: asyncio.Event, number: int) -> int:
    acked = 0
    async with person.socket(f"/ws/{room_id}") as socket:
        while not enough.is_set():
            client_id = f"{number}-{acked}"
            await socket.send(type="message.send", client_id=client_id, content="and another thing")
            while (frame := await socket.next()).get("client_id") != client_id or frame["type"] not in ("ack", "error"):
                pass
            acked += frame["type"] == "ack"
            assert frame["type"] == "ack" or frame["code"] == "muted", frame
    return acked


async def _his(anna: Person, ben: Person, room_id: str) -> int:
    newest = await anna.call("GET", f"/rooms/{room_id}/messages", params={"limit": 100})
    return max((one["seq"] for one in newest["items"] if one["author"]["id"] == ben.id), default=0)
