"""PostgreSQL by psycopg: writers take turns as on SQLite, readers are read-only, nothing waits for ever."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from shared.database.backend import Failure

# One writer at a time over all replicas: what a transaction checked stays true until it commits, event ids are
# contiguous, and nothing has to be tried again. Released with the transaction.
WRITE_LOCK = 0x5041524C  # "PARL"
_SESSION = {
    "statement_timeout": "10s",
    "lock_timeout": "2500ms",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
}
# Whoever has the turn makes all others wait. A process that was stopped with it keeps it no longer than this: the
# server ends its session, and what it began can't be committed any more when it goes on.
_LONGEST_TURN_IDLE = "3s"
_NETWORK = {
    "connect_timeout": 2,
    "tcp_user_timeout": 4000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}
_CONFLICT = {"40001", "40P01"}
_BUSY = {"55P03", "57014"}  # waited too long for a lock; took too long


class Postgresql:
    """A database on a server."""

    name = "postgresql"

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")

    def writer(self) -> Engine:
        """Its transactions exclude each other."""
        engine = self._engine("read-write", idle_in_transaction_session_timeout=_LONGEST_TURN_IDLE)

        @event.listens_for(engine, "begin")
        def take_turn(connection: Connection) -> None:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITE_LOCK})")

        return engine

    def reader(self) -> Engine:
        """Sees one snapshot in each transaction."""
        engine = self._engine("any")

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _: object) -> None:
            from psycopg import IsolationLevel

            connection.read_only = True
            connection.isolation_level = IsolationLevel.REPEATABLE_READ

        return engine

    def migrator(self) -> Engine:
        """May work for minutes, but makes others wait for its locks for seconds only."""
        return self._engine("read-write", statement_timeout="10min")

    def classify(self, error: DBAPIError) -> Failure:
        """By SQLSTATE; an error without one is the connection's."""
        state = getattr(error.orig, "sqlstate", None)
        if state in _CONFLICT:
            return Failure.CONFLICT
        if state in _BUSY:
            return Failure.BUSY
        if error.connection_invalidated:
            return Failure.STALE
        if isinstance(error, OperationalError | InterfaceError):
            return Failure.AWAY
        return Failure.BUG

    def disk_failed(self, _: DBAPIError) -> bool:
        """Never known here: after a failed fsync the server restarts by itself."""
        return False

    def _engine(self, server: str, **changed: str) -> Engine:
        options = " ".join(f"-c {name}={value}" for name, value in {**_SESSION, **changed}.items())
        arguments = {**_NETWORK, "options": options, "target_session_attrs": server}
        return create_engine(self._url, poolclass=NullPool, connect_args=arguments)
