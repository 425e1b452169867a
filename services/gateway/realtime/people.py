"""The public User objects that `ready` shows, asked of auth and kept for a moment."""

import time
from typing import Any

import orjson

from shared.bus import Bus
from shared.problems import Problem

_KEEP = 60.0
_MOST = 10_000
_TIMEOUT = 1.0


class People:
    """A small cache in front of `rpc.auth.users`; what auth says has changed is asked again."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    async def follow(self) -> None:
        """Forget whoever changes."""
        await self._bus.subscribe("auth.user.*.updated", self._changed)
        await self._bus.subscribe("auth.user.*.role_changed", self._changed)

    async def get(self, user_id: str) -> dict[str, Any] | None:
        """The person's public User object; None while auth is away and nothing is known."""
        kept = self._known.get(user_id)
        if kept is not None and time.monotonic() - kept[0] < _KEEP:
            return kept[1]
        try:
            reply = await self._bus.request("rpc.auth.users", {"ids": [user_id]}, timeout=_TIMEOUT)
        except Problem:
            return None if kept is None else kept[1]
        for user in reply["users"]:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[user_id] = (time.monotonic(), user)
            return dict(user)
        return None

    async def _changed(self, message: Any) -> None:
        for event in orjson.loads(message.data):
            self._known.pop(event["subject"].split(".")[2], None)
