"""Without the protections of what is stored: messaging, and the databases below it."""

import asyncio
import time
from typing import Any

from tests.faults.mutants.breaking import replace


def same_client_id_twice(batch: Any) -> None:
    """A retry is a new message: neither looked for nor refused by the index."""
    from sqlalchemy import text

    def load_without_index(self: Any, sends: Any) -> None:
        self.timeline.tx.execute(text("DROP INDEX IF EXISTS messages_once"))
        load(self, sends)

    load = replace(batch.Batch, "_load_sends", load_without_index)
    replace(batch.Batch, "earlier", lambda self, command: None)


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

    replace(sequencer.Sequencer, "_commit", answer_first)


def no_flush_to_disk(sqlite: Any) -> None:
    """A commit is done when the kernel has it."""
    replace(sqlite, "_WRITER", tuple(pragma.replace("FULL", "OFF") for pragma in sqlite._WRITER))


def anybody_may_post(policy: Any) -> None:
    """Membership is not looked at in the transaction."""
    replace(policy, "may_post", lambda *args, **more: None)


def the_muted_may_post(policy: Any) -> None:
    """Restrictions are not looked at in the transaction."""
    replace(policy, "not_restricted", lambda *args, **more: None)


def numbers_from_memory(timeline: Any) -> None:
    """A room's next number is remembered over transactions, those that failed included."""
    remembered: dict[str, int] = {}

    def append_from_memory(self: Any, room: Any, *args: Any, **more: Any) -> Any:
        room.seq = max(room.seq, remembered.get(room.id, 0))
        entry = append(self, room, *args, **more)
        remembered[room.id] = room.seq
        return entry

    append = replace(timeline.Timeline, "append", append_from_memory)


def no_epoch(epoch: Any) -> None:
    """A database that went back in time goes on as if nothing were."""

    async def compare(self: Any) -> None:
        return None

    replace(epoch.EpochGuard, "_compare", compare)


def checked_a_moment_ago(batch: Any) -> None:
    """Rights are those of up to half a second ago, not those of the transaction."""
    seen: dict[tuple[str, str], tuple[float, Any, Any]] = {}

    def load_and_remember(self: Any, places: Any, authors: Any) -> None:
        load(self, places, authors)
        now = time.monotonic()
        for place in places:
            if place not in seen or now - seen[place][0] > 0.5:
                seen[place] = (now, self._roles.get(place), self._restrictions.get(place, {}))
            _, role, ends = seen[place]
            self._restrictions[place] = ends
            if role is not None:
                self._roles[place] = role

    load = replace(batch.Batch, "_load_people", load_and_remember)


def writers_at_once(postgresql: Any) -> None:
    """Two replicas write at the same time."""

    def writer(self: Any) -> Any:
        return self._engine("read-write")

    replace(postgresql.Postgresql, "writer", writer)
