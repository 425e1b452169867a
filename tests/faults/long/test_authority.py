"""REALTIME.md promise 5, a thousand times: once a mute or ban has answered, no later number comes from that person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import ConnectionClosed

from shared.testing.postgres import Postgres
from tests.faults.arena import running
from tests.faults.replicas import ReplicatedArena
from tests.system.person import Frame, Person, Sockets, is_entry, register

_ROOMS = 4
_ROUNDS = 250  # in each room
_EVERY_BAN = 10  # the others are mutes
_TALKERS = 3
_SILENCED = {"muted", "banned", "not_a_member", "not_subscribed", "not_found"}


class Quarrel:
    """A room in which one person talks as fast as they can, over both gateways, while the owner silences them."""

    def __init__(self, owner: Person, talker: Person, bases: list[str], room: Frame) -> None:
        self.owner = owner
        self.talker = talker
        self.room = room
        self.log: list[Frame] = []
        self.acked = 0
        self.silenced = 0
        self._bases = bases
        self._over = False

    async def run(self) -> None:
        """All rounds; the log has everything that the owner's socket was shown by then."""
        async with self.owner.socket(f"/ws/{self.room['id']}") as hers:
            listening = asyncio.create_task(self._listen(hers))
            talking = [asyncio.create_task(self._talk(number)) for number in range(_TALKERS)]
            for number in range(_ROUNDS):
                await self._round("ban" if number % _EVERY_BAN == 0 else "mute", number)
            self._over = True
            await asyncio.gather(*talking)
            last = await self._say("the end")
            async with asyncio.timeout(60):
                while not self.log or self.log[-1]["seq"] < last:
                    await asyncio.sleep(0.05)
            listening.cancel()

    def violations(self) -> list[Frame]:
        """What the talker did while silenced, and what the owner said after an answer that came before the silence."""
        silent, found = False, []
        for entry in self.log:
            if entry["type"] in ("member.muted", "member.banned"):
                silent = True
            elif entry["type"] in ("member.unmuted", "member.unbanned"):
                silent = False
            elif (silent and _by(entry) == self.talker.id) or (_is_mark(entry) and not silent):
                found.append(entry)
        return found

    async def _round(self, kind: str, number: int) -> None:
        path = f"/rooms/{self.room['id']}/{kind}/{self.talker.id}"
        await self.owner.call("POST", path, 200, json={})
        await self._say(f"silence {number}")
        self.silenced += 1
        before = self.acked
        await self.owner.call("DELETE", path, 204)
        if kind == "ban":
            await self.talker.join(self.room)
        async with asyncio.timeout(30):
            while self.acked == before:
                await asyncio.sleep(0.002)

    async def _say(self, content: str) -> int:
        path = f"/rooms/{self.room['id']}/messages"
        return int((await self.owner.call("POST", path, 201, json={"content": content}))["seq"])

    async def _listen(self, socket: Sockets) -> None:
        while True:
            with suppress(TimeoutError):
                frame = await socket.next()
                self.log += [frame] if is_entry(frame) else []

    async def _talk(self, number: int) -> None:
        said = 0
        while not self._over:
            with suppress(ConnectionClosed, TimeoutError):
                async with _socket(self.talker, self._bases[number % 2], self.room["id"]) as his:
                    message_id = ""
                    while not self._over:
                        said += 1
                        frame = await _carried_out(his, _command(f"{number}-{said}", said, message_id))
                        self.acked += frame["type"] == "ack"
                        message_id = frame.get("message_id", message_id)
                        assert frame["type"] == "ack" or frame["code"] in _SILENCED, frame
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _socket(person: Person, base: str, room_id: str) -> AsyncIterator[Sockets]:
    elsewhere = Person(base, person.username, person.tokens, {"id": person.id})
    async with elsewhere.socket(f"/ws/{room_id}") as socket:
        yield socket


def _command(client_id: str, number: int, message_id: str) -> dict[str, Any]:
    """Mostly messages; edits and reactions are entries of the same order."""
    about = {"client_id": client_id, "message_id": message_id}
    if message_id and number % 4 == 0:
        return {"type": "message.edit", **about, "content": f"and more {number}"}
    if message_id and number % 4 == 2:
        return {"type": "reaction.add", **about, "emoji": "👍"}
    return {"type": "message.send", "client_id": client_id, "content": f"and {number}"}


async def _carried_out(socket: Sockets, command: dict[str, Any]) -> Frame:
    await socket.send(**command)
    while True:
        frame = await socket.next()
        socket.seen.clear()
        if frame["type"] in ("ack", "error") and frame.get("client_id") == command["client_id"]:
            return frame


def _is_mark(entry: Frame) -> bool:
    return entry["type"] == "message.created" and str(entry["message"]["content"]).startswith("silence")


def _by(entry: Frame) -> str | None:
    if "message" in entry:
        return str(entry["message"]["author"]["id"])
    return entry.get("user_id") if entry["type"].startswith("reaction") else None


async def test_after_a_thousand_answers_nothing_later_is_the_silenced_persons(
    tmp_path: Path, postgres: Postgres
) -> None:
    async with running(ReplicatedArena(tmp_path, postgres)) as place:
        quarrels = [await _quarrel(place) for _ in range(_ROOMS)]
        await asyncio.gather(*(quarrel.run() for quarrel in quarrels))
        for quarrel in quarrels:
            assert quarrel.violations() == []
            assert [entry["seq"] for entry in quarrel.log] == list(
                range(quarrel.log[0]["seq"], quarrel.log[-1]["seq"] + 1)
            )
            told = [entry["type"] for entry in quarrel.log if entry.get("user_id") == quarrel.talker.id]
            assert told.count("member.muted") + told.count("member.banned") == _ROUNDS
        assert sum(quarrel.silenced for quarrel in quarrels) == _ROOMS * _ROUNDS
        assert all(quarrel.acked >= _ROUNDS for quarrel in quarrels), "the stream went on between any two"


async def _quarrel(place: ReplicatedArena) -> Quarrel:
    owner, talker = await register(place.base(0), "owner"), await register(place.base(0), "talker")
    room = await owner.create_room()
    await talker.join(room)
    return Quarrel(owner, talker, [place.base(0), place.base(1)], room)
