"""A target of its own for a call that uses it up, or a caller of its own for a call that ends one's session."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from PIL import Image

from tests.security.cast import Cast
from tests.system.person import PASSWORD, Person, login, register


@dataclass(frozen=True, slots=True)
class Target:
    """What differs from the shared room: ids in the path, the body, who calls."""

    ids: dict[str, str] = field(default_factory=dict)
    json: Any = None
    caller: Person | None = None


Fresh = Callable[[Cast, str], Awaitable[Target]]


def _picture() -> bytes:
    target = BytesIO()
    Image.new("RGB", (8, 8), "teal").save(target, "PNG")
    return target.getvalue()


PICTURE: Final = {"file": ("me.png", _picture(), "image/png")}


# Accounts


async def registration(cast: Cast, actor: str) -> Target:
    """Somebody who is not there yet."""
    username = f"new_{secrets.token_hex(5)}"
    return Target(json={"username": username, "email": f"{username}@example.org", "password": PASSWORD})


async def credentials(cast: Cast, actor: str) -> Target:
    """The victim's."""
    return Target(json={"username": cast.victim.username, "password": PASSWORD})


async def refresh_token(cast: Cast, actor: str) -> Target:
    """Of a new session of the victim's."""
    session = await login(cast.base, cast.victim.username)
    return Target(json={"refresh_token": session.tokens["refresh_token"]})


async def session(cast: Cast, actor: str) -> Target:
    """A second session of the actor's."""
    return Target(caller=await cast.another_session(actor))


async def account(cast: Cast, actor: str) -> Target:
    """Somebody of the same role in the house."""
    person = await register(cast.base, actor)
    if actor in ("house", "admin"):
        role = "moderator" if actor == "house" else "admin"
        await cast.people["admin"].call("PUT", f"/users/{person.id}/role", 200, json={"role": role})
    return Target(caller=person)


async def password(cast: Cast, actor: str) -> Target:
    """They, and their wish for another password."""
    target = await account(cast, actor)
    wish = {"current_password": PASSWORD, "new_password": f"{PASSWORD} {secrets.token_hex(4)}"}
    return Target(json=wish, caller=target.caller)


async def farewell(cast: Cast, actor: str) -> Target:
    """They, and the proof that they want to go."""
    target = await account(cast, actor)
    return Target(json={"password": PASSWORD}, caller=target.caller)


async def registration_invite(cast: Cast, actor: str) -> Target:
    """An invitation to register."""
    made = await cast.people["admin"].call("POST", "/auth/invites", 201, json={})
    return Target({"invite_id": made["id"]})


async def spare(cast: Cast, actor: str) -> Target:
    """An account that nobody needs."""
    return Target({"user_id": cast.spare.id})


async def spare_muted(cast: Cast, actor: str) -> Target:
    """It, muted everywhere."""
    await cast.people["admin"].call("POST", f"/moderation/mute/{cast.spare.id}", 200, json={})
    return await spare(cast, actor)


# The room and what is in it


async def room(cast: Cast, actor: str) -> Target:
    """Another room of the owner's."""
    made = await cast.people["owner"].create_room(kind="private")
    return Target({"room_id": made["id"]})


async def joined_room(cast: Cast, actor: str) -> Target:
    """A room that the actor is in."""
    owner = cast.people["owner"]
    target = await room(cast, actor)
    if actor != "owner":
        path = f"/rooms/{target.ids['room_id']}"
        code = (await owner.call("POST", f"{path}/invites", 201, json={}))["code"]
        await cast.people[actor].call("POST", f"{path}/join", 200, json={"invite": code})
    return target


async def victim_inside(cast: Cast, actor: str) -> Target:
    """The victim, back in the room after what the last call did."""
    await cast.people["owner"].call("DELETE", f"{cast.room}/ban/{cast.victim.id}", (204, 404))
    await cast.victim.call("POST", f"{cast.room}/join", 200, json={"invite": cast.ids["code"]})
    return Target()


async def victim_muted(cast: Cast, actor: str) -> Target:
    """The victim, muted."""
    await cast.people["owner"].call("POST", f"{cast.room}/mute/{cast.victim.id}", 200, json={})
    return Target()


async def victim_barred(cast: Cast, actor: str) -> Target:
    """The victim, banned."""
    await cast.people["owner"].call("POST", f"{cast.room}/ban/{cast.victim.id}", 200, json={})
    return Target()


async def invite(cast: Cast, actor: str) -> Target:
    """An invitation into the room."""
    made = await cast.people["owner"].call("POST", f"{cast.room}/invites", 201, json={})
    return Target({"code": made["code"]})


async def message(cast: Cast, actor: str) -> Target:
    """A message of the owner's."""
    made = await cast.people["owner"].call("POST", f"{cast.room}/messages", 201, json={"content": "hello"})
    return Target({"message_id": made["id"]})


async def schedule(cast: Cast, actor: str) -> Target:
    """A message of the owner's for later."""
    return Target({"schedule_id": await cast.new_schedule()})


async def held_text(cast: Cast, actor: str) -> Target:
    """A text that waits for a moderator."""
    return Target({"held_id": await cast.new_held_text()})


async def file(cast: Cast, actor: str) -> Target:
    """A file of the owner's."""
    made = await cast.people["owner"].call("POST", f"{cast.room}/files", 201, files={"file": ("a.txt", b"tea")})
    return Target({"file_id": made["id"]})


async def report(cast: Cast, actor: str) -> Target:
    """A report of the member's about a message of the owner's."""
    said = await message(cast, actor)
    path = f"/messages/{said.ids['message_id']}/report"
    made = await cast.people["member"].call("POST", path, 201, json={"reason": "spam"})
    return Target({"report_id": made["id"]})
