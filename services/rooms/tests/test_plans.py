"""Lists among 100,000 rooms, by the databases' own account. README.md shows the plans."""

import asyncio
import re
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from services.rooms import queries
from services.rooms.actions.open_direct import open_direct
from services.rooms.store import rooms
from services.rooms.tests.plans import explained
from services.rooms.tests.world import World
from shared.caller import Caller
from shared.database import WriteSession
from shared.ids import new_id

_ROOMS = 100_000
_FETCH = 51
_NEAR = 2_500  # rows; all of them are forty times as many
_LOAD = """
    INSERT INTO rooms (id, name, name_key, description, kind, member_count, slow_mode_seconds, profanity,
        created_at, updated_at, expires_at)
    SELECT {id}, 'Room number ' || i, 'room number ' || i, '', CASE WHEN i % 4 = 0 THEN 'private' ELSE 'public' END,
        0, 0, 'off', {now}, {now}, CASE WHEN i % 10 = 0 THEN {later} END
    FROM {numbers}
"""
_ID = "00000000-0000-7000-8000-"
_DIALECT = {
    "sqlite": {
        "id": f"'{_ID}' || printf('%012d', i)",
        "now": "'2026-01-01T00:00:00.000Z'",
        "later": "'2999-01-01T00:00:00.000Z'",
        "numbers": f"(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {_ROOMS}) SELECT i FROM n)",
    },
    "postgresql": {
        "id": f"'{_ID}' || lpad(i::text, 12, '0')",
        "now": "timestamptz '2026-01-01Z'",
        "later": "timestamptz '2999-01-01Z'",
        "numbers": f"generate_series(1, {_ROOMS}) i",
    },
}
_CROWD = [
    "INSERT INTO users (id, username, display_name, role, public, deleted)"
    f" SELECT id, id, id, 'user', '{{}}', false FROM rooms WHERE id < '{_ID}{10_000:012d}'",
    "INSERT INTO members (room_id, user_id, role, joined_at)"
    f" SELECT '{_ID}{101:012d}', users.id, 'member', created_at FROM users JOIN rooms ON rooms.id = users.id",
]
_JOIN = """
    INSERT INTO members (room_id, user_id, role, joined_at)
    SELECT id, :user, 'member', created_at FROM rooms WHERE id LIKE '%00'
"""
_LISTS: list[dict[str, Any]] = [
    {},
    {"after": f"{_ID}{_ROOMS // 2:012d}"},
    {"after": f"{_ID}{60:012d}"},
    {"kind": "public"},
    {"kind": "private"},
    {"mine": True},
    {"mine": True, "kind": "private", "q": "nothing is called that"},
    {"q": "number 9"},
]


@pytest.fixture
async def ada(world: World, database_url: str) -> Caller:
    """Somebody who is in a thousand of 100,000 rooms, and has two conversations; one room has 10,000 members."""
    ada = await world.person("ada")
    await world.db.write(_crowd, ada)
    for _ in range(2):
        await world.act(open_direct, ada, (await world.person()).user_id)
    if database_url.startswith("postgresql"):
        await asyncio.to_thread(_vacuum, database_url)
    return ada


def _crowd(tx: WriteSession, ada: Caller) -> None:
    tx.execute(text(_LOAD.format(**_DIALECT[tx.dialect])))
    tx.execute(text(_JOIN), {"user": ada.user_id})
    for statement in _CROWD:
        tx.execute(text(statement))


def _vacuum(url: str) -> None:
    """What autovacuum does after a while."""
    with psycopg.connect(re.sub(r"^postgresql\+\w+", "postgresql", url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


async def test_no_list_reads_or_sorts_every_room(world: World, ada: Caller) -> None:
    for filters in _LISTS:
        wanted = {"q": None, "mine": False, "kind": None, "after": None, "fetch": _FETCH, **filters}
        plan = await explained(world.db, queries.list_rooms, ada, **wanted)
        assert plan.scans == [], (filters, plan)
        assert plan.rows <= _NEAR, (filters, plan)
    room_id = f"{_ID}{101:012d}"
    for query, args in (
        (queries.show_room, (ada, room_id)),
        (queries.list_members, (ada, room_id, None, _FETCH)),
        (queries.list_direct, (ada, None, _FETCH)),
        (rooms.next_end, ()),
        (rooms.ended, (50,)),
    ):
        plan = await explained(world.db, query, *args)
        assert set(plan.scans) <= {"Seq Scan direct_rooms"}, (query, plan)  # of which there are two
        assert plan.rows <= _NEAR, (query, plan)


async def test_a_search_without_a_hit_walks_one_index_and_no_table(world: World, ada: Caller) -> None:
    wanted: dict[str, Any] = {
        "q": "nothing is called that",
        "mine": False,
        "kind": None,
        "after": None,
        "fetch": _FETCH,
    }
    plan = await explained(world.db, queries.list_rooms, ada, **wanted)
    assert plan.scans == [], plan
    walks = [step for step in plan.steps if "rooms_listed" in step]
    assert walks in (["SEARCH rooms USING COVERING INDEX rooms_listed (kind=?)"], ["Index Only Scan rooms_listed"])
    stranger = Caller(new_id(), new_id(), "user", "192.0.2.1")
    assert await world.db.read(queries.list_rooms, stranger, **{**wanted, "q": "number 99999"}) != []
