"""The public User objects that `ready` shows, asked of auth and kept for a moment."""

import asyncio
import time
from itertools import islice
from typing import Any

import orjson

from shared.bus import Bus
from shared.problems import Problem
from shared.tasks import ended

_KEEP = 60.0
_MOST = 10_000
_AT_ONCE = 100
_TIMEOUT = 1.0

User = dict[str, Any]


class People:
    """A small cache in front of `rpc.auth.users`; what auth says has changed is asked again.

    Whoever is looked up while a request is under way goes into the next one: after a restart everybody is.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._known: dict[str, tuple[float, User]] = {}
        self._wanted: dict[str, asyncio.Future[User | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Forget whoever changes."""
        await self._bus.subscribe("auth.user.*.updated", self._changed)
        await self._bus.subscribe("auth.user.*.role_changed", self._changed)

    async def stop(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            await ended(self._asking)

    def known(self, user_id: str) -> User | None:
        """The person's public User object, if it was asked for a moment ago."""
        kept = self._known.get(user_id)
        return kept[1] if kept is not None and time.monotonic() - kept[0] < _KEEP else None

    async def get(self, user_id: str) -> User | None:
        """The same, asked for when it has to be; None while auth is away and nothing is known."""
        if (known := self.known(user_id)) is not None:
            return known
        answer = self._wanted.get(user_id)
        if answer is None:
            answer = self._wanted[user_id] = asyncio.get_running_loop().create_future()
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask_all(), name="people")
        return await asyncio.shield(answer)

    async def _ask_all(self) -> None:
        asked: dict[str, asyncio.Future[User | None]] = {}
        try:
            while self._wanted:
                asked = dict(islice(self._wanted.items(), _AT_ONCE))
                for user_id in asked:
                    del self._wanted[user_id]
                users = await self._ask(list(asked))
                for user_id, answer in asked.items():
                    answer.set_result(users.get(user_id))
        finally:
            self._asking = None
            for answer in [*asked.values(), *self._wanted.values()]:
                if not answer.done():
                    answer.set_result(None)
            self._wanted.clear()

    async def _ask(self, ids: list[str]) -> dict[str, User]:
        try:
            reply = await self._bus.request("rpc.auth.users", {"ids": ids}, timeout=_TIMEOUT)
        except Problem:
            return {user_id: self._known[user_id][1] for user_id in ids if user_id in self._known}
        users = {user["id"]: user for user in reply["users"]}
        if len(self._known) + len(users) > _MOST:
            self._known.clear()
        now = time.monotonic()
        self._known |= {user_id: (now, user) for user_id, user in users.items()}
        return users

    async def _changed(self, message: Any) -> None:
        for event in orjson.loads(message.data):
            self._known.pop(event["subject"].split(".")[2], None)
