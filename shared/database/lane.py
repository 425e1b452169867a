"""Threads that run one transaction at a time each, on a connection of their own."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import DBAPIError

from shared.database.backend import Backend, Failure, die
from shared.database.sessions import ReadSession
from shared.database.threads import Threads
from shared.problems import Unavailable

_S = TypeVar("_S", bound=ReadSession)
_R = TypeVar("_R")
_TRIES = 4
_LONGEST_WAIT = 5.0
_LONGEST_QUEUE = 1_000


class Lane(Generic[_S]):
    """Where work waits for a transaction. What has waited too long is refused instead of begun."""

    def __init__(
        self,
        name: str,
        engine: Engine,
        backend: Backend,
        session: type[_S],
        *,
        threads: int,
        on_lost_disk: Callable[[BaseException], None] = die,
    ) -> None:
        self._engine = engine
        self._backend = backend
        self._session = session
        self._on_lost_disk = on_lost_disk
        self._threads = Threads(name, threads)
        self._mine = threading.local()
        self._open: set[Connection] = set()

    def submit(self, work: Callable[[_S], _R]) -> "asyncio.Future[tuple[_R, _S]]":
        """Have the work done; its result, and the session it had."""
        if self._threads.unfinished >= _LONGEST_QUEUE:
            raise Unavailable("Too much is waiting for the database.")
        return self._threads.submit(partial(self._run, work, time.monotonic()))

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        self._threads.close()
        for connection in self._open:
            with suppress(DBAPIError):
                connection.close()
        self._open.clear()
        self._engine.dispose()

    def _run(self, work: Callable[[_S], _R], since: float) -> tuple[_R, _S]:
        if time.monotonic() - since > _LONGEST_WAIT:
            raise Unavailable("The database is too slow.")
        for _ in range(_TRIES):
            try:
                return self._transaction(work)
            except DBAPIError as error:
                failure = self._backend.classify(error)
                if failure is Failure.BUG:
                    raise
                if failure in (Failure.STALE, Failure.AWAY):
                    self._drop()
                if failure in (Failure.BUSY, Failure.AWAY):
                    raise Unavailable("The database is unavailable.") from error
        raise Unavailable("The database is too busy.")

    def _transaction(self, work: Callable[[_S], _R]) -> tuple[_R, _S]:
        connection = self._connection()
        transaction = connection.begin()
        try:
            session = self._session(connection)
            result = work(session)
        except BaseException:
            self._roll_back(transaction)
            raise
        self._commit(transaction)
        return result, session

    def _commit(self, transaction: RootTransaction) -> None:
        try:
            transaction.commit()
        except DBAPIError as error:
            self._roll_back(transaction)
            if self._backend.disk_failed(error):
                # What the kernel could not write it may drop, and say "done" the next time (RELIABILITY.md F18).
                self._on_lost_disk(error)
            if self._backend.classify(error) is Failure.STALE:
                raise Unavailable("Whether it was stored is unknown.") from error
            raise

    def _roll_back(self, transaction: RootTransaction) -> None:
        try:
            transaction.rollback()
        except DBAPIError:
            self._drop()

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._engine.connect()
            self._open.add(connection)
        return connection

    def _drop(self) -> None:
        connection: Connection | None = self._mine.__dict__.pop("connection", None)
        if connection is not None:
            self._open.discard(connection)
            with suppress(DBAPIError):
                connection.invalidate()
                connection.close()
