"""The people of the access matrix, the private room that they stand in front of, and how they call."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx

from shared.ids import new_id
from tests.system.parley import Parley
from tests.system.person import Person, api, login, register


@dataclass(slots=True)
class Cast:
    """Everybody by the name of their column, and the ids that the paths take."""

    base: str
    people: dict[str, Person]
    victim: Person
    """An ordinary member whom things are done to."""
    spare: Person
    """An account that nobody needs."""
    screened: Person
    """A member whose texts wait for a moderator."""
    ids: dict[str, str]
    admin_account: tuple[str, str]

    @property
    def room(self) -> str:
        """The room's path."""
        return f"/rooms/{self.ids['room_id']}"

    async def another_session(self, actor: str) -> Person:
        """A session of the actor's that may end."""
        if actor == "admin":
            return await login(self.base, *self.admin_account)
        return await login(self.base, self.people[actor].username)

    async def new_schedule(self) -> str:
        """A message of the owner's that would be sent tomorrow."""
        later = {"content": "later", "send_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
        made = await self.people["owner"].call("POST", f"{self.room}/messages", 202, json=later)
        return str(made["id"])

    async def new_held_text(self) -> str:
        """A text of the screened person's that waits."""
        return str((await self.screened.call("POST", f"{self.room}/messages", 202, json={"content": "held"}))["id"])

    def client(self, actor: str) -> httpx.AsyncClient:
        """A client with the actor's token, if any."""
        return api(self.base, self.people[actor].token if actor in self.people else None)


_INSIDE = ("member", "muted", "moderator", "left", "barred", "outlaw")


async def assemble(parley: Parley) -> Cast:
    """Everybody at their place."""
    names = ("stranger", "owner", "house", *_INSIDE, "victim", "spare", "screened")
    people = {name: await register(parley.base, name) for name in names}
    secrets = json.loads((parley.var / "secrets.json").read_text())
    account = (secrets["admin_username"], secrets["admin_password"])
    people["admin"] = await login(parley.base, *account)
    victim, spare, screened = people.pop("victim"), people.pop("spare"), people.pop("screened")
    cast = Cast(parley.base, people, victim, spare, screened, {}, account)
    await _furnish(cast)
    await _put_in_place(cast)
    return cast


async def _furnish(cast: Cast) -> None:
    owner = cast.people["owner"]
    cast.ids["room_id"] = (await owner.create_room(kind="private"))["id"]
    cast.ids["code"] = (await owner.call("POST", f"{cast.room}/invites", 201, json={}))["code"]
    join = {"invite": cast.ids["code"]}
    for person in (cast.victim, cast.screened, *(cast.people[name] for name in _INSIDE)):
        await person.call("POST", f"{cast.room}/join", 200, json=join)
    message = await owner.call("POST", f"{cast.room}/messages", 201, json={"content": "hello"})
    file = await owner.call("POST", f"{cast.room}/files", 201, files={"file": ("a.txt", b"tea")})
    reported = await cast.people["member"].call(
        "POST", f"/messages/{message['id']}/report", 201, json={"reason": "spam"}
    )
    invite = await cast.people["admin"].call("POST", "/auth/invites", 201, json={})
    await cast.people["admin"].call("POST", f"/moderation/hold/{cast.screened.id}", 200, json={})
    sessions = await cast.victim.call("GET", "/auth/sessions")
    robot = await cast.victim.call("POST", "/auth/tokens", 201, json={"name": "robot", "scopes": ["read"]})
    cast.ids |= {
        "user_id": cast.victim.id,
        "message_id": message["id"],
        "file_id": file["id"],
        "report_id": reported["id"],
        "case_id": reported["case_id"],
        "invite_id": invite["id"],
        "schedule_id": await cast.new_schedule(),
        "held_id": await cast.new_held_text(),
        "upload_id": new_id(),
        "session_id": sessions["items"][0]["id"],
        "token_id": robot["id"],
        "emoji": "👍",
    }


async def _put_in_place(cast: Cast) -> None:
    people = cast.people
    owner, admin = people["owner"], people["admin"]
    role = {"role": "moderator"}
    await owner.call("PUT", f"{cast.room}/members/{people['moderator'].id}", 200, json=role)
    await owner.call("POST", f"{cast.room}/mute/{people['muted'].id}", 200, json={})
    await owner.call("POST", f"{cast.room}/ban/{people['barred'].id}", 200, json={})
    await people["left"].call("POST", f"{cast.room}/leave", 204)
    await admin.call("PUT", f"/users/{people['house'].id}/role", 200, json=role)
    await admin.call("POST", f"/users/{people['outlaw'].id}/ban", 200, json={})
    await asyncio.gather(*(people[name].call("GET", "/users/me", 200) for name in people if name != "outlaw"))
