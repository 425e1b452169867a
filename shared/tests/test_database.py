"""One contract for both databases: what a transaction promises, and what happens when the database can't."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from shared.database import Change, Database, Query, ReadSession, UtcDateTime, WriteSession, among
from shared.database.backend import backend_for
from shared.problems import Unavailable
from shared.tests.world import NoteWritten, database, notes, write_note

metadata = MetaData()
seats = Table(
    "seats", metadata, Column("room", String(20), primary_key=True), Column("who", String(20), primary_key=True)
)
moments = Table("moments", metadata, Column("id", Integer, primary_key=True), Column("at", UtcDateTime))
flags = Table(
    "flags", metadata, Column("id", Integer, primary_key=True), Column("on", Boolean), Column("at", UtcDateTime)
)

doors = Table(
    "doors",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("open", Boolean, nullable=False),
    Column("since", UtcDateTime),
)
_HANG = Change(insert(doors))
_SHUT = Change(update(doors).where(doors.c.id == bindparam("door")).values(open=False, since=bindparam("now")))
_LOOK = Query(select(doors).where(among("ids", doors.c.id), doors.c.id != "secret").order_by(doors.c.id))


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with database(database_url) as db:
        yield db


def texts(tx: ReadSession) -> list[str]:
    return list(tx.execute(select(notes.c.text).order_by(notes.c.id)).scalars())


def write_then_fail(tx: WriteSession, text: str) -> None:
    write_note(tx, text)
    raise LookupError(text)


async def test_what_raises_leaves_nothing_and_takes_no_id(db: Database) -> None:
    assert await db.write(write_note, "one") == 1
    with pytest.raises(LookupError):
        await db.write(write_then_fail, "two")
    assert await db.write(write_note, "three") == 2
    assert await db.read(texts) == ["one", "three"]


async def test_a_read_session_refuses_to_write(db: Database) -> None:
    with pytest.raises(TypeError):
        await db.read(lambda tx: tx.execute(insert(notes), {"text": "no"}))  # type: ignore[call-overload]
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await db.read(lambda tx: tx.execute(text("DELETE FROM notes")))
    await db.write(write_note, "yes")
    assert await db.read(texts) == ["yes"]


async def test_a_read_sees_one_state(db: Database) -> None:
    await db.write(write_note, "before")
    first_seen, written = threading.Event(), threading.Event()

    def look_twice(tx: ReadSession) -> tuple[list[str], list[str]]:
        first = texts(tx)
        first_seen.set()
        assert written.wait(5)
        return first, texts(tx)

    reading = asyncio.create_task(db.read(look_twice))
    await asyncio.to_thread(first_seen.wait, 5)
    await db.write(write_note, "after")
    written.set()
    assert await reading == (["before"], ["before"])


async def test_what_was_checked_stays_true_until_the_commit(db: Database, database_url: str) -> None:
    def write_if_few(tx: WriteSession, text: str) -> None:
        if len(texts(tx)) < 3:
            write_note(tx, text)

    async with database(database_url) as other:
        await asyncio.gather(*(each.write(write_if_few, f"{n}{each}") for n in range(10) for each in (db, other)))
    assert len(await db.read(texts)) == 3


async def test_callbacks_follow_the_commit_and_nothing_else(db: Database) -> None:
    loop_thread, heard = threading.get_ident(), []

    def note(tx: WriteSession) -> None:
        assert threading.get_ident() == loop_thread
        heard.append([envelope.id for envelope in tx.recorded])

    db.on_commit.append(note)
    await db.write(write_note, "told")
    await db.write(lambda tx: tx.execute(insert(notes), {"text": "untold"}))
    with pytest.raises(LookupError):
        await db.write(write_then_fail, "undone")
    assert heard == [[1]]


async def test_a_cancelled_caller_does_not_undo_or_silence_the_commit(db: Database) -> None:
    begun, heard = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(tx: WriteSession) -> None:
        loop.call_soon_threadsafe(begun.set)
        write_note(tx, "kept")
        tx.after_commit(heard.set)

    writing = asyncio.create_task(db.write(slow))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await asyncio.wait_for(heard.wait(), 5)
    assert await db.read(texts) == ["kept"]


async def test_a_part_that_fails_alone_takes_its_events_with_it(db: Database) -> None:
    def write_two(tx: WriteSession) -> list[int]:
        write_note(tx, "whole")
        with pytest.raises(IntegrityError), tx.savepoint():
            tx.record(NoteWritten(text="part"))
            tx.execute(insert(notes), {"text": "whole"})
        return [envelope.id for envelope in tx.recorded]

    assert await db.write(write_two) == [1]
    assert await db.write(write_note, "next") == 2


async def test_a_broken_statement_is_our_error_and_not_an_absence(db: Database) -> None:
    with pytest.raises(DBAPIError):
        await db.write(lambda tx: tx.execute(text("SELECT nonsense")))
    with pytest.raises(IntegrityError):
        await db.write(lambda tx: tx.execute(insert(notes), [{"text": "twice"}, {"text": "twice"}]))
    await db.ping()


async def test_times_come_back_as_they_were_and_sort(db: Database, database_url: str) -> None:
    with backend_for(database_url).migrator().begin() as connection:
        metadata.create_all(connection)
    first = datetime(2026, 11, 23, 3, 36, 0, 123999, tzinfo=UTC)
    tokyo = (first + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=9)))

    def store(tx: WriteSession) -> list[datetime | None]:
        tx.execute(insert(moments), [{"id": 2, "at": tokyo}, {"id": 1, "at": first}, {"id": 3, "at": None}])
        return list(tx.execute(select(moments.c.at).where(moments.c.at >= first).order_by(moments.c.at)).scalars())

    assert await db.write(store) == [
        datetime(2026, 11, 23, 3, 36, 0, 123000, tzinfo=UTC),
        datetime(2026, 11, 23, 3, 36, 1, 123000, tzinfo=UTC),
    ]
    with pytest.raises(StatementError, match="zone"):
        await db.write(lambda tx: tx.execute(update(moments).values(at=datetime(2026, 1, 1))))


async def test_a_lock_has_one_holder(db: Database) -> None:
    ours, theirs = db.lock("relay"), db.lock("relay")
    assert [await ours.held(), await theirs.held(), await ours.held()] == [True, False, True]
    assert await db.lock("else").held()
    await ours.release()
    assert await theirs.held()
    await theirs.release()


async def test_too_much_waiting_is_refused(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.database.lane._LONGEST_QUEUE", 2)
    go_on = threading.Event()
    first = [asyncio.create_task(db.write(lambda _: go_on.wait(5))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await db.write(write_note, "one too many")
    go_on.set()
    await asyncio.gather(*first)
    await db.write(write_note, "again")


async def test_what_waited_too_long_is_not_begun(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.database.lane._LONGEST_WAIT", 0.05)
    go_on = threading.Event()
    first = asyncio.create_task(db.write(lambda _: go_on.wait(0.2)))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await db.write(write_note, "late")
    await first
    assert await db.read(texts) == []


async def test_many_tuples_are_found_by_index(db: Database) -> None:
    chosen = [("a", "x"), ("b", "y"), ('it\'s "odd"', "$[0]")]
    rows = [{"room": room, "who": who} for room, who in [*chosen, ("a", "y"), ("b", "x")]]
    query = select(seats).where(among("chosen", seats.c.room, seats.c.who))

    def make_and_find(tx: WriteSession) -> tuple[set[tuple[str, str]], list[str]]:
        metadata.create_all(tx.connection)
        tx.execute(insert(seats), rows)
        found = {(row.room, row.who) for row in tx.execute(query, {"chosen": chosen})}
        assert not tx.execute(query, {"chosen": []}).all()
        if tx.dialect != "sqlite":  # PostgreSQL's planner goes by statistics, and SQLite's by the form of the query
            return found, []
        compiled = query.compile(tx.connection)
        plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", ("[]",))
        return found, [str(row.detail) for row in plan if "seats" in row.detail]

    found, plan = await db.write(make_and_find)
    assert found == set(chosen)
    assert all(step.startswith("SEARCH seats USING") for step in plan)


async def test_a_query_answers_as_its_statement_does(db: Database) -> None:
    moment = datetime(2026, 11, 23, 3, 36, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"id": 1, "on": True, "at": moment},
        {"id": 2, "on": False, "at": None},
        {"id": 3, "on": None, "at": moment},
    ]
    late = select(flags.c.id, flags.c.on, flags.c.at, literal("50%")).where(flags.c.at >= bindparam("since"))
    statements: list[tuple[Select[Any], dict[str, Any]]] = [
        (late.order_by(flags.c.id).limit(bindparam("most")), {"since": moment, "most": 5}),
        (late.limit(bindparam("most")), {"since": moment + timedelta(seconds=1), "most": 5}),
        (select(flags).where(flags.c.id == bindparam("id"), flags.c.on.is_(True)), {"id": 1}),
    ]

    def ask_both_ways(tx: WriteSession) -> list[list[tuple[Any, ...]]]:
        metadata.create_all(tx.connection)
        tx.execute(insert(flags), rows)
        found = [tx.rows(Query(statement), **given) for statement, given in statements]
        assert found == [[tuple(row) for row in tx.execute(*asked)] for asked in statements]
        return found

    first, none, by_id = await db.write(ask_both_ways)
    assert first == [(1, True, moment, "50%"), (3, None, moment, "50%")]
    assert none == []
    assert by_id == [(1, True, moment)]


async def test_what_a_query_gets_wrong_is_an_error_as_any_other(db: Database) -> None:
    gone = Query(select(Table("nowhere", MetaData(), Column("id", Integer))))
    with pytest.raises(DBAPIError, match="nowhere"):
        await db.read(lambda tx: tx.rows(gone))
    several = Query(select(notes.c.id).where(notes.c.text.in_(bindparam("texts", expanding=True))))
    with pytest.raises(ValueError, match="no list"):
        await db.read(lambda tx: tx.rows(several, texts=["one"]))
    await db.ping()


async def test_what_nobody_awaits_any_more_is_not_begun(db: Database) -> None:
    go_on = threading.Event()
    read: list[str] = []
    busy = [asyncio.create_task(db.read(lambda _: go_on.wait(5))) for _ in range(3)]

    def note(_: ReadSession, name: str) -> None:
        read.append(name)

    late = [asyncio.create_task(db.read(note, name)) for name in ("given up", "awaited")]
    await asyncio.sleep(0)
    late[0].cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*busy, late[1])
    assert read == ["awaited"]


async def test_closing_finishes_what_was_begun(db: Database) -> None:
    written = [asyncio.create_task(db.write(write_note, name)) for name in ("one", "two")]
    await asyncio.sleep(0)
    await asyncio.to_thread(db.close)
    assert await asyncio.gather(*written) == [1, 2]
    with pytest.raises(RuntimeError, match="ended"):
        await db.read(texts)


async def test_statements_that_go_straight_to_the_driver_mean_the_same(db: Database) -> None:
    begun, now = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC), datetime(2027, 1, 1, tzinfo=UTC)

    def use(tx: WriteSession) -> list[list[object]]:
        tx.execute(text("CREATE TABLE doors (id VARCHAR(20) PRIMARY KEY, open BOOLEAN NOT NULL, since TIMESTAMPTZ)"))
        tx.change(_HANG, *({"id": name, "open": True, "since": begun} for name in ("a", "b", "secret")))
        tx.change(_HANG, {"id": "c", "since": None, "open": False})
        tx.change(_SHUT, {"door": "b", "now": now})
        asked = [(name,) for name in ("c", "secret", "b", "a")]
        return [list(row) for row in tx.rows(_LOOK, ids=asked)]

    assert await db.write(use) == [["a", True, begun], ["b", False, now], ["c", False, None]]
    row = {"id": "a", "open": True, "since": begun}
    with pytest.raises(IntegrityError):
        await db.write(lambda tx: tx.change(_HANG, {**row, "id": "new"}, row))
    assert await db.read(lambda tx: len(tx.rows(_LOOK, ids=[("a",), ("new",)]))) == 1
