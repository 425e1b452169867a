"""Brings a database to the newest migration. Alembic is imported only when there is something to do."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import structlog
from sqlalchemy import Connection, MetaData, inspect, text

from shared.database.backend import backend_for
from shared.database.columns import UtcDateTime
from shared.database.locks import Lock

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_log = structlog.get_logger(__name__)
_LONGEST_WAIT = 120.0
_REVISION = re.compile(r"""^revision\b[^=\n]*=\s*["']([^"']+)["']""", re.MULTILINE)
_DOWN_REVISION = re.compile(r"""^down_revision\b[^=\n]*=\s*(.+)$""", re.MULTILINE)


def upgrade(database_url: str, script_location: str) -> None:
    """Bring the database to the head of these migrations; `script_location` is `services.<name>:migrations`.

    Replicas that start at once take turns: the first upgrades, the others find it done.
    """
    with _connected(database_url) as connection:
        if _at_head(connection, script_location):
            return
    with Lock(database_url, "migrate").waited_for(_LONGEST_WAIT), _connected(database_url) as connection:
        if not _at_head(connection, script_location):
            _run(connection, script_location)


def run_migrations(metadata: MetaData) -> None:
    """What a service's migrations/env.py does; run by `upgrade`, or by alembic itself with DATABASE_URL set."""
    from alembic import context

    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        _configure(connection, metadata)
        return
    with _connected(os.environ["DATABASE_URL"]) as connection:
        _configure(connection, metadata)
        connection.commit()


def _run(connection: Connection, script_location: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", script_location)
    config.attributes["connection"] = connection
    with connection.begin():
        command.upgrade(config, "head")
    _log.info("the database was upgraded", revisions=sorted(_present(connection)))


def _configure(connection: Connection, metadata: MetaData) -> None:
    from alembic import context

    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=_render,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _render(kind: str, item: Any, autogen: "AutogenContext") -> str | Literal[False]:
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen.imports.add("from shared.database import UtcDateTime")
        return "UtcDateTime()"
    return False


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    engine = backend_for(database_url).migrator()
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _at_head(connection: Connection, script_location: str) -> bool:
    newest = heads(script_location)
    return bool(newest) and newest == _present(connection)


def _present(connection: Connection) -> set[str]:
    with connection.begin():
        if not inspect(connection).has_table("alembic_version"):
            return set()
        return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


def heads(script_location: str) -> set[str]:
    """The revisions that no other one follows."""
    revisions, followed = _revisions(script_location)
    return revisions - followed


def known(script_location: str) -> set[str]:
    """Every revision that this release has."""
    return _revisions(script_location)[0]


def _revisions(script_location: str) -> tuple[set[str], set[str]]:
    """All of them and those that another one follows, without importing any."""
    package, _, folder = script_location.partition(":")
    revisions, followed = set(), set()
    for script in (files(package) / folder / "versions").iterdir():
        if script.name.endswith(".py"):
            source = script.read_text()
            revisions |= set(_REVISION.findall(source))
            for below in _DOWN_REVISION.findall(source):
                followed |= set(re.findall(r"""["']([^"']+)["']""", below))
    return revisions, followed
