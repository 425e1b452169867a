"""What differs between the databases: how to connect, and what an error means."""

import logging
import os
from enum import Enum, auto
from typing import Protocol

import structlog
from sqlalchemy import Engine, make_url
from sqlalchemy.exc import DBAPIError

_log = structlog.get_logger(__name__)
_EXIT_IO_ERROR = 74


class Failure(Enum):
    """What an error of the database calls for."""

    CONFLICT = auto()  # rolled back for another transaction's sake: run it again
    STALE = auto()  # the connection broke: run it again on a new one
    BUSY = auto()  # locked or full: later
    AWAY = auto()  # stopped, broken, unreachable: later, on a new connection
    BUG = auto()  # ours


class Backend(Protocol):
    """One kind of database."""

    name: str

    def writer(self) -> Engine:
        """Its connections begin transactions that exclude every other writer."""
        ...

    def reader(self) -> Engine:
        """Its connections can't write."""
        ...

    def migrator(self) -> Engine:
        """Its connections may change tables, one process at a time (see `locks`)."""
        ...

    def classify(self, error: DBAPIError) -> Failure:
        """What to do about this error."""
        ...

    def disk_failed(self, error: DBAPIError) -> bool:
        """Whether a commit failed so that nothing later can be trusted."""
        ...


def backend_for(url: str) -> Backend:
    """The backend that this URL names; its driver is imported only now."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        from shared.database.sqlite import Sqlite

        return Sqlite(parsed)
    if parsed.get_backend_name() == "postgresql":
        from shared.database.postgresql import Postgresql

        return Postgresql(parsed)
    raise ValueError(f"no such database: {parsed.get_backend_name()}")


def die(error: BaseException) -> None:
    """Leave at once: after a failed fsync only a new process reads what is really on the disk."""
    _log.critical("the disk failed a commit; the process ends", error=str(error))
    logging.shutdown()
    os._exit(_EXIT_IO_ERROR)
