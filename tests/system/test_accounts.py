"""Accounts as clients meet them: personal access tokens, bans, roles, a forgotten person, an export."""

import asyncio
import io
import json
import zipfile

from websockets.asyncio.client import connect

from shared.testing.waiting import eventually
from tests.system.person import PASSWORD, Person, Sockets, api, login


async def robot_of(person: Person, *scopes: str) -> tuple[Person, str]:
    """Somebody who comes with a personal access token of this person's, and the token's id."""
    made = await person.call("POST", "/auth/tokens", 201, json={"name": "robot", "scopes": scopes})
    return Person(person.base, person.username, {"access_token": made["token"]}, {"id": person.id}), made["id"]


async def ended(socket: Sockets) -> int:
    """The code that the socket is closed with, within a second."""
    return (await asyncio.wait_for(socket.closed(), 1))[0]


async def test_a_robot_talks_until_its_token_is_revoked(anna: Person) -> None:
    room = await anna.create_room()
    robot, token_id = await robot_of(anna, "read", "write")
    said = await robot.call("POST", f"/rooms/{room['id']}/messages", 201, json={"content": "beep"})
    assert said["author"]["id"] == anna.id
    async with robot.socket(f"/ws/{room['id']}") as socket:
        await socket.until("ready")
        await socket.send(type="message.send", client_id="r1", content="boop")
        await socket.until("ack")
        await anna.call("DELETE", f"/auth/tokens/{token_id}", 204)
        assert await ended(socket) == 4401
    await robot.call("GET", "/users/me", 401)
    assert [message["content"] for message in await anna.history(room["id"])][-2:] == ["beep", "boop"]


async def test_a_robot_does_what_its_scopes_say(base: str, anna: Person, admin: Person) -> None:
    reader, _ = await robot_of(anna, "read")
    await reader.call("GET", "/rooms")
    assert (await reader.call("POST", "/rooms", 403, json={"name": "x"}))["code"] == "insufficient_scope"
    async with reader.socket("/ws") as socket:
        assert await ended(socket) == 4403
    writer, _ = await robot_of(anna, "read", "write")
    for method, path in (("POST", "/auth/ws-ticket"), ("POST", "/auth/logout"), ("GET", "/users/me/export")):
        assert (await writer.call(method, path, 403))["code"] == "login_required"
    url = f"{base.replace('http', 'ws', 1)}/ws?token={writer.token}"
    async with connect(url, compression=None) as connection:
        assert await ended(Sockets(connection)) == 4401, "long-lived tokens don't belong into URLs"
    plain, _ = await robot_of(admin, "read", "write")
    await plain.call("PUT", f"/users/{anna.id}/role", 403, json={"role": "moderator"})
    whole, token_id = await robot_of(admin, "read", "write", "admin")
    await whole.call("PUT", f"/users/{anna.id}/role", 200, json={"role": "moderator"})
    await admin.call("DELETE", f"/auth/tokens/{token_id}", 204)


async def test_a_ban_from_the_house_ends_sessions_sockets_and_robots(anna: Person, admin: Person) -> None:
    robot, _ = await robot_of(anna, "read", "write")
    async with anna.socket("/ws") as hers, robot.socket("/ws") as its:
        for socket in (hers, its):
            await socket.send(type="ping")
            await socket.until("pong")
        await admin.call("POST", f"/users/{anna.id}/ban", 200, json={"reason": "spam"})
        assert set(await asyncio.gather(ended(hers), ended(its))) == {4401}
    await anna.call("GET", "/rooms", 401)
    await robot.call("GET", "/rooms", 401)
    account = {"username": anna.username, "password": PASSWORD}
    async with api(anna.base) as http:
        refused = await http.post("/auth/login", json=account)
    assert (refused.status_code, refused.json()["code"]) == (403, "banned")
    await admin.call("DELETE", f"/users/{anna.id}/ban", 204)
    await login(anna.base, anna.username)


async def test_what_is_done_to_an_account_comes_into_the_audit_log(anna: Person, admin: Person) -> None:
    await admin.call("PUT", f"/users/{anna.id}/role", 200, json={"role": "moderator"})
    await admin.call("POST", f"/users/{anna.id}/ban", 200, json={"reason": "spam"})
    await admin.call("DELETE", f"/users/{anna.id}/ban", 204)

    async def is_noted() -> bool:
        log = (await admin.call("GET", "/moderation/audit", params={"target": anna.id}))["items"]
        acts = [(one["actor_id"], one["action"], one["room_id"], one["reason"]) for one in reversed(log)]
        noted = [("set_role", None, "moderator"), ("ban", None, "spam"), ("unban", None, None)]
        return acts == [(admin.id, *act) for act in noted]

    await eventually(is_noted)


async def test_a_person_gets_what_is_kept_about_them(anna: Person) -> None:
    room = await anna.create_room(name="Tea")
    async with api(anna.base, anna.token) as http:
        answer = await http.get("/users/me/export")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        manifest = json.loads(opened.read("manifest.json"))
        rooms = json.loads(opened.read("rooms/rooms.json"))
        account = json.loads(opened.read("auth/account.json"))
    assert account["id"] == anna.id and [each["id"] for each in rooms] == [room["id"]]
    assert set(manifest["services"]) == {"auth", "rooms", "messaging", "moderation", "files"}
    for service in ("auth", "rooms", "files"):
        assert manifest["services"][service]["complete"] is True


async def test_a_name_that_nobody_wants_to_read_is_refused(anna: Person) -> None:
    refused = await anna.call("PUT", "/users/me", 422, json={"display_name": "f.u.c.k you"})
    assert refused["code"] == "profanity"
    await anna.call("PUT", "/users/me", 200, json={"display_name": "Anna of Scunthorpe"})
