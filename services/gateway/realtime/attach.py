"""Joining a room: ask messaging who may, have the room at its head, replay what was missed, and go live in one step."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.gateway.realtime.people import People
from services.gateway.realtime.presence import Presence
from services.gateway.realtime.room import LiveRoom
from services.gateway.realtime.rooms import LiveRooms
from shared.bus import Bus
from shared.caller import CallerSigner
from shared.problems import Forbidden, NotFound, Problem, Unavailable

if TYPE_CHECKING:
    from services.gateway.realtime.client import Client

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Resume:
    """Where a socket left off: the last number it saw, of which epoch (None: it did not say)."""

    since: int
    epoch: str | None


class Attach:
    """Lets sockets into rooms and out again."""

    def __init__(self, bus: Bus, signer: CallerSigner, rooms: LiveRooms, presence: Presence, people: People) -> None:
        self._bus = bus
        self._signer = signer
        self._rooms = rooms
        self._presence = presence
        self._people = people

    async def ask(self, client: "Client", room_id: str) -> dict[str, Any]:
        """Messaging's word on the room and the person: {"seq", "epoch", "room", "user"}; raises its refusal."""
        request = {"caller": self._signer.sign("messaging", client.caller), "room_id": room_id}
        answer: dict[str, Any] = await self._bus.request("rpc.messaging.attach", request, timeout=5)
        return answer

    async def join(self, client: "Client", room_id: str, resume: Resume | None) -> None:
        """Attach first, then replay, then drop the overlap: the socket sees each number once, in order.

        Raises the Problem that refuses it; the socket is then in no way in the room.
        """
        try:
            with self._rooms.wanted(room_id):
                await self._join(client, room_id, resume)
        except BaseException:
            self.leave(client, room_id)
            raise

    async def _join(self, client: "Client", room_id: str, resume: Resume | None) -> None:
        answer, user = await self._ask_both(client, room_id)
        try:
            room = await self._rooms.open(room_id, answer["epoch"], answer["seq"])
        except TimeoutError:
            raise Unavailable("The room can't be brought up to date right now.") from None
        self._still_welcome(client, room, answer["seq"])
        ready = {
            "type": "ready",
            "room_id": room_id,
            "seq": room.seq,
            "epoch": room.epoch,
            "user": user or answer["user"],
            "room": answer["room"],
        }
        if resume is None:
            self._go_live(client, room, ready | {"resumed": False})
        elif not _same_history(resume, room):
            self._resync(client, room, ready)
        else:
            await self._replay(client, room, ready, resume, answer["seq"])

    async def _ask_both(self, client: "Client", room_id: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
        if (user := self._people.known(client.user_id)) is not None:
            return await self.ask(client, room_id), user
        answer, user = await asyncio.gather(self.ask(client, room_id), self._people.get(client.user_id))
        return answer, user

    def leave(self, client: "Client", room_id: str) -> None:
        """The socket sees nothing more of the room."""
        room = client.rooms.pop(room_id, None)
        if room is not None:
            room.discard(client)
            self._presence.leave(room_id, client.user_id)

    async def _replay(
        self, client: "Client", room: LiveRoom, ready: dict[str, Any], resume: Resume, asked_at: int
    ) -> None:
        try:
            first = await self._next(room, resume.since, resume=True)
        except _TooFar:
            self._resync(client, room, ready)
            return
        self._still_welcome(client, room, asked_at)
        self._announce(client, room, ready | {"seq": room.seq, "resumed": True})
        client.entered(room)
        self._still_welcome(client, room, asked_at)  # what it had said may have closed it
        seq, chunk = first
        with client.wire.replaying():
            while True:
                client.wire.write(chunk)
                if seq >= room.seq:
                    break
                await self._until_writable(client)
                try:
                    seq, chunk = await self._next(room, seq)
                except _TooFar:  # messaging's database was replaced under us
                    seq, chunk = room.seq, b""
                    client.resync(room)
                self._still_welcome(client, room, asked_at)
        room.flush()
        room.add(client)
        client.send({"type": "caught_up", "room_id": room.id, "seq": seq})

    async def _next(self, room: LiveRoom, after: int, *, resume: bool = False) -> tuple[int, bytes]:
        """The next stretch after a number as (its last number, its frames), from memory if it is there."""
        held = room.ring_after(after)
        if held is not None:
            return held
        rewrites = room.rewrites
        span = await self._rooms.fetch(room.id, after, resume=resume)
        if span.too_far or span.epoch != room.epoch:
            raise _TooFar
        room.keep(span.entries, rewrites)
        entries = [entry for entry in span.entries if entry.seq <= room.seq]
        return (entries[-1].seq if entries else after), b"".join(entry.frame for entry in entries)

    async def _until_writable(self, client: "Client") -> None:
        try:
            await asyncio.wait_for(client.wire.writable.wait(), _PATIENCE)
        except TimeoutError:
            client.wire.finish_slow()
            raise Unavailable("The socket reads too slowly.") from None

    def _go_live(self, client: "Client", room: LiveRoom, ready: dict[str, Any]) -> None:
        room.flush()
        self._announce(client, room, ready | {"seq": room.seq})
        room.add(client)
        client.entered(room)

    def _resync(self, client: "Client", room: LiveRoom, ready: dict[str, Any]) -> None:
        self._go_live(client, room, ready | {"resumed": False})
        client.resync(room)

    def _announce(self, client: "Client", room: LiveRoom, ready: dict[str, Any]) -> None:
        """The person is here, for the others first: their own sockets learn it from `online`."""
        client.rooms[room.id] = room
        self._presence.enter(room.id, client.user_id)
        client.send(ready | {"online": self._presence.online(room.id)})

    def _still_welcome(self, client: "Client", room: LiveRoom, asked_at: int) -> None:
        """What happened since messaging was asked counts: a removal after that is a refusal."""
        if room.removed.get(client.user_id, 0) > asked_at:
            raise Forbidden("removed", "You are no longer in this room.")
        if room.gone:
            raise NotFound("The room is gone.")
        if client.wire.close_sent or client.wire.disconnected:
            raise Unavailable("The socket is closing.")


class _TooFar(Problem):
    """What the socket missed can't be replayed."""

    def __init__(self) -> None:
        super().__init__(410, "too_far", "Too far behind to replay.")


def _same_history(resume: Resume, room: LiveRoom) -> bool:
    return (resume.epoch is None or resume.epoch == room.epoch) and resume.since <= room.seq
