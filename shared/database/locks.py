"""Work that one process at a time should do, such as relaying events."""

import asyncio
import fcntl
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

_PAUSE = 0.05
_NAMESPACE = 0x50415251
_TRY = text("SELECT pg_try_advisory_lock(:namespace, :key)")
_LET_GO = text("SELECT pg_advisory_unlock(:namespace, :key)")


class Lock:
    """Held by a connection of its own on PostgreSQL, by a lock file beside the database on SQLite.

    Both are let go of when the process dies. A lock on PostgreSQL is lost with its connection: ask `held` again
    before each piece of work that must not be done twice.
    """

    def __init__(self, url: str, name: str) -> None:
        parsed = make_url(url)
        is_file = parsed.get_backend_name() == "sqlite"
        self._kind: _FileLock | _AdvisoryLock = _FileLock(parsed, name) if is_file else _AdvisoryLock(parsed, name)

    async def held(self) -> bool:
        """Whether it is ours now; takes it if it is free."""
        return await asyncio.to_thread(self._kind.held)

    async def release(self) -> None:
        """Let another process have it."""
        await asyncio.to_thread(self._kind.release)

    @contextmanager
    def waited_for(self, seconds: float) -> Iterator[None]:
        """Hold it, in a thread, as soon as nobody else does."""
        deadline = time.monotonic() + seconds
        while not self._kind.held():
            if time.monotonic() > deadline:
                raise TimeoutError("another process holds the lock")
            time.sleep(_PAUSE)
        try:
            yield
        finally:
            self._kind.release()


class _FileLock:
    def __init__(self, url: URL, name: str) -> None:
        self._path = f"{url.database}.{name}.lock"
        self._file: int | None = None

    def held(self) -> bool:
        if self._file is not None:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _AdvisoryLock:
    def __init__(self, url: URL, name: str) -> None:
        self._engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": 2, "tcp_user_timeout": 4000, "options": "-c statement_timeout=2s"},
        )
        self._key = {"namespace": _NAMESPACE, "key": zlib.crc32(name.encode()) - 2**31}
        self._holder: Connection | None = None

    def held(self) -> bool:
        try:
            if self._holder is not None:
                self._holder.execute(text("SELECT 1"))
                return True
            return self._take()
        except DBAPIError:
            self.release()
            return False

    def release(self) -> None:
        holder, self._holder = self._holder, None
        if holder is not None:
            try:
                if not holder.invalidated:  # else it went with its connection
                    holder.execute(_LET_GO, self._key)  # the end of a connection is heard of some time later
                holder.close()
            except DBAPIError:
                holder.invalidate()

    def _take(self) -> bool:
        connection = self._engine.connect()
        taken = False
        try:
            taken = bool(connection.execute(_TRY, self._key).scalar_one())
        finally:
            if taken:
                self._holder = connection
            else:
                connection.close()
        return taken
