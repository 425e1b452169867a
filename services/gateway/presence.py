"""The two calls that the gateway answers itself, from the sockets that it and its siblings hold."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from multidict import CIMultiDict

from services.gateway.call import Call
from services.gateway.realtime.presence import Presence
from services.gateway.upstream import Ask, Upstreams
from shared.bus import Bus
from shared.clock import rfc3339
from shared.problems import Forbidden, Invalid, NotFound, Problem

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class PresenceCalls:
    """Who is online: in a room, for its members; one person, for anybody."""

    def __init__(self, presence: Presence, upstreams: Upstreams, bus: Bus) -> None:
        self._presence = presence
        self._upstreams = upstreams
        self._bus = bus

    async def room(self, call: Call) -> Any:
        """GET /rooms/{room_id}/presence."""
        room_id = _id(call)
        room = await self._room(call, room_id)
        if room["my_role"] is None:
            raise Forbidden("not_a_member", "Only members see who is here.")
        return {"online": self._presence.online(room["id"])}

    async def user(self, call: Call) -> Any:
        """GET /users/{user_id}/presence."""
        user_id = _id(call)
        found = await self._bus.request("rpc.auth.users", {"ids": [user_id]})
        if not found["users"]:
            raise NotFound("There is no such user.")
        seen = self._presence.last_seen(user_id)
        last_seen = rfc3339(datetime.fromtimestamp(seen, UTC)) if seen is not None else None
        return {"user_id": user_id, "status": self._presence.status(user_id), "last_seen_at": last_seen}

    async def _room(self, call: Call, room_id: str) -> Any:
        """The room as this caller sees it; what rooms says when they do not."""
        ask = Ask("rooms", call.caller, "GET", f"/api/v1/rooms/{room_id}", CIMultiDict())
        answer = await self._upstreams.ask(ask)
        content = orjson.loads(answer.content)
        if answer.status != 200:
            raise Problem(answer.status, content["code"], content["detail"])
        return content


def _id(call: Call) -> str:
    (given,) = call.params
    if not _UUID.fullmatch(given):
        raise Invalid("invalid", "The id in the path is not one of ours.")
    return given
