"""More rooms in a running Parley than it is sensible to make over HTTP."""

import sqlite3
from contextlib import closing

from bench.servers.parley import Parley
from shared.ids import new_id


def copy_rooms(parley: Parley, count: int) -> None:
    """So many copies of the first room and its members, in messaging's database and in `parley.rooms`."""
    path = parley.folder / "var" / "messaging" / "messaging.sqlite3"
    original = next(iter(parley.rooms.values()))
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        for _ in range(count):
            copy = new_id()
            _copy(database, "rooms", "id", original, copy)
            _copy(database, "members", "room_id", original, copy)
            parley.rooms[f"copy-{copy}"] = copy
        database.execute("COMMIT")


def _copy(database: sqlite3.Connection, table: str, key: str, original: str, copy: str) -> None:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(f"replace({name}, :old, :new)" if name in (key, "state") else name for name in columns)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {key} = :old"
    database.execute(statement, {"old": original, "new": copy})
