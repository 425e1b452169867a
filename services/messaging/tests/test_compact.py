"""What was purged can be given back to the file system, and nothing else changes."""

import asyncio
from pathlib import Path

from sqlalchemy import delete, select

from services.messaging import members, models, search
from services.messaging.actions.purge import purge_messages
from services.messaging.commands import Prepared, Send
from services.messaging.compact import compact
from services.messaging.sequencer import commit
from services.messaging.tests.world import member, room_state
from shared.database import Database
from shared.ids import new_id
from shared.migrations import upgrade


async def test_a_compacted_database_is_smaller_and_still_finds_everything(database_url: str, tmp_path: Path) -> None:
    await asyncio.to_thread(upgrade, database_url, "services.messaging:migrations")
    db = Database(database_url)
    anna, rooms = new_id(), [new_id(), new_id()]
    for room_id in rooms:
        await db.write(members.create_room, room_state(room_id, anna), [member(anna, "owner")])
        for number in range(8):
            sends = [Send(user_id=anna, room_id=room_id, content=f"word{number} " * 100) for _ in range(50)]
            await db.write(commit, [Prepared(one) for one in sends])
    await db.write(lambda tx: tx.execute(delete(models.timeline).where(models.timeline.c.room_id == rooms[0])))
    while await db.write(lambda tx: purge_messages(tx, rooms[0], tx.now)):
        pass
    files = list(tmp_path.glob("*.db"))
    before = [file.stat().st_size for file in files]
    await asyncio.to_thread(compact, database_url)
    assert all(file.stat().st_size < 0.7 * size for file, size in zip(files, before, strict=True))
    found = await db.read(search.find, rooms[1], "word3", 0, 100)
    contents = await db.read(
        lambda tx: set(tx.execute(select(models.messages.c.content).where(models.messages.c.id.in_(found))).scalars())
    )
    assert (len(found), contents) == (50, {"word3 " * 100})
    assert await db.read(search.find, rooms[0], "word3", 0, 100) == []
    db.close()
