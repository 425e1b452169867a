"""The migrations make what the code expects, on both databases and on one that has messages already."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, make_url, text

from services.messaging.models import metadata
from shared.migrations import heads, upgrade
from shared.testing.plugin import CALLER_SECRET, NewDatabase
from shared.testing.waiting import eventually

_BY_HAND = "message_search"


def _connect(database_url: str) -> Connection:
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return create_engine(url).connect()


def _is_ours(_: object, name: str | None, kind: str, *__: object) -> bool:
    return not (kind in ("table", "index") and str(name).startswith((_BY_HAND, "messages_search")))


def _differences(database_url: str) -> list[object]:
    with _connect(database_url) as connection:
        assert inspect(connection).has_table("alembic_version")
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        found = compare_metadata(context, metadata)
    connection.engine.dispose()
    return list(found)


async def test_the_migrations_make_what_the_code_expects(new_database: NewDatabase) -> None:
    database_url = new_database()
    await asyncio.to_thread(upgrade, database_url, "services.messaging:migrations")
    assert await asyncio.to_thread(_differences, database_url) == []


def _move(connection: Connection, way: str, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "services.messaging:migrations")
    config.attributes["connection"] = connection
    with connection.begin():
        getattr(command, way)(config, revision)


def _old_database(database_url: str) -> None:
    with _connect(database_url) as connection:
        _move(connection, "upgrade", "0001")
        with connection.begin():
            for statement in _OLD:
                connection.execute(text(statement))
    connection.engine.dispose()


_OLD = (
    "INSERT INTO rooms (id, state, kind, member_count, head_seq) VALUES ('r-1', '{}', 'public', 0, 2)",
    "INSERT INTO users (id, username, display_name, deleted) VALUES ('u', 'Anna', 'Anna', false)",
    "INSERT INTO timeline (pos, room_id, seq, type, frame, at) "
    "VALUES (9, 'r-1', 2, 'message.created', '', '2026-01-01T00:00:00.000Z')",
    "INSERT INTO messages (id, room_id, seq, author_id, content, kind, reply_to, attachments, mentions, reviewed, "
    "created_at) VALUES "
    "('m', 'r-1', 2, 'u', 'words of old', 'text', 'q', '[]', '[]', true, '2026-01-01T00:00:00.000Z')",
)


async def test_what_was_there_before_is_found_afterwards(new_database: NewDatabase) -> None:
    database_url = new_database()
    await asyncio.to_thread(_old_database, database_url)
    await asyncio.to_thread(upgrade, database_url, "services.messaging:migrations")

    def look() -> tuple[object, ...]:
        from services.messaging.search import find
        from shared.database import ReadSession

        with _connect(database_url) as connection:
            row = connection.execute(text("SELECT pos, thread_id, reacted FROM messages")).one()
            name = connection.execute(text("SELECT username_key FROM users")).scalar_one()
            hits = find(ReadSession(connection), "r-1", "old wor", 0, 10)
        connection.engine.dispose()
        return row.pos, row.thread_id, bool(row.reacted), name, hits

    assert await asyncio.to_thread(look) == (9, "q", False, "anna", ["m"])


async def test_a_kind_that_was_noted_once_is_put_right(new_database: NewDatabase) -> None:
    database_url = new_database()
    await asyncio.to_thread(upgrade, database_url, "services.messaging:migrations")

    def put_right() -> dict[object, object]:
        with _connect(database_url) as connection:
            _move(connection, "downgrade", "0009")
            rows = {"a": ("{}", "public"), "b": ('{"kind":"private"}', "public"), "c": ('{"kind":"public"}', "public")}
            with connection.begin():
                for room_id, (state, kind) in rows.items():
                    row = {"id": room_id, "state": state, "kind": kind}
                    connection.execute(
                        text(
                            "INSERT INTO rooms (id, state, kind, member_count, head_seq) "
                            "VALUES (:id, :state, :kind, 0, 0)"
                        ),
                        row,
                    )
            _move(connection, "upgrade", "0010")
            kinds = {row.id: row.kind for row in connection.execute(text("SELECT id, kind FROM rooms"))}
        connection.engine.dispose()
        return kinds

    assert await asyncio.to_thread(put_right) == {"a": "public", "b": "private", "c": "public"}


_MANY = 20_000
_NUMBERS = f"WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < {_MANY}) "
_MORE = (
    "INSERT INTO timeline (pos, room_id, seq, type, frame, at) "
    f"{_NUMBERS} SELECT i, 'r-1', i, 'message.created', '', '2026-01-01T00:00:00.000Z' FROM n",
    "INSERT INTO messages (id, room_id, seq, author_id, content, kind, attachments, mentions, reviewed, created_at) "
    f"{_NUMBERS} SELECT 'm' || i, 'r-1', i, 'u', 'words of old', 'text', '[]', '[]', 1, '2026-01-01T00:00:00.000Z' "
    "FROM n",
)


async def test_a_migration_that_is_stopped_changes_nothing(tmp_path: Path) -> None:
    """F27. It does not end with 0: who starts the service after it has to know that it is not done."""
    file = tmp_path / "messaging.sqlite3"
    await asyncio.to_thread(_old_database, f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        for statement in _MORE:
            database.execute(statement)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    wal = Path(f"{file}-wal")
    migrating = _migrate(file)
    await eventually(lambda: wal.exists() and wal.stat().st_size > 256 * 1024, within=60)
    migrating.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(migrating.wait, 10) != 0
    assert _state(file) == ("ok", "0001", 0)
    assert await asyncio.to_thread(_migrate(file).wait, 120) == 0
    [head] = heads("services.messaging:migrations")
    assert _state(file) == ("ok", head, _MANY - 8)


def _migrate(file: Path) -> "subprocess.Popen[bytes]":
    told = {"DATABASE_URL": f"sqlite:///{file}", "CALLER_SECRET": CALLER_SECRET}
    return subprocess.Popen([sys.executable, "-m", "services.messaging", "migrate"], env=os.environ | told)


def _state(file: Path) -> tuple[str, str, int]:
    """Whether it is sound, its revision, and how many messages the newer revision has reached."""
    with closing(sqlite3.connect(file)) as database:
        [sound] = database.execute("PRAGMA integrity_check").fetchone()
        [revision] = database.execute("SELECT version_num FROM alembic_version").fetchone()
        columns = {row[1] for row in database.execute("PRAGMA table_info(messages)")}
        reached = "SELECT count(pos) FROM messages" if "pos" in columns else "SELECT 0"
        return sound, revision, int(database.execute(reached).fetchone()[0])


async def test_of_one_client_id_one_receipt_goes_back(new_database: NewDatabase) -> None:
    """The release before 0008 has room for one, and writes its own beside those of this one."""
    database_url = new_database()
    await asyncio.to_thread(upgrade, database_url, "services.messaging:migrations")

    def go_back_and_forth() -> tuple[list[object], ...]:
        with _connect(database_url) as connection:
            with connection.begin():
                for statement in _RECEIPTS:
                    connection.execute(text(statement))
            _move(connection, "downgrade", "0007")
            before = connection.execute(text("SELECT client_id, message_id FROM receipts ORDER BY 1")).all()
            held = connection.execute(text("SELECT id, client_id FROM held ORDER BY 1")).all()
            connection.rollback()
            _move(connection, "upgrade", "0008")
            after = connection.execute(text("SELECT client_id, message_id, operation FROM receipts ORDER BY 1")).all()
        connection.engine.dispose()
        return list(map(tuple, before)), list(map(tuple, held)), list(map(tuple, after))

    before, held, after = await asyncio.to_thread(go_back_and_forth)
    assert before == [("c", "m-2"), ("d", "m-3")]
    assert held == [("c", None), ("e", "e")], "what waits can be approved"
    assert after == [("c", "m-2", ""), ("d", "m-3", "")]


_RECEIPTS = (
    "INSERT INTO receipts (user_id, client_id, message_id, seq, at) "
    "VALUES ('u', 'c', 'm-1', 2, '2026-01-01T00:00:00.000Z')",
    "INSERT INTO receipts (user_id, client_id, message_id, operation, seq, at) VALUES "
    "('u', 'c', 'm-1', 'edit', 3, '2026-01-01T00:00:00.001Z'), "
    "('u', 'c', 'm-2', 'edit', 4, '2026-01-01T00:00:00.002Z'), "
    "('u', 'c', 'm-2', 'delete', 5, '2026-01-01T00:00:00.002Z'), "
    "('u', 'd', 'm-3', 'delete', 6, '2026-01-01T00:00:00.000Z')",
    *(
        "INSERT INTO held (id, kind, room_id, author_id, author_role, client_id, content, attachments, reviewed, "
        f"status, created_at) VALUES ('{held}', 'edit', 'r', 'u', 'user', '{held}', '', '[]', true, 'waiting', "
        "'2026-01-01T00:00:00.000Z')"
        for held in ("c", "e")
    ),
)
