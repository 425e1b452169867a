"""The database of a service: `read` and `write` run functions in its threads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import text

from shared.database.backend import backend_for, die
from shared.database.lane import Lane
from shared.database.locks import Lock
from shared.database.sessions import ReadSession, WriteSession
from shared.problems import Unavailable

_log = structlog.get_logger(__name__)
_P = ParamSpec("_P")
_R = TypeVar("_R")
_PROBE = {"sqlite": "PRAGMA user_version = 0", "postgresql": "SELECT pg_current_xact_id()"}


class Database:
    """One writer and a few readers. Connections are made at first use and again after a failure."""

    def __init__(self, url: str, *, readers: int = 3, on_lost_disk: Callable[[BaseException], None] = die) -> None:
        backend = backend_for(url)
        self.dialect = backend.name
        self.on_commit: list[Callable[[WriteSession], None]] = []
        self._url = url
        self._writer = Lane("writer", backend.writer(), backend, WriteSession, threads=1, on_lost_disk=on_lost_disk)
        self._readers = Lane("reader", backend.reader(), backend, ReadSession, threads=readers)
        self._writes_fail = False

    async def read(
        self, query: Callable[Concatenate[ReadSession, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Run a query function in a read-only transaction: all of its statements see the same state."""
        result, _ = await self._readers.submit(lambda tx: query(tx, *args, **kwargs))
        return result

    async def write(
        self, action: Callable[Concatenate[WriteSession, _P], _R], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> _R:
        """Run an action in a transaction and commit it.

        Once begun it is finished even if the caller is cancelled, so a commit is always followed by its callbacks.
        """
        future = self._writer.submit(lambda tx: action(tx, *args, **kwargs))
        future.add_done_callback(self._after_write)
        result, _ = await asyncio.shield(future)
        return result

    async def ping(self) -> None:
        """Raise Unavailable unless the database answers and, if writes failed lately, takes one again."""
        if self._writes_fail:
            await self.write(_probe)
        else:
            await self.read(lambda tx: tx.execute(text("SELECT 1")).scalar_one())

    def lock(self, name: str) -> Lock:
        """A lock of this name that one process at a time can hold, among all that use this database."""
        return Lock(self._url, name)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part that closes the database at the end."""
        try:
            yield
        finally:
            await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Finish what was begun and close the connections."""
        self._readers.close()
        self._writer.close()

    def _after_write(self, future: "asyncio.Future[tuple[Any, WriteSession]]") -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._writes_fail = False
            self._follow(future.result()[1])
        elif isinstance(error, Unavailable):
            self._writes_fail = True

    def _follow(self, session: WriteSession) -> None:
        followers: list[Callable[[], None]] = list(session.followers)
        if session.recorded:
            followers += [partial(callback, session) for callback in self.on_commit]
        for follower in followers:
            try:
                follower()
            except Exception:
                _log.exception("a callback failed after a commit")


def _probe(tx: WriteSession) -> None:
    tx.execute(text(_PROBE[tx.dialect]))
