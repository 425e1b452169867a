"""Migrations: in one go, under a lock, and without alembic when there is nothing to do."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.database.backend import backend_for
from shared.migrations import upgrade

_ENV = """
from sqlalchemy import MetaData
from shared.migrations import run_migrations
run_migrations(MetaData())
"""
_FIRST = """
import sqlalchemy as sa
from alembic import op
from shared.database import UtcDateTime
revision: str = "first"
down_revision: str | None = None
def upgrade() -> None:
    op.create_table("things", sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UtcDateTime()))
    op.execute("INSERT INTO things (id) VALUES (7)")
"""
_SECOND = """
import sqlalchemy as sa
from alembic import op
revision = "second"
down_revision = "first"
def upgrade() -> None:
    with op.batch_alter_table("things") as things:
        things.add_column(sa.Column("name", sa.String(10), nullable=False, server_default="x"))
        things.drop_column("at")
"""
_BROKEN = """
from alembic import op
revision = "broken"
down_revision = "second"
def upgrade() -> None:
    op.execute("CREATE TABLE halfway (id INTEGER)")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service of migrations only; its name is new for each test, because imports are remembered."""
    folder = tmp_path / f"migrated_{tmp_path.name}"
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "migrations" / "env.py").write_text(_ENV)
    (versions / "first.py").write_text(_FIRST)
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def location(package: Path) -> str:
    return f"{package.name}:migrations"


def add(package: Path, name: str, source: str) -> None:
    (package / "migrations" / "versions" / f"{name}.py").write_text(source)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    engine = backend_for(url).reader()
    with engine.begin() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def test_two_replicas_that_start_at_once_upgrade_once(package: Path, database_url: str) -> None:
    add(package, "second", _SECOND)
    command = [
        sys.executable,
        "-c",
        f"from shared.migrations import upgrade; upgrade({database_url!r}, {location(package)!r})",
    ]
    with ThreadPoolExecutor(2) as replicas:
        ends = list(
            replicas.map(lambda _: subprocess.run(command, env={"PYTHONPATH": f"{package.parent}:."}), range(2))
        )
    assert [end.returncode for end in ends] == [0, 0]
    assert rows(database_url, "SELECT * FROM things") == [(7, "x")]


def test_a_later_release_upgrades_what_is_there(package: Path, database_url: str) -> None:
    upgrade(database_url, location(package))
    add(package, "second", _SECOND)
    upgrade(database_url, location(package))
    assert rows(database_url, "SELECT name FROM things") == [("x",)]


def test_a_migration_that_fails_leaves_nothing(package: Path, database_url: str) -> None:
    add(package, "second", _SECOND)
    upgrade(database_url, location(package))
    add(package, "broken", _BROKEN)
    with pytest.raises(Exception, match="nowhere"):
        upgrade(database_url, location(package))
    assert rows(database_url, "SELECT version_num FROM alembic_version") == [("second",)]
    with pytest.raises(Exception, match="halfway"):
        rows(database_url, "SELECT * FROM halfway")


def test_nothing_to_do_does_not_load_alembic(package: Path, database_url: str) -> None:
    upgrade(database_url, location(package))
    script = (
        f"import sys; from shared.migrations import upgrade; upgrade({database_url!r}, {location(package)!r});"
        "assert not [name for name in sys.modules if name.startswith('alembic')]"
    )
    subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": f"{package.parent}:."}, check=True)
