import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url

from services.moderation.models import metadata
from shared.database import Database
from shared.migrations import upgrade


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


async def test_the_migrations_make_what_the_code_expects(db: Database, database_url: str) -> None:
    await asyncio.to_thread(upgrade, database_url, "services.moderation:migrations")
    assert await asyncio.to_thread(_differences, database_url) == []
