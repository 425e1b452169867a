"""The migrations make the tables that the code expects, and the latest can be taken back and made again."""

import asyncio

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url, text

from services.files.models import metadata
from shared.database.backend import backend_for
from shared.migrations import upgrade
from shared.testing.plugin import NewDatabase

_SCRIPTS = "services.files:migrations"


def _differences(database_url: str) -> list[object]:
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.connect() as connection:
        assert inspect(connection).has_table("alembic_version")
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    return list(differences)


async def test_the_migrations_make_what_the_code_expects(new_database: NewDatabase) -> None:
    database_url = new_database()
    await asyncio.to_thread(upgrade, database_url, _SCRIPTS)
    assert await asyncio.to_thread(_differences, database_url) == []


def _back_and_forth(database_url: str) -> list[str]:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    engine = backend_for(database_url).migrator()
    with engine.begin() as connection:
        row = {"id": "f", "room": "r", "by": "u", "blob": "b"}
        columns = "id, room_id, uploaded_by, name, content_type, size, blob, created_at"
        values = ":id, :room, :by, 'a', 'text/plain', 1, :blob, '2026-11-25 00:00:00'"
        connection.execute(text(f"INSERT INTO files ({columns}) VALUES ({values})"), row)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with engine.connect() as connection:
        kept = list(connection.execute(text("SELECT blob FROM files WHERE thumbnail IS NULL")).scalars())
    engine.dispose()
    return kept


async def test_back_to_the_first_release_and_forth_again(new_database: NewDatabase) -> None:
    database_url = new_database()
    await asyncio.to_thread(upgrade, database_url, _SCRIPTS)
    assert await asyncio.to_thread(_back_and_forth, database_url) == ["b"]
    assert await asyncio.to_thread(_differences, database_url) == []
