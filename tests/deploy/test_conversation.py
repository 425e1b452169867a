"""The whole conversation through the published port: accounts, a room, a socket, a file in S3, moderation."""

import asyncio
import json
import secrets
from typing import Any

import httpx

from shared.testing.waiting import eventually
from tests.deploy.stack import Stack
from tests.system.person import Person, login, register


async def test_two_people_talk_send_a_file_and_one_is_silenced(stack: Stack, base: str, anna: Person) -> None:
    ben = await login(base, (await register(base, "ben")).username)
    room = await anna.create_room(kind="public")
    await ben.join(room)
    async with anna.socket(f"/ws/{room['id']}") as hers, ben.socket(f"/ws/{room['id']}") as his:
        await hers.until("ready")
        await his.until("ready")
        await hers.send(type="message.send", client_id="c1", content="hello, Ben")
        ack = await hers.until("ack")
        assert (await his.until("message.created"))["message"]["id"] == ack["message_id"]
        content = secrets.token_bytes(300_017)
        file = await anna.call("POST", f"/rooms/{room['id']}/files", 201, files={"file": ("noise.bin", content)})
        await hers.send(type="message.send", client_id="c2", content="listen", attachments=[file["id"]])
        shown = await his.until("message.created")
        [attached] = shown["message"]["attachments"]
        assert (attached["id"], attached["size"]) == (file["id"], len(content))
        seen = await ben.call("GET", f"/files/{file['id']}", 200)
        async with httpx.AsyncClient(base_url=base) as http:
            assert (await http.get(seen["url"])).content == content
        assert len(content) in await asyncio.to_thread(_sizes_stored, stack)
        await anna.call("POST", f"/rooms/{room['id']}/mute/{ben.id}", 200, json={"reason": "loud"})
        await his.send(type="message.send", client_id="c3", content="but")
        assert (await his.until("error"))["code"] == "muted"
    assert [one["content"] for one in await ben.history(room["id"])] == ["hello, Ben", "listen"]


async def test_moderation_knows_what_was_decided(stack: Stack, anna: Person, room_id: str) -> None:
    ben = await register(anna.base, "ben")
    await ben.join({"id": room_id})
    await anna.call("POST", f"/rooms/{room_id}/ban/{ben.id}", 200, json={})
    assert (await ben.call("POST", f"/rooms/{room_id}/join", 403, json={}))["code"] == "banned"
    admin = await stack.admin()

    async def noted() -> bool:
        page = await admin.call("GET", "/moderation/audit", 200, params={"room_id": room_id})
        return any(entry["action"] == "ban" for entry in page["items"])

    await eventually(noted)


def _sizes_stored(stack: Stack) -> set[int]:
    """The sizes of all contents in the bucket, as the store itself lists them."""
    folders = _listed(stack, "/buckets/parley-files/blobs/")
    return {entry["FileSize"] for folder in folders for entry in _listed(stack, f"{folder['FullPath']}/")}


def _listed(stack: Stack, path: str) -> list[Any]:
    command = [
        "wget",
        "-q",
        "-O",
        "-",
        "--header",
        "Accept: application/json",
        f"http://127.0.0.1:8888{path}?limit=9999",
    ]
    status, said = stack.container("seaweedfs").exec_run(command)
    assert status == 0, said
    entries: list[Any] = json.loads(said)["Entries"] or []
    return entries
