"""What is kept no longer goes, whoever follows is told, and the file gets smaller."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, insert, select, update

from services.messaging import members, models, search
from services.messaging.commands import Prepared, Send, Stored
from services.messaging.compact import compact
from services.messaging.purge import Purge
from services.messaging.replay import replay
from services.messaging.sequencer import commit
from services.messaging.settings import Settings
from services.messaging.tests.world import World, get, hold_to_contract, member, room_state
from shared.database import Database, ReadSession, WriteSession
from shared.ids import new_id

_LONG_AGO = timedelta(days=40)


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    """A database that nobody else writes to."""
    database = Database(settings.database_url)
    yield database
    await asyncio.to_thread(database.close)


class Kept:
    """A room of one person in the database itself, whose everything can be made old."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self.owner = new_id()
        self.room_id = new_id()
        self.told = 0

    async def begin(self, retention_days: int | None = None) -> None:
        """The room, and its first entry."""
        state = room_state(self.room_id, self.owner, retention_days=retention_days)
        await self._db.write(members.create_room, state, [member(self.owner, "owner")])

    async def say(self, count: int, content: str = "words") -> list[str]:
        """So many messages; their ids."""
        sends = [Send(user_id=self.owner, room_id=self.room_id, content=content) for _ in range(count)]
        done = await self._db.write(commit, [Prepared(send) for send in sends])
        return [outcome.message_id for outcome in done.outcomes if isinstance(outcome, Stored)]

    async def age(self) -> None:
        """All of it is old, and the broker has all of it."""

        def work(tx: WriteSession) -> None:
            tx.execute(update(models.messages).values(created_at=tx.now - _LONG_AGO))
            tx.execute(update(models.timeline).values(at=tx.now - _LONG_AGO))
            tx.execute(update(models.rooms).values(head_at=tx.now - _LONG_AGO))
            tx.execute(update(models.timeline_head).values(published_pos=models.timeline_head.c.pos))

        await self._db.write(work)

    async def purge(self) -> None:
        """As the service does it every ten minutes."""

        def told() -> None:
            self.told += 1

        await Purge(self._db, self._settings, told).purge()

    async def log(self) -> list[dict[str, Any]]:
        """The room's entries that are left."""
        query = select(models.timeline.c.frame).where(models.timeline.c.room_id == self.room_id)
        return [orjson.loads(frame) for frame in await self._db.read(_column, query.order_by(models.timeline.c.seq))]


def _column(tx: ReadSession, query: Any) -> list[Any]:
    return list(tx.execute(query).scalars())


@pytest.fixture
def kept(db: Database, settings: Settings) -> Kept:
    """The room, not begun yet."""
    return Kept(db, settings)


async def test_what_goes_is_told_with_the_messages_that_had_files(kept: Kept, db: Database) -> None:
    await kept.begin(retention_days=7)
    old = await kept.say(3) + await kept.say(600)
    having = [{"file_id": new_id(), "message_id": each} for each in (old[1], old[1], old[-1])]
    await db.write(lambda tx: tx.execute(insert(models.message_files), having))
    await kept.age()
    fresh = await kept.say(1)
    await kept.purge()
    entries = await kept.log()
    for entry in entries:
        hold_to_contract(entry)
    said, *purges = entries
    assert (said["message"]["id"], said["seq"]) == (fresh[0], 605)
    assert [(one["type"], one["seq"], one["before_seq"]) for one in purges] == [
        ("room.purged", 606, 502),
        ("room.purged", 607, 605),
    ]
    assert [one["message_ids"] for one in purges] == [[old[1]], [old[-1]]]
    assert kept.told == 2
    assert await db.read(_column, select(models.messages.c.id)) == fresh
    assert await db.read(_column, select(models.message_files.c.file_id)) == []
    await kept.purge()
    assert len(await kept.log()) == 3 and kept.told == 2


async def test_a_purge_is_no_sign_of_life(world: World, http: httpx.AsyncClient, db: Database, kept: Kept) -> None:
    anna = new_id()
    room_id = await world.room(anna)
    await world.send(anna, room_id, "old", "c")
    await world.tell("room.updated", room_id, room=room_state(room_id, anna, retention_days=1))
    await kept.age()
    before = (await get(http, anna, "/rooms/unread")).json()["items"][0]
    await kept.purge()
    after = (await get(http, anna, "/rooms/unread")).json()["items"][0]
    assert after == {**before, "last_seq": before["last_seq"] + 1}
    assert (await world.send(anna, room_id, "new", "d"))["seq"] == after["last_seq"] + 1


async def test_a_log_is_pruned_where_nobody_may_resume_from(kept: Kept, db: Database, settings: Settings) -> None:
    few = settings.model_copy(update={"replay_events": 1_000})
    kept = Kept(db, few)
    await kept.begin()
    for _ in range(5):
        await kept.say(220)
    await kept.purge()
    assert len(await kept.log()) == 1_101  # all of it is young
    await kept.age()
    await kept.purge()
    numbers = [entry["seq"] for entry in await kept.log()]
    assert numbers == list(range(102, 1_102))
    assert kept.told == 0
    headers = [await db.read(_answer, kept.room_id, after, few) for after in (100, 101)]
    assert [header["too_far"] for header in headers] == [True, False]
    count = select(func.count()).select_from(models.messages)
    assert await db.read(_column, count) == [1_100]


def _answer(tx: ReadSession, room_id: str, after: int, settings: Settings) -> dict[str, Any]:
    header: dict[str, Any] = orjson.loads(replay(tx, room_id, after, True, settings).partition(b"\n")[0])
    return header


async def test_the_very_last_entry_stays_for_a_broker_that_forgot(kept: Kept, db: Database) -> None:
    await kept.begin(retention_days=1)
    await kept.say(2)
    await kept.age()
    await kept.purge()
    await kept.age()
    await kept.purge()
    assert [entry["type"] for entry in await kept.log()] == ["room.purged"]


def _sizes(folder: Path) -> list[int]:
    """Of the database files; none on PostgreSQL."""
    return [file.stat().st_size for file in folder.glob("*.db")]


async def test_a_purge_frees_space(kept: Kept, db: Database, tmp_path: Path, checkpoint: Callable[[], None]) -> None:
    await kept.begin(retention_days=7)
    for _ in range(6):
        await kept.say(200, "many different words " * 100)
    await kept.age()
    await kept.say(3, "few words")
    await asyncio.to_thread(checkpoint)
    before = _sizes(tmp_path)
    await kept.purge()
    await asyncio.to_thread(checkpoint)
    assert all(now < 0.5 * then for now, then in zip(_sizes(tmp_path), before, strict=True)), before
    assert len(await db.read(search.find, kept.room_id, "few", 0, 100)) == 3
    assert await db.read(search.find, kept.room_id, "different", 0, 100) == []


@pytest.fixture
def checkpoint(database_url: str) -> Callable[[], None]:
    """Brings SQLite's log into the file, as it does itself after a thousand pages."""

    def work() -> None:
        if database_url.startswith("sqlite"):
            connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()

    return work


async def test_an_older_database_learns_it_by_being_compacted(
    kept: Kept, db: Database, database_url: str, tmp_path: Path, checkpoint: Callable[[], None]
) -> None:
    def forget() -> None:
        if database_url.startswith("sqlite"):
            connection = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
            connection.execute("PRAGMA auto_vacuum = NONE")
            connection.execute("VACUUM")
            connection.close()

    await asyncio.to_thread(forget)
    await kept.begin(retention_days=7)
    for _ in range(6):
        await kept.say(200, "many different words " * 100)
    await kept.age()
    await asyncio.to_thread(checkpoint)
    before = _sizes(tmp_path)
    await asyncio.to_thread(compact, database_url)
    await kept.purge()
    await asyncio.to_thread(checkpoint)
    assert all(now < 0.5 * then for now, then in zip(_sizes(tmp_path), before, strict=True)), before
