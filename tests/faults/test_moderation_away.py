"""Moderation stops answering and is killed: the chat goes on, what is known stays in force, and it catches up."""

import os
import signal
from contextlib import suppress

from shared.testing.waiting import eventually
from tests.system.parley import Parley
from tests.system.person import Person, register


async def test_the_chat_goes_on_and_what_was_not_reviewed_is_reviewed_later(parley: Parley) -> None:
    anna, ben, mute = [await register(parley.base, name) for name in ("anna", "ben", "mute")]
    rooms = {kind: (await anna.create_room(profanity=kind))["id"] for kind in ("off", "mask", "block")}
    for room_id in rooms.values():
        await ben.join({"id": room_id})
        await mute.join({"id": room_id})
        await anna.call("POST", f"/rooms/{room_id}/mute/{mute.id}", 200, json={})
    victim = parley.pid("moderation")
    os.kill(victim, signal.SIGSTOP)
    try:
        async with anna.socket(f"/ws/{rooms['block']}") as hers:
            await hers.until("ready")
            said = {kind: await _say(ben, room_id, "what the fuck") for kind, room_id in rooms.items()}
            assert {one["content"] for one in said.values()} == {"what the fuck"}, "nobody was kept from talking"
            for room_id in rooms.values():
                refused = await mute.call("POST", f"/rooms/{room_id}/messages", 403, json={"content": "but"})
                assert refused["code"] == "muted"
            os.kill(victim, signal.SIGKILL)

            async def reviewed() -> bool:
                now = {kind: await anna.call("GET", f"/messages/{one['id']}") for kind, one in said.items()}
                contents = {kind: one["content"] for kind, one in now.items()}
                return contents == {"off": "what the fuck", "mask": "what the ****", "block": ""}

            await eventually(reviewed, within=60)
            gone = await hers.until("message.deleted")
            assert gone["message_id"] == said["block"]["id"]
    finally:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGCONT)
    refused = await ben.call("POST", f"/rooms/{rooms['block']}/messages", 422, json={"content": "what the fuck"})
    assert refused["code"] == "profanity"


async def test_a_file_waits_with_its_text_that_is_held_later(parley: Parley) -> None:
    anna, ben = [await register(parley.base, name) for name in ("anna", "ben")]
    room = await anna.create_room()
    await ben.join(room)
    await anna.call("PUT", f"/rooms/{room['id']}/rules", 200, json={"links": {"action": "hold"}})
    content = {"file": ("a.txt", b"what was said")}
    file = await ben.call("POST", f"/rooms/{room['id']}/files", 201, files=content)
    victim = parley.pid("moderation")
    os.kill(victim, signal.SIGSTOP)
    try:
        said = {"content": "https://one.example", "attachments": [file["id"]]}
        message = await ben.call("POST", f"/rooms/{room['id']}/messages", 201, json=said)
    finally:
        os.kill(victim, signal.SIGKILL)
    async with anna.socket(f"/ws/{room['id']}?since={message['seq']}") as hers:
        assert (await hers.until("message.deleted"))["message_id"] == message["id"]
        [waits] = (await anna.call("GET", "/moderation/held", 200, params={"room_id": room["id"]}))["items"]
        await anna.call("POST", f"/moderation/held/{waits['id']}/approve", 200)
        shown = (await hers.until("message.created"))["message"]
    assert (shown["id"], [each["id"] for each in shown["attachments"]]) == (waits["id"], [file["id"]])
    # Files follows in the room's order: what it knows of the newer message, it has heard after the deletion.
    other = await ben.call("POST", f"/rooms/{room['id']}/files", 201, files=content)
    last = await ben.call(
        "POST", f"/rooms/{room['id']}/messages", 201, json={"content": "", "attachments": [other["id"]]}
    )
    await ben.call("DELETE", f"/messages/{last['id']}", (200, 204))
    await eventually(lambda: _is_gone(ben, other["id"]))
    await anna.call("GET", f"/files/{file['id']}", 200)
    await ben.call("DELETE", f"/messages/{shown['id']}", (200, 204))
    await eventually(lambda: _is_gone(ben, file["id"]))


async def _is_gone(person: Person, file_id: str) -> bool:
    answer = await person.call("GET", f"/files/{file_id}", (200, 404))
    return "status" in answer


async def _say(person: Person, room_id: str, content: str) -> dict[str, str]:
    said: dict[str, str] = await person.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": content})
    return said
