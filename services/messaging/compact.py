"""Gives the file system back what purges freed inside the database.

SQLite: the purge returns the pages at the end of the file by and by (`give_back`). A database from before that
existed learns it by `compact`, which copies the whole of it and lets nobody write meanwhile: a command for a quiet
hour; the service may stay up and answers 503 to writes until it is done. PostgreSQL only marks what can be used again.
"""

import sqlite3

from sqlalchemy import create_engine, make_url, text

from shared.database import WriteSession

_KEPT_PAGES = 256  # free, for what is written next
_PAGES = 256


def give_back(tx: WriteSession) -> bool:
    """Let go of some free pages; whether more are to go. Nothing to do on PostgreSQL, whose own vacuum sees to it."""
    if tx.dialect != "sqlite" or tx.execute(text("PRAGMA auto_vacuum")).scalar_one() == 0:
        return False
    free = int(tx.execute(text("PRAGMA freelist_count")).scalar_one()) - _KEPT_PAGES
    for _ in range(min(free, _PAGES)):
        tx.execute(text("PRAGMA incremental_vacuum(1)"))  # one at each step, whatever it is told
    return free > _PAGES


def compact(database_url: str) -> None:
    """Rewrite the database without its empty pages."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database), isolation_level=None)
        try:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connected:
        connected.execute(text("VACUUM (ANALYZE)"))
    engine.dispose()
