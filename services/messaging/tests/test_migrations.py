"""The migrations make what the code expects, on both databases and on one that has messages already."""

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, make_url, text

from services.messaging.models import metadata
from shared.migrations import upgrade

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


async def test_the_migrations_make_what_the_code_expects(database_url: str) -> None:
    await asyncio.to_thread(upgrade, database_url, "services.messaging:migrations")
    assert await asyncio.to_thread(_differences, database_url) == []


def _old_database(database_url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "services.messaging:migrations")
    with _connect(database_url) as connection:
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "0001")
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


async def test_what_was_there_before_is_found_afterwards(database_url: str) -> None:
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
