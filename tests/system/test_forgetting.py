"""Somebody who used everything goes: what is left of them in any database, file or answer is what
docs/decisions/0028-what-stays-of-a-deleted-account.md lists."""

import io
import json
import secrets
import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from shared.clock import rfc3339, utc_now
from shared.testing.waiting import eventually
from tests.security.traces import SERVICES, settled
from tests.system.parley import Parley
from tests.system.person import PASSWORD, Person, api, login, register


def picture(colour: str = "teal") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(target, "PNG")
    return target.getvalue()


class Canaries:
    """Words that nobody else says."""

    def __init__(self) -> None:
        mark = secrets.token_hex(5)
        self.username = f"zeb_{mark}"
        self.display_name = f"Zebulon {mark}"
        self.email = f"zeb.{mark}@canary.example"
        self.bio = f"bio-{mark}"
        self.token_name = f"robot-{mark}"
        self.agent = f"agent-{mark}/1"
        self.loose_file = f"loose-{mark}.txt"
        self.loose_content = f"loose-content-{mark}"
        self.scheduled = f"scheduled-{mark}"
        self.typed = f"typed-{mark}"

    def all(self) -> dict[str, str]:
        """Each by its name."""
        return dict(vars(self))


async def newcomer(base: str, canary: Canaries) -> Person:
    """The person, by every way in which auth learns something; the registration is one that may be repeated."""
    account = {
        "username": canary.username,
        "email": canary.email,
        "password": PASSWORD,
        "display_name": canary.username,
    }
    async with api(base) as http:
        http.headers["User-Agent"] = canary.agent
        made = await http.post("/auth/register", json=account, headers={"Idempotency-Key": secrets.token_hex(8)})
        assert made.status_code == 201, made.text
        answer = await http.post("/auth/login", json={"username": canary.username, "password": PASSWORD})
    person = Person(base, canary.username, answer.json(), made.json())
    await person.call("PUT", "/users/me", 200, json={"display_name": canary.display_name, "bio": canary.bio})
    return person


async def live_a_little(person: Person, other: Person, admin: Person, canary: Canaries) -> tuple[str, str]:
    """Something in every service; the public room and the one of two."""
    room = await other.create_room(name="Tea", kind="public")
    rid = room["id"]
    key = {"Idempotency-Key": secrets.token_hex(8)}
    await person.call("POST", f"/rooms/{rid}/join", 200, json={}, headers=key)
    await person.call("POST", f"/rooms/{rid}/leave", 204)
    await person.join(room)
    said = await person.call("POST", f"/rooms/{rid}/messages", 201, json={"content": "a first text", "client_id": "1"})
    await person.call("PUT", f"/messages/{said['id']}", 200, json={"content": "a second text"})
    await other.call("PUT", f"/messages/{said['id']}/pin", 200)
    theirs = await other.call("POST", f"/rooms/{rid}/messages", 201, json={"content": "hm", "reply_to": said["id"]})
    await person.call("POST", f"/messages/{theirs['id']}/react", 200, json={"emoji": "🙂"})
    attached = await person.call("POST", f"/rooms/{rid}/files", 201, files={"file": ("a.png", picture())}, headers=key)
    with_file = {"content": "look", "attachments": [attached["id"]]}
    await person.call("POST", f"/rooms/{rid}/messages", 201, json=with_file)
    loose = {"file": (canary.loose_file, canary.loose_content.encode())}
    await person.call(
        "POST", f"/rooms/{rid}/files", 201, files=loose, headers={"Idempotency-Key": secrets.token_hex(8)}
    )
    later = {"content": canary.scheduled, "send_at": rfc3339(utc_now() + timedelta(days=1))}
    await person.call("POST", f"/rooms/{rid}/messages", 202, json=later)
    await person.call("POST", f"/messages/{theirs['id']}/report", 201, json={"reason": "spam"})
    await other.call("POST", f"/messages/{said['id']}/report", 201, json={"reason": "abuse"})
    await admin.call("POST", f"/rooms/{rid}/mute/{person.id}", 200, json={"reason": "noise"})
    await admin.call("DELETE", f"/rooms/{rid}/mute/{person.id}", 204)
    await person.call("POST", "/users/upload-avatar", 200, files={"file": ("me.png", picture("red"))})
    await person.call("POST", "/auth/tokens", 201, json={"name": canary.token_name, "scopes": ["read"]}, headers=key)
    await person.call("PUT", f"/users/{admin.id}/block", (200, 204))
    own = await person.create_room(kind="private")
    await person.call("POST", f"/rooms/{own['id']}/invites", 201, json={"user_id": other.id})
    direct = await person.call("POST", f"/dms/{other.id}", 200)
    await person.call("POST", f"/rooms/{direct['id']}/messages", 201, json={"content": "between us"})
    async with person.socket(f"/ws/{rid}") as socket:
        await socket.until("ready")
        await socket.send(type="message.send", client_id=canary.typed, content="from a socket")
        await socket.until("ack")
    return rid, direct["id"]


def left_in_databases(var: Path, words: dict[str, str]) -> list[str]:
    """Where each of the words still stands, in the dump of every database: outboxes and search index included."""
    found = []
    for service in SERVICES:
        database = sqlite3.connect(f"file:{var / service / service}.sqlite3?mode=ro", uri=True)
        try:
            for line in database.iterdump():
                found += [f"{service}: {name}: {line[:200]}" for name, word in words.items() if word in line]
        finally:
            database.close()
    return found


def left_in_files(var: Path, words: dict[str, str]) -> list[str]:
    """The stored files that have one of the words in their name or content."""
    folder = var / "files"
    found = []
    for path in folder.rglob("*"):
        if path.is_dir() or ".sqlite3" in path.name:
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # swept away since it was seen
            continue
        found += [f"{path}: {name}" for name, word in words.items() if word in path.name or word.encode() in content]
    return found


async def test_nothing_names_somebody_who_is_gone(parley: Parley, base: str, admin: Person) -> None:
    canary = Canaries()
    person, other = await newcomer(base, canary), await register(base, "other")
    room_id, direct_id = await live_a_little(person, other, admin, canary)
    words = canary.all()
    await settled(parley.var)
    assert {line.split(": ")[1] for line in left_in_databases(parley.var, words)} == words.keys() - {"loose_content"}
    assert left_in_files(parley.var, words), "the search below can find something"
    async with other.socket(f"/ws/{room_id}") as watching:  # the gateway keeps the room's last entries from here on
        await watching.until("ready")
        await other.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": "still here"})
        await person.call("DELETE", "/users/me", 204, json={"password": PASSWORD})
        await settled(parley.var)
        # What a client called its own message, to send it once, stays with the message.
        del words["typed"]

        def nothing_left() -> bool:
            assert left_in_databases(parley.var, words) + left_in_files(parley.var, words) == []
            return True

        await eventually(nothing_left)
        for path in (f"/ws/{room_id}", f"/ws/{direct_id}"):
            async with other.socket(path, since=0) as socket:
                await socket.until("caught_up")
            told = json.dumps(socket.seen)
            assert not [name for name, word in words.items() if word in told]
            authors = [frame["message"]["author"] for frame in socket.seen if "author" in frame.get("message", {})]
            assert {each["display_name"] for each in authors if each["id"] == person.id} == {"deleted user"}
    shown = [await other.history(room_id), await other.history(direct_id), await reads(other, room_id)]
    assert not [name for name, word in words.items() if word in json.dumps(shown)]
    texts = [message["content"] for message in shown[0] if message["author"]["id"] == person.id]
    assert texts == ["a second text", "look", "from a socket"], "what was said stays"
    await other.call("GET", f"/users/{person.id}", 404)
    async with httpx.AsyncClient(base_url=base) as http:
        assert (await http.get(f"/api/v1/avatars/{person.id}")).status_code == 404


async def reads(person: Person, room_id: str) -> list[Any]:
    """What else shows authors."""
    paths = (f"/rooms/{room_id}/pins", f"/rooms/{room_id}/search?q=text", f"/rooms/{room_id}/members", "/dms", "/rooms")
    return [await person.call("GET", path, 200) for path in paths]


async def exported(person: Person) -> dict[str, Any]:
    """Everything in the person's zip, by its path."""
    async with api(person.base, person.token) as http:
        answer = await http.get("/users/me/export")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        return {name: json.loads(opened.read(name)) for name in opened.namelist()}


async def test_an_export_has_all_of_one_person_and_nothing_of_another(base: str, admin: Person) -> None:
    mine, yours = Canaries(), Canaries()
    person, other = await newcomer(base, mine), await newcomer(base, yours)
    room_id, direct_id = await live_a_little(person, other, admin, mine)
    await other.call("POST", f"/rooms/{room_id}/messages", 201, json={"content": f"not for them: {yours.typed}"})
    await admin.call("POST", f"/rooms/{room_id}/mute/{person.id}", 200, json={"reason": "noise again"})
    got = await exported(person)
    services = got["manifest.json"]["services"]
    assert {name for name, part in services.items() if part["complete"]} == set(services)
    assert got["auth/account.json"]["email"] == mine.email
    said = {message["content"] for message in got["messaging/messages.json"]}
    assert said == {"a second text", "look", "between us", "from a socket"}
    assert [each["content"] for each in got["messaging/earlier.json"]] == ["a first text"]
    assert [each["content"] for each in got["messaging/scheduled.json"]] == [mine.scheduled]
    assert [each["emoji"] for each in got["messaging/reactions.json"]] == ["🙂"]
    assert {each["id"] for each in got["rooms/rooms.json"]} >= {room_id, direct_id}
    assert len(got["rooms/invitations.json"]) == 1
    assert {each["name"] for each in got["files/files.json"]} == {"a.png", mine.loose_file}
    assert got["files/avatar.json"]["avatar_url"]
    assert [each["reason"] for each in got["moderation/reports.json"]] == ["spam"]
    assert [each["reason"] for each in got["moderation/restrictions.json"]] == ["noise again"]
    whole = json.dumps({name: part for name, part in got.items() if name != "moderation/reports.json"})
    assert not [name for name, word in yours.all().items() if word in whole]
    await login(base, mine.username)
