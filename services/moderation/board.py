"""What the review knows, in memory: the house's words, and the words, rules and setting of each room that has any.

Every replica reads what changed twice a second, and at once when another replica says that something did; what was
changed here is in force before the change is answered. Rooms without anything of their own take no memory.

What the review counts (repeated texts) replicas tell each other too, after the answer: whoever reviews the next one
knows of it some milliseconds later.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import msgspec
import structlog
from nats.aio.msg import Msg

from services.moderation.judge import HousePolicy, Judge, RoomPolicy
from services.moderation.knowledge import Knowledge, read_changes
from services.moderation.rules.repeats import Repeats
from services.moderation.texts import Text, Verdict
from shared.bus import Bus
from shared.database import Database
from shared.ids import new_id
from shared.problems import Problem, Unavailable
from shared.tasks import ended

_log = structlog.get_logger(__name__)
CHANGED = "moderated.policy"
REPEATED = "moderated.repeats"
_POLL = 0.5
_AT_ONCE = 500


class _Counted(msgspec.Struct):
    """What a replica counted: room, author and digest of each text."""

    by: str
    keys: list[tuple[str, str, str]]


class Board:
    """A part of the application: judges texts by what is in force."""

    def __init__(self, db: Database, bus: Bus, judge: Judge) -> None:
        self._db = db
        self._bus = bus
        self._judge = judge
        self._repeats = Repeats()
        self._revision = -1
        self._me = new_id()
        self._wake = asyncio.Event()
        self._counted = asyncio.Event()
        self._reading = asyncio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything is known before anything is judged; while the database is away, nothing is."""
        await self._look_again()
        heard = [
            await self._bus.subscribe(CHANGED, self._on_changed),
            await self._bus.subscribe(REPEATED, self._on_repeated),
        ]
        tasks = [
            asyncio.create_task(self._run(), name="board"),
            asyncio.create_task(self._tell_repeats(), name="repeats"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                await ended(task)
            for each in heard:
                await each.unsubscribe()

    def judge(self, texts: Sequence[Text]) -> list[Verdict]:
        """One verdict for each text, in their order. Unavailable as long as what is in force is not known."""
        if self._revision < 0:
            raise Unavailable("The review does not know yet what is in force.")
        verdicts = self._judge.judge(texts)
        if self._repeats.news:
            self._counted.set()
        return verdicts

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

    async def _on_repeated(self, message: Msg) -> None:
        told = msgspec.json.decode(message.data, type=_Counted)
        if told.by != self._me:
            now = time.monotonic()
            for key in told.keys:
                self._repeats.heard(key, now)

    async def _tell_repeats(self) -> None:
        """What was counted here, to the other replicas; without a broker each counts alone."""
        while True:
            await self._counted.wait()
            self._counted.clear()
            while news := self._repeats.news:
                keys = [news.popleft() for _ in range(min(_AT_ONCE, len(news)))]
                with suppress(Problem):
                    await self._bus.publish(REPEATED, msgspec.json.encode(_Counted(self._me, keys)))

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
