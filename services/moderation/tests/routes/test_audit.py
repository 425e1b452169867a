import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from services.moderation import queries
from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.tests.house import House, code_of
from shared.clock import utc_now
from shared.database import Database
from shared.ids import new_id
from shared.testing.plugin import CALLER_SECRET
from shared.testing.waiting import eventually

ROOM, ADA = new_id(), new_id()


def act(number: int = 0) -> Act:
    return Act(
        utc_now(), ADA if number % 2 else None, "mute", new_id(), ROOM if number % 3 else None, f"número {number}"
    )


async def fill(db: Database, entries: int) -> None:
    for number in range(entries):
        await db.write(note, act(number))


def directly(url: str, *statements: str) -> None:
    """What somebody does who has the database itself."""
    made = make_url(url)
    if made.get_backend_name() == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
    engine = create_engine(made, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def unprotect(url: str) -> list[str]:
    if url.startswith("sqlite"):
        return ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"]
    return ["DROP TRIGGER audit_append_only ON audit"]


async def test_the_database_itself_refuses_to_change_or_remove(db: Database, database_url: str) -> None:
    await fill(db, 3)
    attempts = [
        "UPDATE audit SET reason = 'x' WHERE number = 2",
        "DELETE FROM audit WHERE number = 3",
        "DELETE FROM audit",
    ]
    if database_url.startswith("postgresql"):
        attempts.append("TRUNCATE audit")
    for statement in attempts:
        with pytest.raises(DBAPIError, match="append-only"):
            await asyncio.to_thread(directly, database_url, statement)
    assert await db.read(queries.broken_entry) is None
    assert len(await db.read(queries.audit_after, 0, 10)) == 3


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit SET reason = 'nothing happened' WHERE number = 3", 3),
        ("UPDATE audit SET actor_id = NULL WHERE number = 2", 2),
        ("UPDATE audit SET at = (SELECT at FROM audit WHERE number = 1) WHERE number = 4", 4),
        ("UPDATE audit SET action = 'mute', target = 'nobody' WHERE number = 1", 1),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 1) WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 3", 3),
        ("DELETE FROM audit WHERE number = 5", 5),
        ("DELETE FROM audit", 1),
    ],
    ids=range(9),
)
async def test_tampering_is_found(db: Database, database_url: str, tampering: str, broken: int) -> None:
    await fill(db, 5)
    await asyncio.to_thread(directly, database_url, *unprotect(database_url), tampering)
    found = await db.read(queries.broken_entry)
    # Where the end was cut off, the first that is missing is the one after the last that is there.
    assert found == broken


async def test_the_command_says_whether_the_log_is_whole(db: Database, database_url: str, tmp_path: Path) -> None:
    await fill(db, 3)
    export = tmp_path / "export.jsonl"
    rows = await db.read(queries.audit_after, 0, 10)
    export.write_bytes(b"".join(orjson.dumps({"number": row.number, "hash": row.hash}) + b"\n" for row in rows))

    def verify(*arguments: str) -> tuple[int, str]:
        environment = {**os.environ, "DATABASE_URL": database_url, "CALLER_SECRET": CALLER_SECRET}
        command = [sys.executable, "-m", "services.moderation", "verify-audit", *arguments]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return ran.returncode, ran.stdout.strip()

    assert await asyncio.to_thread(verify, str(export)) == (0, "the audit log is whole")
    # Somebody rewrites the whole chain: only what was exported before can tell.
    clean = [*unprotect(database_url), "DELETE FROM audit", "DELETE FROM audit_head"]
    await asyncio.to_thread(directly, database_url, *clean)
    await fill(db, 3)
    assert await asyncio.to_thread(verify) == (0, "the audit log is whole")
    assert await asyncio.to_thread(verify, str(export)) == (1, "the audit log was tampered with at entry 1")


async def test_the_log_by_pages_and_filters(house: House, db: Database) -> None:
    await fill(db, 12)
    admin = house.person("admin")
    pages: list[list[dict[str, Any]]] = []
    cursor: dict[str, str] = {}
    while True:
        page = await house.done(admin, "GET", "/moderation/audit", limit=5, **cursor)
        pages.append(page["items"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [len(page) for page in pages] == [5, 5, 2]
    entries = [entry for page in pages for entry in page]
    assert [entry["reason"] for entry in entries] == [f"número {number}" for number in reversed(range(12))]
    assert entries[0].keys() == {"id", "at", "actor_id", "action", "target", "room_id", "reason"}
    for query, expected in (
        ({"actor": ADA}, 6),
        ({"room_id": ROOM}, 8),
        ({"actor": ADA, "room_id": ROOM}, 4),
        ({"target": entries[3]["target"]}, 1),
        ({"action": "ban"}, 0),
    ):
        assert len((await house.done(admin, "GET", "/moderation/audit", **query))["items"]) == expected
    export = await house.call(admin, "GET", "/moderation/audit/export")
    assert export.headers["content-type"] == "application/x-ndjson"
    lines = [orjson.loads(line) for line in export.content.splitlines()]
    assert [line["number"] for line in lines] == list(range(1, 13))
    assert await db.read(queries.missing_from_log, lines) is None
    assert await db.read(queries.missing_from_log, [{**lines[4], "hash": "0" * 64}]) == 5
    for path in ("/moderation/audit", "/moderation/audit/export"):
        for who in (house.person(), house.person("moderator")):
            assert code_of(await house.call(who, "GET", path)) == (403, "not_allowed")


async def test_every_act_is_in_it(house: House) -> None:
    ada, bob, admin = house.person(), house.person(), house.person("admin")
    room = await house.room(ada, bob)
    where = f"/rooms/{room}"
    await house.done(ada, "POST", f"{where}/mute/{bob.user_id}", {"reason": "loud"})
    await house.done(ada, "DELETE", f"{where}/mute/{bob.user_id}")
    await house.done(ada, "PUT", f"{where}/rules", {"shouting": {"action": "block"}})
    await house.done(admin, "PUT", "/moderation/words", {"blocked": ["xyzzy"]})
    kicked = {"room_id": room, "user_id": bob.user_id, "reason": "kicked", "by": ada.user_id}
    await house.near.rooms.tell("member.left", room, kicked)
    await house.near.rooms.tell("member.left", room, {**kicked, "reason": "left", "by": None})

    async def acts() -> list[tuple[str | None, str, str, str | None]]:
        found = (await house.done(admin, "GET", "/moderation/audit"))["items"]
        return [(each["actor_id"], each["action"], each["target"], each["reason"]) for each in found]

    await eventually(lambda: _has(acts, 5))
    assert await acts() == [
        (ada.user_id, "kick", bob.user_id, None),
        (admin.user_id, "set_words", "house", "1 blocked, 0 allowed, 0 refused"),
        (ada.user_id, "set_rules", room, "shouting"),
        (ada.user_id, "unmute", bob.user_id, None),
        (ada.user_id, "mute", bob.user_id, "loud"),
    ]


async def test_bans_from_the_house_and_roles_given_there_are_in_it_once(house: House) -> None:
    auth, admin, bob = house.near.auth, house.person("admin"), house.person()
    by = {"user_id": bob.user_id, "by": admin.user_id}
    await auth.tell("user.banned", bob.user_id, {**by, "expires_at": None, "reason": "spam"})
    await auth.tell("user.banned", bob.user_id, {**by, "expires_at": None, "reason": ""})
    await auth.tell("user.unbanned", bob.user_id, by)
    await auth.tell("user.role_changed", bob.user_id, {**by, "role": "moderator"})
    await auth.tell("user.role_changed", bob.user_id, {"user_id": bob.user_id, "role": "user"})

    async def acts() -> list[tuple[str | None, str, str, str | None, str | None]]:
        found = (await house.done(admin, "GET", "/moderation/audit"))["items"]
        names = ("actor_id", "action", "target", "room_id", "reason")
        return [tuple(each[name] for name in names) for each in reversed(found)]

    heard = [
        (admin.user_id, "ban", bob.user_id, None, "spam"),
        (admin.user_id, "ban", bob.user_id, None, None),
        (admin.user_id, "unban", bob.user_id, None, None),
        (admin.user_id, "set_role", bob.user_id, None, "moderator"),
        (None, "set_role", bob.user_id, None, "user"),
    ]
    await eventually(lambda: _has(acts, 5))
    assert await acts() == heard
    await auth.tell_all_again()
    await auth.tell("user.unbanned", bob.user_id, by)
    await eventually(lambda: _has(acts, 6))
    assert await acts() == [*heard, (admin.user_id, "unban", bob.user_id, None, None)]


async def test_a_moderators_deletion_of_a_message_is_in_it_once(house: House) -> None:
    messaging, admin, ada, bob = house.near.messaging, house.person("admin"), house.person(), house.person()
    room, said, other = await house.room(ada, bob), new_id(), new_id()
    deleted = {"room_id": room, "seq": 4, "type": "message.deleted", "by": ada.user_id, "reason": None}
    # Its author's own, a report's (which the decision has noted), a rule's, and one of a messaging that does not say.
    for by in (bob.user_id, admin.user_id, None):
        await messaging.tell("message.deleted", room, {**deleted, "message_id": new_id(), "by": by})
    await messaging.tell("message.created", room, {"room_id": room, "seq": 5, "type": "message.created"})
    await messaging.tell("message.deleted", room, {**deleted, "message_id": said, "by_moderator": True})

    async def acts() -> list[tuple[str | None, str, str, str | None, str | None]]:
        found = (await house.done(admin, "GET", "/moderation/audit"))["items"]
        names = ("actor_id", "action", "target", "room_id", "reason")
        return [tuple(each[name] for name in names) for each in reversed(found)]

    heard = (ada.user_id, "delete_message", said, room, None)
    await eventually(lambda: _has(acts, 1))
    assert await acts() == [heard]
    await messaging.tell_all_again()
    await messaging.tell("message.deleted", room, {**deleted, "message_id": other, "by_moderator": True})
    await eventually(lambda: _has(acts, 2))
    assert await acts() == [heard, (ada.user_id, "delete_message", other, room, None)]


async def _has(acts: object, number: int) -> bool:
    return len(await acts()) == number  # type: ignore[operator]
