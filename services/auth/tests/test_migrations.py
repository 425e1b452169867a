import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, make_url

from services.auth.models import metadata
from shared.migrations import upgrade
from shared.testing.plugin import NewDatabase


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
    await asyncio.to_thread(upgrade, database_url, "services.auth:migrations")
    assert await asyncio.to_thread(_differences, database_url) == []
