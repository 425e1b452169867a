"""The mutants of RELIABILITY.md §3.3: each takes one protection away, or two where one covers for the other."""

import asyncio
from collections.abc import Mapping
from typing import Any

from tests.faults.mutants.breaking import Break


def same_client_id_twice(batch: Any) -> None:
    """A retry is a new message: neither looked for nor refused by the index."""
    from sqlalchemy import text

    load = batch.Batch._load_sends

    def load_without_index(self: Any, sends: Any) -> None:
        self.timeline.tx.execute(text("DROP INDEX IF EXISTS messages_once"))
        load(self, sends)

    batch.Batch._load_sends = load_without_index
    batch.Batch.earlier = lambda self, command: None


def ack_before_commit(sequencer: Any) -> None:
    """Outcomes are answered at once, and committed a little later."""

    class Guessed(Exception):
        pass

    commit = sequencer.commit

    def guess(tx: Any, prepared: Any) -> Any:
        raise Guessed(commit(tx, prepared))

    async def commit_later(self: Any, prepared: Any) -> Any:
        await asyncio.sleep(0.3)
        self._publisher.offer((await self._db.write(commit, prepared)).entries)

    async def answer_first(self: Any, prepared: Any) -> Any:
        try:
            await self._db.write(guess, prepared)
        except Guessed as told:
            self.later = asyncio.create_task(commit_later(self, prepared))
            return told.args[0].outcomes

    sequencer.Sequencer._commit = answer_first


def no_flush_to_disk(sqlite: Any) -> None:
    """A commit is done when the kernel has it."""
    sqlite._WRITER = tuple(pragma.replace("FULL", "OFF") for pragma in sqlite._WRITER)


def anybody_may_post(policy: Any) -> None:
    """Membership is not looked at in the transaction."""
    policy.may_post = lambda *args, **more: None


def the_muted_may_post(policy: Any) -> None:
    """Restrictions are not looked at in the transaction."""
    policy.not_restricted = lambda *args, **more: None


def numbers_from_memory(timeline: Any) -> None:
    """A room's next number is remembered over transactions, those that failed included."""
    remembered: dict[str, int] = {}
    append = timeline.Timeline.append

    def append_from_memory(self: Any, room: Any, *args: Any, **more: Any) -> Any:
        room.seq = max(room.seq, remembered.get(room.id, 0))
        entry = append(self, room, *args, **more)
        remembered[room.id] = room.seq
        return entry

    timeline.Timeline.append = append_from_memory


def no_gap_repair(room: Any) -> None:
    """What comes is shown, whatever should have come before it."""

    def receive(self: Any, span: Any) -> None:
        for entry in span.entries:
            if entry.seq > self.seq:
                self._show(entry)
        self._schedule_flush()

    room.LiveRoom.receive = receive


def no_duplicate_drop(room: Any) -> None:
    """What comes again is shown again."""
    receive = room.LiveRoom.receive

    def receive_again(self: Any, span: Any) -> None:
        for entry in span.entries:
            if entry.seq <= self.seq:
                self._pending.append(entry.frame)
        receive(self, span)

    room.LiveRoom.receive = receive_again


def no_head_check(rooms: Any) -> None:
    """Nobody asks whether the last entry came."""

    async def compare(self: Any) -> None:
        return None

    rooms.LiveRooms._compare_heads = compare


def no_refill(outbox: Any) -> None:
    """What the broker once confirmed is never published again."""
    outbox._where_to_go_on = lambda now, remembered, published, stream_seq: published


def no_pull(follower: Any) -> None:
    """A follower only hears; it never asks for what it missed."""

    async def fetch_nothing(self: Any) -> int:
        return int((await self._known()).last_id)

    follower.Follower._fetch_all = fetch_nothing


def fetch_before_subscribe(rooms: Any) -> None:
    """What a room has is fetched first, and listened to a moment later."""

    async def open_late(self: Any, room_id: str, epoch: str, seq: int) -> Any:
        room = rooms.LiveRoom(room_id, epoch, seq, self.fetch)
        room.receive(await self.fetch(room_id, seq))
        await asyncio.sleep(0.2)

        async def entries(message: Any) -> None:
            room.receive(rooms.split(message.data))

        self._subscriptions[room_id] = [
            await self._bus.subscribe(f"messaging.room.{room_id}.entries", entries),
            await self._typing.follow(room),
        ]
        self._rooms[room_id] = room
        return room

    rooms.LiveRooms._open = open_late


def no_epoch(epoch: Any) -> None:
    """A database that went back in time goes on as if nothing were."""

    async def compare(self: Any) -> None:
        return None

    epoch.EpochGuard._compare = compare


_BATCH, _SEQUENCER = "services.messaging.batch", "services.messaging.sequencer"
_ROOM, _ROOMS = "services.gateway.realtime.room", "services.gateway.realtime.rooms"

MUTANTS: Mapping[str, Mapping[str, Break]] = {
    "same_client_id_twice": {_BATCH: same_client_id_twice},
    "ack_before_commit": {_SEQUENCER: ack_before_commit},
    "no_flush_to_disk": {"shared.database.sqlite": no_flush_to_disk},
    "anybody_may_post": {"services.messaging.policy": anybody_may_post},
    "the_muted_may_post": {"services.messaging.policy": the_muted_may_post},
    "numbers_from_memory": {"services.messaging.timeline": numbers_from_memory},
    "no_gap_repair": {_ROOM: no_gap_repair},
    "no_duplicate_drop": {_ROOM: no_duplicate_drop},
    "no_head_check": {_ROOMS: no_head_check},
    "no_epoch": {"services.messaging.epoch": no_epoch},
    "no_refill_no_pull": {"shared.outbox.outbox": no_refill, "shared.inbox.follower": no_pull},
    "fetch_before_subscribe_no_gap_repair": {_ROOMS: fetch_before_subscribe, _ROOM: no_gap_repair},
}
