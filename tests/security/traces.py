"""What a call leaves behind: all rows of every service's database, but for what reading legitimately moves."""

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any, Final

from shared.testing.waiting import eventually

SERVICES: Final = ("auth", "rooms", "messaging", "moderation", "files")

# What moves although nobody changed anything: how far others were followed, how far the broker has confirmed what was
# published, and when a session or token was last used (a denied call is a use of it too).
_CURSORS: Final = {"inbox"}
_MOVING: Final = {
    "outbox_head": {"published_id", "stream_seq"},
    "timeline_head": {"published_pos", "stream_seq"},
    "sessions": {"last_used_at"},
    "tokens": {"last_used_at"},
}

Dump = dict[str, Counter[tuple[Any, ...]]]


def dump(var: Path) -> Dump:
    """Every row by "service.table", as it is committed now."""
    found: Dump = {}
    for service in SERVICES:
        database = sqlite3.connect(f"file:{var / service / service}.sqlite3?mode=ro", uri=True)
        try:
            for table in _tables(database):
                found[f"{service}.{table}"] = _rows(database, table)
        finally:
            database.close()
    return found


async def settled(var: Path) -> Dump:
    """The rows once what was done before has reached every service: every follower is where its producer is."""

    def all_followed() -> bool:
        assert _behind(var) == []
        return True

    await eventually(all_followed)
    return dump(var)


def differences(before: Dump, after: Dump) -> list[str]:
    """A line for each row that came or went."""
    lines = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, Counter()), after.get(table, Counter())
        lines += [f"{table} lost {row}" for row in old - new]
        lines += [f"{table} got {row}" for row in new - old]
    return lines


def _tables(database: sqlite3.Connection) -> list[str]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in names if name not in _CURSORS and not name.startswith("sqlite_")]


def _rows(database: sqlite3.Connection, table: str) -> Counter[tuple[Any, ...]]:
    cursor = database.execute(f'SELECT * FROM "{table}"')
    names = [column[0] for column in cursor.description]
    kept = [index for index, name in enumerate(names) if name not in _MOVING.get(table, ())]
    return Counter(tuple(row[index] for index in kept) for row in cursor)


def _behind(var: Path) -> list[str]:
    """Which service has not yet followed which."""
    heads: dict[str, int] = {}
    for service in SERVICES:
        heads |= _numbers(var, service, "SELECT ?, last_id FROM outbox_head", (service,))
    heads |= _numbers(var, "messaging", "SELECT ?, pos FROM timeline_head", ("messaging",))
    late = []
    for service in SERVICES:
        followed = _numbers(var, service, "SELECT producer, last_id FROM inbox", ())
        late += [f"{service} of {producer}" for producer, last in followed.items() if last < heads.get(producer, 0)]
    return late


def _numbers(var: Path, service: str, query: str, values: tuple[str, ...]) -> dict[str, int]:
    database = sqlite3.connect(f"file:{var / service / service}.sqlite3?mode=ro", uri=True)
    try:
        return dict(database.execute(query, values).fetchall())
    except sqlite3.OperationalError:  # messaging has no outbox: it publishes its timeline
        return {}
    finally:
        database.close()
