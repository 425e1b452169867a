"""A database that is locked, full, broken or away is "unavailable", and work goes on after it."""

import asyncio
import resource
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, literal, select, text

from shared.database import Database, Query, ReadSession, WriteSession
from shared.problems import Unavailable
from shared.testing.postgres import Postgres
from shared.testing.waiting import eventually
from shared.tests.test_database import texts
from shared.tests.world import create_tables, database, write_note


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    async with database(f"sqlite:///{tmp_path / 'test.db'}") as db:
        yield db


async def answers(db: Database) -> bool:
    try:
        await db.ping()
    except Unavailable:
        return False
    return True


@contextmanager
def locked_by_another(path: Path) -> Iterator[None]:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


async def test_a_locked_file_is_answered_in_three_seconds(sqlite: Database, tmp_path: Path) -> None:
    def patience(tx: WriteSession) -> int:
        return int(tx.execute(text("PRAGMA busy_timeout")).scalar_one())

    assert await sqlite.write(patience) <= 2_500
    with locked_by_another(tmp_path / "test.db"):
        with pytest.raises(Unavailable):
            await sqlite.write(write_note, "locked")
        assert await sqlite.read(texts) == []
        assert not await answers(sqlite)
    assert await answers(sqlite)
    assert await sqlite.write(write_note, "free") == 1


async def test_a_full_disk_refuses_writes_until_there_is_room(sqlite: Database) -> None:
    def room_for(tx: WriteSession, pages: int) -> None:
        tx.execute(text(f"PRAGMA max_page_count={pages}"))

    await sqlite.write(room_for, 1)  # SQLite makes it as many as it has by now
    written = 0
    with pytest.raises(Unavailable):
        for written in range(1_000):
            await sqlite.write(write_note, f"{written:0100}")
    assert len(await sqlite.read(texts)) == written
    await sqlite.write(room_for, 1_000_000)
    assert await sqlite.write(write_note, "room") == written + 1


async def test_an_io_error_at_the_commit_is_fatal(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    create_tables(url)
    lost: list[BaseException] = []
    db = Database(url, on_lost_disk=lost.append)
    await db.write(write_note, "before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def write_to_a_broken_disk(tx: WriteSession) -> None:
        write_note(tx, "never")
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))

    try:
        with pytest.raises(Unavailable):
            await db.write(write_to_a_broken_disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(lost) == 1
    assert await db.read(texts) == ["before"]
    db.close()


async def test_a_server_that_was_away_is_used_again() -> None:
    server = Postgres()
    server.start()
    try:
        async with database(server.create_database()) as db:
            await db.write(write_note, "before")
            server.kill()
            for doing in (db.write(write_note, "away"), db.read(texts), db.ping()):
                with pytest.raises(Unavailable):
                    await doing
            server.start()
            await eventually(lambda: answers(db))
            assert await db.write(write_note, "after") == 2
            assert await db.read(texts) == ["before", "after"]
    finally:
        server.close()


@pytest.fixture
async def postgresql(postgres: Postgres) -> AsyncIterator[tuple[Database, str]]:
    url = postgres.create_database()
    async with database(url) as db:
        yield db, url
    postgres.drop_database(url)


@pytest.mark.parametrize(
    "failure",
    [
        "DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$",
        "DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$",
        "SELECT pg_terminate_backend(pg_backend_pid())",
    ],
)
async def test_a_transaction_broken_by_others_is_run_again(postgresql: tuple[Database, str], failure: str) -> None:
    db, _ = postgresql
    tries: list[int] = []

    def fail_once(tx: WriteSession) -> int:
        tries.append(1)
        note = write_note(tx, "once")
        if len(tries) == 1:
            tx.execute(text(failure))
        return note

    assert await db.write(fail_once) == 1
    assert len(tries) == 2
    assert await db.read(texts) == ["once"]


async def test_a_query_that_lost_its_connection_is_asked_again(postgresql: tuple[Database, str]) -> None:
    db, _ = postgresql
    tries: list[int] = []
    end = Query(select(func.pg_terminate_backend(func.pg_backend_pid())))
    one = Query(select(literal(1)))

    def fail_once(tx: ReadSession) -> list[tuple[int]]:
        tries.append(1)
        return tx.rows(end if len(tries) == 1 else one)

    assert await db.read(fail_once) == [(1,)]
    assert len(tries) == 2


async def test_a_lock_held_by_another_client_is_waited_for_in_seconds(postgresql: tuple[Database, str]) -> None:
    def patience(tx: WriteSession) -> str:
        return str(tx.execute(text("SHOW lock_timeout")).scalar_one())

    db, url = postgresql
    assert await db.write(patience) == "2500ms"
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE notes")
        with pytest.raises(Unavailable):
            await db.write(write_note, "locked")
        other.rollback()
        assert await db.write(write_note, "free") == 1


async def test_who_is_stopped_with_the_turn_loses_it_and_what_it_began(postgresql: tuple[Database, str]) -> None:
    """F31: as a process that gets SIGSTOP in its transaction, and SIGCONT after others have written."""
    stopped, url = postgresql
    has_the_turn, goes_on = threading.Event(), threading.Event()

    def write_and_stop(tx: WriteSession) -> None:
        write_note(tx, "late")
        has_the_turn.set()
        goes_on.wait(60)

    other = Database(url)

    async def stored() -> int | None:
        try:
            return await other.write(write_note, "in time")
        except Unavailable:
            return None

    late = asyncio.create_task(stopped.write(write_and_stop))
    try:
        await asyncio.to_thread(has_the_turn.wait, 60)
        assert await eventually(stored, within=20) == 1
    finally:
        goes_on.set()
        other.close()
    with pytest.raises(Unavailable):
        await late
    assert await stopped.read(texts) == ["in time"]
    assert await stopped.write(write_note, "again") == 2
