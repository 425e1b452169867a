"""SQLite in WAL mode: every commit is on the disk, one writer, readers that don't wait for it."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Engine, NullPool, PoolProxiedConnection, create_engine, event
from sqlalchemy.exc import DBAPIError

from shared.database.backend import Failure

# Long enough for another process' transaction, short enough to answer within three seconds (RELIABILITY.md F16).
_BUSY_SECONDS = 2.5
# Up to 16 MiB of pages stay in memory: with many rooms each message touches others.
_WRITER = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "journal_size_limit=67108864",
    "cache_size=-16384",
)
_READER = ("query_only=ON",)
# Foreign keys stay off: a table is changed by copying it into a new one and dropping the old. How pages are kept is
# decided before the first table; later only VACUUM changes it.
_MIGRATOR = ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "synchronous=FULL")
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM}
_AWAY = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


class Sqlite:
    """A database file."""

    name = "sqlite"

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError("a SQLite database is a file: its readers and its writer have connections of their own")
        self._url = url.set(drivername="sqlite+pysqlite")

    def writer(self) -> Engine:
        """Takes the write lock at the beginning, so that a transaction never fails halfway for want of it."""
        return self._engine(_WRITER, "BEGIN IMMEDIATE")

    def reader(self) -> Engine:
        """Sees one snapshot in each transaction."""
        return self._engine(_READER, "BEGIN")

    def migrator(self) -> Engine:
        """All of an upgrade is one transaction."""
        return self._engine(_MIGRATOR, "BEGIN IMMEDIATE")

    def classify(self, error: DBAPIError) -> Failure:
        """By SQLite's own result code: its driver calls a missing table and a full disk the same."""
        code = _extended_code(error)
        if code & 0xFF in _BUSY:
            return Failure.BUSY
        # Plain READONLY is a read session that writes; its extended forms are a file system that went read-only.
        readonly = code & 0xFF == sqlite3.SQLITE_READONLY and code != sqlite3.SQLITE_READONLY
        return Failure.AWAY if readonly or code & 0xFF in _AWAY else Failure.BUG

    def disk_failed(self, error: DBAPIError) -> bool:
        """Any I/O error; a full disk is not one."""
        return _extended_code(error) & 0xFF == sqlite3.SQLITE_IOERR

    def _engine(self, pragmas: tuple[str, ...], begin: str) -> Engine:
        # isolation_level None: the driver begins no transactions of its own, `begin` below is the only one.
        arguments = {"isolation_level": None, "check_same_thread": False, "timeout": _BUSY_SECONDS}
        engine = create_engine(self._url, poolclass=NullPool, connect_args=arguments)

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")

        def begin_transaction(dbapi_connection: PoolProxiedConnection) -> None:
            dbapi_connection.cursor().execute(begin)

        # Not as a listener to `begin`: a statement of SQLAlchemy's costs as much as all that SQLite does in a read.
        engine.dialect.do_begin = begin_transaction  # type: ignore[method-assign]
        return engine


def _extended_code(error: DBAPIError) -> int:
    code: int = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code
