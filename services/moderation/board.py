"""What the review knows, in memory: the house's words, and the words, rules and setting of each room that has any.

Every replica reads what changed twice a second, and at once when another replica says that something did; what was
changed here is in force before the change is answered. Rooms without anything of their own take no memory.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from nats.aio.msg import Msg

from services.moderation.judge import HousePolicy, Judge, RoomPolicy
from services.moderation.knowledge import Knowledge, read_changes
from services.moderation.rules.repeats import Repeats
from services.moderation.texts import Text, Verdict
from shared.bus import Bus
from shared.database import Database
from shared.problems import Problem, Unavailable
from shared.tasks import ended

_log = structlog.get_logger(__name__)
CHANGED = "moderated.policy"
_POLL = 0.5


class Board:
    """A part of the application: judges texts by what is in force."""

    def __init__(self, db: Database, bus: Bus, judge: Judge) -> None:
        self._db = db
        self._bus = bus
        self._judge = judge
        self._repeats = Repeats()
        self._revision = -1
        self._wake = asyncio.Event()
        self._reading = asyncio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything is known before anything is judged; while the database is away, nothing is."""
        await self._look_again()
        heard = await self._bus.subscribe(CHANGED, self._on_changed)
        task = asyncio.create_task(self._run(), name="board")
        try:
            yield
        finally:
            await ended(task)
            await heard.unsubscribe()

    def judge(self, texts: Sequence[Text]) -> list[Verdict]:
        """One verdict for each text, in their order. Unavailable as long as what is in force is not known."""
        if self._revision < 0:
            raise Unavailable("The review does not know yet what is in force.")
        return self._judge.judge(texts)

    async def refresh(self) -> None:
        """Know what is committed by now."""
        async with self._reading:
            changes = await self._db.read(read_changes, self._revision)
            if changes.house is not None:
                self._judge.house = await asyncio.to_thread(HousePolicy.of, changes.house)
            for room_id, known in changes.rooms.items():
                self._learn(room_id, known)
            self._revision = changes.revision

    async def announce(self) -> None:
        """Know it here, and have the other replicas know it at once; without a broker they notice within a second."""
        await self.refresh()
        with suppress(Problem):
            await self._bus.publish(CHANGED, b"")

    def _learn(self, room_id: str, known: Knowledge | None) -> None:
        if known is None:
            self._judge.rooms.pop(room_id, None)
        else:
            self._judge.rooms[room_id] = RoomPolicy.of(known, self._repeats)

    def look(self) -> None:
        """Something may have changed in the database."""
        self._wake.set()

    async def _on_changed(self, _: Msg) -> None:
        self.look()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _POLL)
            self._wake.clear()
            await self._look_again()

    async def _look_again(self) -> None:
        try:
            await self.refresh()
        except Exception as error:
            _log.warning("what the review knows could not be read anew", reason=str(error))
