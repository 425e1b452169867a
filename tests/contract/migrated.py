"""A service's database, moved up and down by Alembic itself and filled with rows of whatever columns it has."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from shared.database.backend import backend_for

_ROWS = 4
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST = 64
_INDEX = "message_search"  # SQLite keeps its full-text index in tables of its own
Contents = dict[str, list[str]]


class Contracts(AssertionError):
    """A migration that takes something away from the release that still runs."""


class Migrated:
    """One database; `scripts` is an Alembic script location."""

    def __init__(self, url: str, scripts: str) -> None:
        self._engine = backend_for(url).migrator()
        self._config = Config()
        self._config.set_main_option("script_location", scripts)

    def close(self) -> None:
        """Let go of it."""
        self._engine.dispose()

    def steps(self) -> list[tuple[str, str]]:
        """Each revision with the one after it, oldest first."""
        scripts = [script.revision for script in ScriptDirectory.from_config(self._config).walk_revisions()][::-1]
        return list(pairwise(scripts))

    def up(self, revision: str = "head") -> None:
        """To this revision, from an older one."""
        with self._bound():
            command.upgrade(self._config, revision)

    def down(self, revision: str) -> None:
        """Back to this revision."""
        with self._bound():
            command.downgrade(self._config, revision)

    def tables(self) -> sa.MetaData:
        """What a release of now knows: tables and columns as the database has them."""
        metadata = sa.MetaData()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sa.exc.SAWarning)  # of indexes by expressions, which are not asked for
            metadata.reflect(
                self._engine, only=lambda name, _: name != "alembic_version" and not name.startswith(_INDEX)
            )
        return metadata

    def fill(self, tables: sa.MetaData, start: int) -> None:
        """Some rows in every table, as a release writes them that knows these tables; Contracts when it can't."""
        try:
            with self._engine.begin() as connection:
                for table in tables.sorted_tables:
                    for number in range(start, start + _ROWS):
                        row = {column.name: _value(column, number) for column in table.columns}
                        connection.execute(table.insert().values(row))
        except DBAPIError as error:
            raise Contracts(f"a row can't be written any more: {error.orig}") from error

    def contents(self, tables: sa.MetaData) -> Contents:
        """Every row as a release reads it that knows these tables; Contracts when it can't."""
        try:
            with self._engine.connect() as connection:
                return {
                    table.name: sorted(map(repr, connection.execute(sa.select(table))))
                    for table in tables.sorted_tables
                }
        except DBAPIError as error:
            raise Contracts(f"rows can't be read any more: {error.orig}") from error

    @contextmanager
    def _bound(self) -> Iterator[None]:
        with self._engine.connect() as connection, connection.begin():
            self._config.attributes["connection"] = connection
            yield


def expands(db: Migrated, before: str, after: str) -> None:
    """Raises Contracts unless the release of `before` can go on while the database is at `after`, and after going back.

    The database is at `before`. It is left at `after`, with rows of both releases.
    """
    old = db.tables()
    db.fill(old, start=1_000)
    found = db.contents(old)
    db.up(after)
    if db.contents(old) != found:
        raise Contracts("rows that were there are others now")
    db.fill(old, start=2_000)
    db.fill(db.tables(), start=3_000)
    found = db.contents(old)
    db.down(before)
    if db.contents(old) != found:
        raise Contracts("rows are not the same after going back")
    db.up(after)
    if db.contents(old) != found:
        raise Contracts("rows are not the same after going back and forth")


def _value(column: sa.Column[Any], number: int) -> Any:
    """Of full length, so that a shorter column is noticed, and nothing now and then where that may be."""
    if column.foreign_keys:
        return _value(next(iter(column.foreign_keys)).column, number)
    if column.nullable and number % 2:
        return None
    kind = column.type
    if isinstance(kind, sa.Boolean):
        return number % 4 == 0
    if isinstance(kind, sa.Integer):
        return number
    if isinstance(kind, sa.Float | sa.Numeric):
        return float(number)
    if isinstance(kind, sa.DateTime):
        return _MOMENT
    if isinstance(kind, sa.LargeBinary):
        return b"%d" % number
    assert isinstance(kind, sa.String), f"{column} is of a type that these tests do not know: {kind!r}"
    return str(number).rjust(kind.length or _LONGEST, column.name[0])
