"""Takes the names of people who are gone out of the log: a stretch at a time, so that no send waits for it.

Finding is reading, which nobody waits for; a writing transaction changes a few hundred entries at most, and says how
far it came. What a crash interrupts goes on from there.
"""

import structlog
from sqlalchemy import LargeBinary, bindparam, func, select

from services.messaging.actions.forget_user import forgotten, rewrite
from services.messaging.models import forgetting, timeline
from shared.bus import Bus
from shared.database import Database, ReadSession
from shared.problems import Problem
from shared.recurring import Recurring

_log = structlog.get_logger(__name__)
_STRETCH = 5_000
_AT_ONCE = 250
_EVERY = 60.0
_NEEDLE = bindparam("needle", type_=LargeBinary)
_PLACE = {
    "sqlite": func.instr(timeline.c.frame, _NEEDLE),
    "postgresql": func.position(_NEEDLE.op("IN")(timeline.c.frame)),
}
_FIND = (
    select(timeline.c.pos)
    .where(timeline.c.pos > bindparam("after"), timeline.c.pos <= bindparam("last"))
    .order_by(timeline.c.pos)
)


class Oblivion:
    """A part; `wake` when somebody is to be forgotten. Two replicas that do the same do no harm."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus
        work = Recurring("oblivion", self._forget_all, trouble="somebody is not forgotten yet", after_failure=_EVERY)
        self.wake, self.running = work.wake, work.running

    async def _forget_all(self) -> float:
        for user_id, pos, until in await self._db.read(_waiting):
            await self._forget(user_id, pos, until)
        return _EVERY

    async def _forget(self, user_id: str, pos: int, until: int) -> None:
        rooms: set[str] = set()
        while pos < until:
            last = min(pos + _STRETCH, until)
            found = await self._db.read(_naming, user_id, pos, last)
            for start in range(0, len(found), _AT_ONCE):
                some = found[start : start + _AT_ONCE]
                rooms |= await self._db.write(rewrite, user_id, some, some[-1])
            pos = last
        await self._db.write(forgotten, user_id)
        await self._tell(rooms)

    async def _tell(self, rooms: set[str]) -> None:
        """Gateways keep a room's last entries in memory; best effort, since they let go of them soon anyway."""
        try:
            for room_id in sorted(rooms):
                await self._bus.publish(f"messaging.room.{room_id}.rewritten", b"")
        except Problem as problem:
            _log.debug("nobody was told", reason=problem.detail)


def _waiting(tx: ReadSession) -> list[tuple[str, int, int]]:
    return [(row.user_id, row.pos, row.until) for row in tx.execute(select(forgetting))]


def _naming(tx: ReadSession, user_id: str, after: int, last: int) -> list[int]:
    """Where in this stretch of the log the person's id stands."""
    query = _FIND.where(_PLACE[tx.dialect] > 0)
    return list(tx.execute(query, {"needle": user_id.encode(), "after": after, "last": last}).scalars())
