"""What is kept for replay forgets what it has to, and nothing else about it changes."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from shared.anonymise import anonymised
from shared.database import Database, ReadSession
from shared.database.outbox_tables import outbox
from shared.outbox import amend
from shared.tests.world import database, write_note


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    async with database(database_url) as db:
        yield db


def kept(tx: ReadSession) -> list[tuple[int, str, Any]]:
    rows = tx.execute(select(outbox.c.id, outbox.c.subject, outbox.c.envelope).order_by(outbox.c.id))
    return [(row.id, row.subject, orjson.loads(row.envelope)) for row in rows]


async def test_only_the_words_of_some_events_change(db: Database) -> None:
    for text in ("of ada_1", "of adab1", "of bob"):
        await db.write(write_note, text)
    before = await db.read(kept)
    assert await db.write(amend, "ada_1", lambda data: {**data, "text": "of nobody"}) == 1
    after = await db.read(kept)
    assert after[1:] == before[1:], "`_` is no wildcard"
    assert after[0][:2] == before[0][:2]
    assert after[0][2] == {**before[0][2], "data": {"text": "of nobody"}}
    assert await db.write(amend, "bob", lambda data: data) == 0


def test_a_person_is_called_a_deleted_user_wherever_they_are() -> None:
    anna = {"id": "a", "username": "anna", "display_name": "Anna", "role": "admin"}
    ben = {"user_id": "b", "username": "ben"}
    said = {
        "members": [{"user_id": "a", "username": "anna", "joined_at": "t"}, ben],
        "by": anna,
        "user_id": "a",
        "n": 1,
    }
    assert anonymised(said, "a") == {
        "members": [{"user_id": "a", "username": "deleted", "joined_at": "t"}, ben],
        "by": {"id": "a", "username": "deleted", "display_name": "deleted user", "role": "admin"},
        "user_id": "a",
        "n": 1,
    }
