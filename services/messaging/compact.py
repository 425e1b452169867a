"""Gives the file system back what purges freed inside the database.

SQLite copies the whole database meanwhile and lets nobody write, so this is a command for a quiet hour and not a part
of the purge; the service may stay up and answers 503 to writes until it is done. PostgreSQL only marks what can be
used again.
"""

import sqlite3

from sqlalchemy import create_engine, make_url, text


def compact(database_url: str) -> None:
    """Rewrite the database without its empty pages."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        connection = sqlite3.connect(str(url.database), isolation_level=None)
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
        return
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connected:
        connected.execute(text("VACUUM (ANALYZE)"))
    engine.dispose()
