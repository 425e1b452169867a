"""Messaging as its neighbours see it: rooms hands over events, a gateway sends commands, moderation answers or not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import orjson
from jsonschema import Draft202012Validator

from shared.bus import Bus
from shared.caller import Caller, CallerSigner
from shared.clock import rfc3339, utc_now
from shared.ids import new_id
from shared.testing.plugin import CALLER_SECRET, caller_header
from shared.testing.waiting import eventually

ROOMS_EPOCH = "rooms-epoch"


class World:
    """Plays rooms and a gateway on the real bus, against the running service."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        self.told: list[dict[str, Any]] = []
        self._signer = CallerSigner({"messaging": CALLER_SECRET})

    async def serve(self) -> None:
        """Answer for rooms' outbox."""
        await self.bus.serve("outbox", self._outbox)
        await self.bus.ping()

    async def tell(self, type_: str, entity: str, **data: Any) -> None:
        """Commit an event in rooms and hand it over, as rooms does before it answers."""
        await self.push([self.event(type_, entity, **data)])

    def event(self, type_: str, entity: str, **data: Any) -> dict[str, Any]:
        """An event that rooms has committed and told nobody of."""
        thing, _, name = type_.partition(".")
        envelope = {
            "id": len(self.told) + 1,
            "epoch": ROOMS_EPOCH,
            "producer": "rooms",
            "type": type_,
            "subject": f"rooms.{thing}.{entity}.{name}",
            "at": rfc3339(utc_now()),
            "request_id": None,
            "data": data,
        }
        self.told.append(envelope)
        return envelope

    async def push(self, events: Sequence[dict[str, Any]]) -> int:
        """Hand events over; how far messaging has applied."""
        pushed = {"producer": "rooms", "events": list(events)}
        reply = await self.bus.request("rpc.messaging.push", pushed, timeout=10)
        return int(reply["applied"])

    async def room(self, *user_ids: str, kind: str = "public") -> str:
        """A room with these members, the first its owner."""
        room_id = new_id()
        members = [member(user_id, "owner" if not index else "member") for index, user_id in enumerate(user_ids)]
        await self.tell("room.created", room_id, room=room_state(room_id, user_ids[0], kind), members=members)
        return room_id

    async def send(self, user_id: str, room_id: str, content: str, client_id: str, **more: Any) -> dict[str, Any]:
        """One message through the gateway's request; its result."""
        command = {"by": 0, "room_id": room_id, "content": content, "client_id": client_id, **more}
        return (await self.commands([user_id], [command]))[0]

    async def commands(self, user_ids: Sequence[str], commands: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """A gateway's group of commands; a result for each."""
        request = {"callers": [self.caller(user_id) for user_id in user_ids], "commands": list(commands)}
        reply = await self.bus.request("rpc.messaging.commands", request, timeout=10)
        results: list[dict[str, Any]] = reply["results"]
        return results

    async def command(self, user_id: str, command: dict[str, Any]) -> dict[str, Any]:
        """One command of this person; its result."""
        return (await self.commands([user_id], [{"by": 0, **command}]))[0]

    async def pair(self) -> tuple[str, str, str]:
        """Two people and a room that the first of them owns."""
        anna, ben = new_id(), new_id()
        return anna, ben, await self.room(anna, ben)

    async def joined(self, room_id: str) -> str:
        """Somebody new in the room."""
        user_id = new_id()
        await self.join(room_id, user_id)
        return user_id

    async def join(self, room_id: str, user_id: str) -> None:
        """This person comes into the room."""
        await self.tell("member.joined", room_id, room_id=room_id, member=member(user_id))

    def name_of(self, user_id: str) -> str:
        """The username that rooms tells of this person."""
        return str(member(user_id)["username"])

    def header(self, user_id: str, role: str = "user") -> dict[str, str]:
        """The gateway's word for this person, on HTTP."""
        return caller_header("messaging", user_id, role=role)

    async def eventually_empty(self, ask: Callable[[], Awaitable[httpx.Response]], field: str) -> None:
        """Until the field of what is answered is empty."""

        async def is_empty() -> bool:
            return not (await ask()).json()[field]

        await eventually(is_empty)

    async def hear(self, subject: str) -> "Heard":
        """What is published on a live subject from now on."""
        heard = Heard()
        await self.bus.subscribe(subject, heard.hear)
        await self.bus.ping()
        return heard

    def caller(self, user_id: str) -> str:
        """The gateway's word for this person."""
        return self._signer.sign("messaging", Caller(user_id, f"session of {user_id}", "user", "192.0.2.1"))

    async def entries(self, room_id: str, after: int = 0) -> list[dict[str, Any]]:
        """Every entry of the room after a number, from replay."""
        found: list[dict[str, Any]] = []
        while True:
            header, frames = await self.replay(room_id, after + len(found))
            found += frames
            if not frames or found[-1]["seq"] >= header["head"]:
                return found

    async def replay(self, room_id: str, after: int, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """One answer to a replay: its header and its frames."""
        request = orjson.dumps({"room_id": room_id, "after": after, **more})
        return unpack(await self.bus.request_raw("rpc.messaging.replay", request, timeout=5))

    async def _outbox(self, request: dict[str, Any]) -> dict[str, Any]:
        events = self.told[request["after"] : request["after"] + request.get("limit", 100)]
        return {"epoch": ROOMS_EPOCH, "last": len(self.told), "events": events}


class Heard:
    """Live messages in the order in which they came."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    async def hear(self, message: Any) -> None:
        """The subscription's callback."""
        self._queue.put_nowait(orjson.loads(message.data))

    async def next(self) -> Any:
        """The next one."""
        async with asyncio.timeout(5):
            return await self._queue.get()

    async def next_notice(self, what: str) -> Any:
        """The next one, which keeps the committed contract of this kind of notice."""
        told = await self.next()
        errors = [error.message for error in _schema(f"user.{what}").iter_errors(told)]
        assert not errors, (told, errors)
        return told


async def get(http: httpx.AsyncClient, user_id: str, path: str) -> httpx.Response:
    """GET as this person."""
    return await http.get(f"/api/v1{path}", headers=caller_header("messaging", user_id))


async def put(http: httpx.AsyncClient, user_id: str, path: str, body: Any = None) -> httpx.Response:
    """PUT as this person."""
    return await http.put(f"/api/v1{path}", headers=caller_header("messaging", user_id), json=body)


async def post(http: httpx.AsyncClient, user_id: str, path: str, body: Any = None) -> httpx.Response:
    """POST as this person."""
    return await http.post(f"/api/v1{path}", headers=caller_header("messaging", user_id), json=body)


@cache
def _schema(type_: str) -> Draft202012Validator:
    file = Path(__file__).parents[1] / "contract" / "events" / f"{type_}.json"
    return Draft202012Validator(orjson.loads(file.read_bytes()))


def hold_to_contract(frame: dict[str, Any]) -> None:
    """Refuse a frame that is not what the committed schema of its type says."""
    errors = [f"{error.json_path}: {error.message}" for error in _schema(frame["type"]).iter_errors(frame)]
    assert not errors, (frame, errors)


def unpack(payload: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A span's header and its frames, each of which keeps the committed contract."""
    line, _, rest = payload.partition(b"\n")
    header = orjson.loads(line)
    frames = []
    for size in header["sizes"]:
        frames.append(orjson.loads(rest[:size]))
        hold_to_contract(frames[-1])
        rest = rest[size:]
    return header, frames


def member(user_id: str, role: str = "member") -> dict[str, Any]:
    """A MemberState of rooms'."""
    name = f"user_{user_id[-6:]}"
    joined_at = rfc3339(utc_now())
    return {"user_id": user_id, "username": name, "display_name": name, "role": role, "joined_at": joined_at}


def room_state(room_id: str, owner_id: str, kind: str = "public", **more: Any) -> dict[str, Any]:
    """A RoomState of rooms'."""
    now = rfc3339(utc_now())
    return {
        "id": room_id,
        "name": "a room",
        "description": "",
        "kind": kind,
        "owner_id": owner_id,
        "slow_mode_seconds": 0,
        "profanity": "off",
        "archived": False,
        "max_members": None,
        "retention_days": None,
        "expires_at": None,
        "created_at": now,
        "updated_at": now,
        **more,
    }
