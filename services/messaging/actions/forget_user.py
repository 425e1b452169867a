"""Forget somebody whose account is gone: what they said stays, and nobody said it."""

from typing import Any

import orjson
from sqlalchemy import bindparam, delete, insert, select, update

from services.messaging import held
from services.messaging.models import (
    blocks,
    forgetting,
    receipts,
    restrictions,
    schedules,
    timeline,
    timeline_head,
    users,
)
from services.messaging.models import held as held_texts
from services.messaging.render import DELETED_NAME
from shared.anonymise import anonymised
from shared.database import WriteSession

_SHELL = {"username": "deleted", "display_name": DELETED_NAME, "avatar_url": None, "deleted": True, "username_key": ""}
_REWRITE = update(timeline).where(timeline.c.pos == bindparam("place")).values(frame=bindparam("text"))


def forget_user(tx: WriteSession, user_id: str) -> None:
    """From here on nothing names the person; entries that do are rewritten after this (services.messaging.oblivion).

    The row stays, even of the unknown: late news of rooms must not bring anybody back.
    """
    tx.execute(delete(users).where(users.c.id == user_id))
    tx.execute(insert(users).values(id=user_id, **_SHELL))
    tx.execute(delete(blocks).where((blocks.c.user_id == user_id) | (blocks.c.blocked_id == user_id)))
    for table, whose in ((schedules, schedules.c.author_id), (receipts, receipts.c.user_id)):
        tx.execute(delete(table).where(whose == user_id))
    held.forget(tx, held_texts.c.author_id == user_id)
    tx.execute(delete(restrictions).where(restrictions.c.user_id == user_id))
    end = tx.execute(select(timeline_head.c.pos)).scalar_one()
    tx.execute(delete(forgetting).where(forgetting.c.user_id == user_id))
    tx.execute(insert(forgetting).values(user_id=user_id, pos=0, until=end))


def rewrite(tx: WriteSession, user_id: str, places: list[int], until: int) -> set[str]:
    """Let these entries name the person no more, and note that none up to `until` does; the rooms they are in.

    They are read anew: what was taken back since they were found must not come back.
    """
    found = tx.execute(select(timeline.c.pos, timeline.c.room_id, timeline.c.frame).where(timeline.c.pos.in_(places)))
    changed: list[dict[str, Any]] = []
    rooms = set()
    for row in found:
        entry = orjson.loads(row.frame)
        if (unnamed := anonymised(entry, user_id)) != entry:
            changed.append({"place": row.pos, "text": orjson.dumps(unnamed)})
            rooms.add(row.room_id)
    if changed:
        tx.execute(_REWRITE, changed)
    tx.execute(update(forgetting).where(forgetting.c.user_id == user_id).values(pos=until))
    return rooms


def forgotten(tx: WriteSession, user_id: str) -> None:
    """Nothing is left to do."""
    tx.execute(delete(forgetting).where(forgetting.c.user_id == user_id))
