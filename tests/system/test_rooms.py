"""What the owner of a room decides holds for everybody in it, whichever service has to see to it."""

import asyncio
import json
from io import BytesIO
from zipfile import ZipFile

from tests.system.person import Person, api, register


async def people(base: str, *names: str) -> list[Person]:
    return list(await asyncio.gather(*(register(base, name) for name in names)))


async def test_an_archived_room_is_read_and_not_written(base: str) -> None:
    anna, ben = await people(base, "anna", "ben")
    room = await anna.create_room()
    await ben.join(room)
    path = f"/rooms/{room['id']}"
    await ben.call("POST", f"{path}/messages", 201, json={"content": "before"})
    async with ben.socket(f"/ws/{room['id']}") as his:
        await his.until("ready")
        assert (await anna.call("PUT", path, 200, json={"archived": True}))["archived"] is True
        assert (await his.until("room.updated"))["room"]["archived"] is True
        await his.send(type="message.send", client_id="late", content="after")
        error = await his.until("error")
        assert (error["client_id"], error["code"]) == ("late", "archived")
    refused = await anna.call("POST", f"{path}/messages", 403, json={"content": "after"})
    assert refused["code"] == "archived"
    assert [message["content"] for message in await ben.history(room["id"])] == ["before"]
    await anna.call("PUT", path, 200, json={"archived": False})
    await ben.call("POST", f"{path}/messages", 201, json={"content": "after all"})


async def test_a_code_for_one_and_a_room_for_two(base: str) -> None:
    anna, *crowd = await people(base, "anna", *(f"guest{number}" for number in range(4)))
    room = await anna.call("POST", "/rooms", 201, json={"name": "Ours", "kind": "private", "max_members": 3})
    path = f"/rooms/{room['id']}"
    code = (await anna.call("POST", f"{path}/invites", 201, json={"max_uses": 1}))["code"]
    tries = (guest.call("POST", f"{path}/join", (200, 404), json={"invite": code}) for guest in crowd)
    joined = [answer for answer in await asyncio.gather(*tries) if "user_id" in answer]
    assert len(joined) == 1
    many = (await anna.call("POST", f"{path}/invites", 201, json={}))["code"]
    others = [guest for guest in crowd if guest.id != joined[0]["user_id"]]
    await others[0].call("POST", f"{path}/join", 200, json={"invite": many})
    full = await others[1].call("POST", f"{path}/join", 409, json={"invite": many})
    assert full["code"] == "room_full"


async def test_between_two_of_whom_one_has_blocked_the_other_no_conversation_is_opened(base: str) -> None:
    anna, ben = await people(base, "anna", "ben")
    await anna.call("PUT", f"/users/{ben.id}/block", (200, 204))
    for one, other in ((ben, anna), (anna, ben)):
        assert (await one.call("POST", f"/dms/{other.id}", 403))["code"] == "blocked"
        async with one.socket(f"/ws/dm/{other.id}") as socket:
            assert (await socket.closed())[0] == 4404
    await anna.call("DELETE", f"/users/{ben.id}/block", (200, 204))
    room = await ben.call("POST", f"/dms/{anna.id}", 200)
    assert (await anna.call("POST", f"/dms/{ben.id}", 200))["id"] == room["id"]


async def test_an_export_holds_what_rooms_knows(base: str) -> None:
    anna, ben = await people(base, "anna", "ben")
    room = await anna.create_room()
    direct = await anna.call("POST", f"/dms/{ben.id}", 200)
    invite = await anna.call("POST", f"/rooms/{room['id']}/invites", 201, json={"user_id": ben.id})
    async with api(base, anna.token) as http:
        answer = await http.get("/users/me/export")
    assert answer.status_code == 200
    with ZipFile(BytesIO(answer.content)) as archive:
        rooms, invitations = (json.loads(archive.read(f"rooms/{name}.json")) for name in ("rooms", "invitations"))
    assert [(each["id"], each["role"]) for each in rooms] == [(room["id"], "owner"), (direct["id"], "member")]
    assert [each["code"] for each in invitations] == [invite["code"]]
