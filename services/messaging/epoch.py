"""The epoch guard: nobody is served until the database was compared with what the broker last heard from it.

A broker that knows a later entry of our epoch, or another epoch, tells that the database went back in time: a backup
was restored. Its numbers would be given twice, so a new epoch begins, and every client starts from the head
(RELIABILITY.md §2.2.8).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import orjson
import structlog
from nats.js.errors import NotFoundError
from sqlalchemy import update

from services.messaging import feed
from services.messaging.models import timeline_head
from shared.bus import Bus
from shared.database import Database, WriteSession
from shared.ids import new_id
from shared.problems import Unavailable
from shared.tasks import ended

_log = structlog.get_logger(__name__)
_RETRY = 0.2
_FIRST = 3.0
STREAM = "MESSAGING"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The last entry that the broker knows of; position 0 when it knows of none."""

    epoch: str = ""
    pos: int = 0


class EpochGuard:
    """A part that compares until it could, in the background; everybody else asks `passed` or waits for `settled`."""

    def __init__(self, db: Database, bus: Bus) -> None:
        self._db = db
        self._bus = bus
        self.settled = asyncio.Event()

    async def passed(self) -> None:
        """Raise Unavailable as long as it is not known whether this database is the one that clients know."""
        if not self.settled.is_set():
            raise Unavailable("Messaging has yet to compare its database with the message broker.")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Compare, now or as soon as the broker is there; start waits a moment if it is."""
        task = asyncio.create_task(self._run(), name="epoch-guard")
        try:
            if self._bus.is_connected:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_FIRST):
                        await self.settled.wait()
            yield
        finally:
            await ended(task)

    async def _run(self) -> None:
        said = ""
        while not self.settled.is_set():
            try:
                await self._compare()
                self.settled.set()
            except Exception as error:
                reason = str(error) or type(error).__name__
                if reason != said:
                    _log.warning("the database can't be compared with the broker yet", reason=reason)
                said = reason
                await asyncio.sleep(_RETRY)

    async def _compare(self) -> None:
        """The broker first: what it knows was committed before, so a database that lacks it has gone back."""
        await self._bus.ping()
        last = await remembered(self._bus)
        now = await self._db.read(feed.head)
        if last.pos and (last.epoch != now["epoch"] or last.pos > now["pos"]):
            epoch = await self._db.write(begin_epoch)
            _log.error("the database is older than what was published: a new epoch begins", epoch=epoch, knew=last.pos)


async def remembered(bus: Bus) -> Remembered:
    """The last entry on the stream."""
    try:
        state = (await bus.js.stream_info(STREAM)).state
        if not state.messages:
            return Remembered()
        message = await bus.js.get_msg(STREAM, seq=state.last_seq)
    except NotFoundError:
        return Remembered()
    last = orjson.loads(message.data or b"")[-1]
    return Remembered(str(last["epoch"]), int(last["id"]))


async def start_over(database_url: str) -> str:
    """After restoring a backup of a database whose broker is lost too, before messaging starts; the new epoch."""
    db = Database(database_url)
    try:
        return await db.write(begin_epoch)
    finally:
        db.close()


def begin_epoch(tx: WriteSession) -> str:
    """The database is another than the one that clients and followers knew; the new epoch.

    The broker is told the last day again under it, one entry at least, so that it knows of the new epoch.
    """
    epoch, pos = new_id(), feed.head(tx)["pos"]
    start = max(0, min(feed.pos_before(tx, feed.KEPT_HOURS), pos - 1))
    tx.execute(update(timeline_head).values(epoch=epoch, published_pos=start, stream_seq=0))
    return epoch
