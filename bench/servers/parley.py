"""Parley as `make run` starts it: six services and nats-server, SQLite, everything on, limits off."""

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from bench.layout import PEOPLE, ROOMS
from bench.servers.server import PROSE
from tests.system.parley import Parley as Running
from tests.system.person import Person, api, register

_AT_ONCE = 8
_LIMITS = ("REGISTER", "LOGIN", "HTTP", "MESSAGES", "FRAMES", "UPLOADS")
_OFF = {f"PARLEY_LIMIT_{name}": "off" for name in _LIMITS} | {"PARLEY_MAX_SOCKETS": "100000"}


class Parley:
    """The whole product and its people."""

    name = "parley"
    template = '{"type":"message.send","client_id":"{ts}","content":"' + PROSE + '"}'

    def __init__(
        self,
        folder: Path,
        rooms: Mapping[str, tuple[int, ...]] = ROOMS,
        people: int = PEOPLE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._running = Running(folder, _OFF | dict(environment or {}))
        self._running.start()
        self.port = self._running.port
        self.pids: Mapping[str, int] = self._running.pids()
        self.people: list[Person] = []
        self.rooms: dict[str, str] = {}
        asyncio.run(self._settle(rooms, people))

    def path(self, room: str) -> str:
        """By the room's id."""
        return f"/ws/{self.rooms[room]}"

    def token(self, person: int) -> str:
        """An access token of this person's session."""
        return self.people[person].token

    def history(self, room: str) -> str:
        """Its newest page."""
        return f"/api/v1/rooms/{self.rooms[room]}/messages?limit=50"

    def fresh_tokens(self, people: Sequence[int]) -> list[str]:
        """An access token that the gateway has not seen for each of these, so that a handshake checks a signature."""
        return asyncio.run(self._refreshed(people))

    def stored(self) -> int:
        """How many messages there are."""
        path = self.folder / "var" / "messaging" / "messaging.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM messages").fetchone()[0])

    def stop(self) -> None:
        """Ctrl-C."""
        self._running.stop()

    async def _settle(self, rooms: Mapping[str, tuple[int, ...]], people: int) -> None:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def arrive() -> Person:
            async with turns:
                return await register(self._running.base, "person")

        async def found(name: str, members: tuple[int, ...]) -> None:
            async with turns:
                room = await self.people[members[0]].create_room()
                for person in members[1:]:
                    await self.people[person].join(room)
                self.rooms[name] = room["id"]

        self.people = await asyncio.gather(*(arrive() for _ in range(people)))
        await asyncio.gather(*(found(name, members) for name, members in rooms.items()))

    async def _refreshed(self, people: Sequence[int]) -> list[str]:
        tokens = []
        async with api(self._running.base) as http:
            for number in people:
                person = self.people[number]
                refresh = {"refresh_token": person.tokens["refresh_token"]}
                answer = await http.post("/auth/refresh", json=refresh)
                person.tokens = answer.raise_for_status().json()
                tokens.append(person.token)
        return tokens
