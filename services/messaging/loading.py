"""What a group of commands needs to know, each kind read in one statement, and only when a command needs it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, select

from services.messaging import policy
from services.messaging.commands import EDIT, Held, Stored
from services.messaging.models import (
    blocks,
    held,
    members,
    messages,
    reactions,
    read_markers,
    receipts,
    restrictions,
    revisions,
    rooms,
    schedules,
    slow_mode,
    users,
)
from shared.database import Query, ReadSession, among
from shared.problems import Problem

Pair = tuple[str, str]
Key = tuple[str, str, str]
Change = tuple[str, str, str, str]
Row = dict[str, Any]
Earlier = Stored | Held | Problem

EVERYWHERE = ""

_IDS: Any = bindparam("ids", expanding=True)
# Of a member everything at once; a row for each restriction that counts there.
_STANDING = (
    select(
        rooms,
        members.c.user_id,
        members.c.role,
        users.c.id.label("known_id"),
        users.c.username,
        users.c.display_name,
        users.c.avatar_url,
        users.c.deleted,
        restrictions.c.room_id.label("restricted_in"),
        restrictions.c.kind.label("restriction"),
        restrictions.c.expires_at,
    )
    .select_from(members)
    .join(rooms, rooms.c.id == members.c.room_id)
    .outerjoin(users, users.c.id == members.c.user_id)
    .outerjoin(
        restrictions,
        (restrictions.c.user_id == members.c.user_id) & restrictions.c.room_id.in_([members.c.room_id, EVERYWHERE]),
    )
    .where(among("pairs", members.c.room_id, members.c.user_id))
)
_STANDING_FIELDS = _STANDING.selected_columns.keys()
_FIND_STANDING = Query(_STANDING)
_USERS = select(users).where(users.c.id.in_(_IDS))
# What waits has no number, what was rejected less than that.
_NUMBER = case((held.c.status == "waiting", 0), else_=-1)
_EARLIER = Query(
    select(messages.c.id, messages.c.seq, messages.c.author_id, messages.c.room_id, messages.c.client_id)
    .where(among("pairs", messages.c.author_id, messages.c.room_id, messages.c.client_id))
    .union_all(
        select(held.c.id, _NUMBER, held.c.author_id, held.c.room_id, held.c.client_id).where(
            among("pairs", held.c.author_id, held.c.room_id, held.c.client_id), held.c.kind == "message"
        )
    )
)
_MESSAGES = select(messages).where(messages.c.id.in_(_IDS))
_RESTRICTIONS = select(restrictions).where(restrictions.c.user_id.in_(_IDS))
_BLOCKED = (
    select(members.c.room_id, blocks.c.blocked_id)
    .join(blocks, blocks.c.user_id == members.c.user_id)
    .where(members.c.room_id.in_(_IDS), blocks.c.blocked_id.in_(bindparam("authors", expanding=True)))
)
_BLOCKERS = select(blocks.c.user_id, blocks.c.blocked_id).where(blocks.c.blocked_id.in_(_IDS))
_PACE = select(slow_mode).where(among("pairs", slow_mode.c.room_id, slow_mode.c.user_id))
_NAMED = (
    select(members.c.room_id, users.c.username_key, users.c.id)
    .join(users, users.c.id == members.c.user_id)
    .where(members.c.room_id.in_(_IDS), users.c.username_key.in_(bindparam("names", expanding=True)))
)
_RECEIPTS = (
    select(
        receipts.c.user_id,
        receipts.c.client_id,
        receipts.c.message_id,
        receipts.c.operation,
        receipts.c.message_id.label("id"),
        receipts.c.seq,
    )
    .where(among("pairs", receipts.c.user_id, receipts.c.client_id))
    .union_all(
        select(
            held.c.author_id, held.c.client_id, held.c.message_id, literal_column(f"'{EDIT}'"), held.c.id, _NUMBER
        ).where(among("pairs", held.c.author_id, held.c.client_id), held.c.kind == EDIT)
    )
)
_COUNTS = (
    select(reactions.c.message_id, reactions.c.emoji, func.count().label("count"), func.min(reactions.c.seq).label("s"))
    .where(reactions.c.message_id.in_(_IDS))
    .group_by(reactions.c.message_id, reactions.c.emoji)
    .order_by("s")
)
_OWN = select(reactions).where(among("pairs", reactions.c.message_id, reactions.c.user_id))
_REVISED = select(revisions.c.message_id, revisions.c.seq).where(revisions.c.message_id.in_(_IDS))
_MARKERS = select(read_markers).where(among("pairs", read_markers.c.room_id, read_markers.c.user_id))
_SCHEDULES = select(schedules).where(schedules.c.id.in_(_IDS))
_SCHEDULED = select(schedules).where(among("pairs", schedules.c.author_id, schedules.c.room_id, schedules.c.client_id))
_PENDING = (
    select(schedules.c.author_id, schedules.c.room_id, func.count().label("count"))
    .where(among("pairs", schedules.c.author_id, schedules.c.room_id))
    .group_by(schedules.c.author_id, schedules.c.room_id)
)
_HELD = select(held).where(held.c.id.in_(_IDS))
_PINNED = (
    select(messages.c.room_id, func.count().label("count"))
    .where(messages.c.room_id.in_(_IDS), messages.c.pinned_at.is_not(None))
    .group_by(messages.c.room_id)
)
_BEGUN = select(messages.c.room_id).where(messages.c.room_id.in_(_IDS)).distinct()


def standing(tx: ReadSession, pairs: set[Pair]) -> list[Row]:
    """The room, the role, the user and the restrictions of each (room, user) that is a member."""
    rows = tx.rows(_FIND_STANDING, pairs=sorted(pairs)) if pairs else ()
    return [dict(zip(_STANDING_FIELDS, row, strict=True)) for row in rows]


def people(tx: ReadSession, ids: set[str]) -> dict[str, Row]:
    """Users by id."""
    return {row.id: dict(row._mapping) for row in tx.execute(_USERS, {"ids": sorted(ids)})} if ids else {}


def earlier(tx: ReadSession, keys: set[Key]) -> dict[Key, Earlier]:
    """What became of sends under these (author, room, client_id): stored, held, or rejected."""
    rows = tx.rows(_EARLIER, pairs=sorted(keys)) if keys else ()
    return {(author, room, client): _outcome(an_id, seq) for an_id, seq, author, room, client in rows}


def _outcome(an_id: str, seq: int) -> Earlier:
    if seq > 0:
        return Stored(an_id, seq, retry=True)
    return Held(an_id) if seq == 0 else policy.was_rejected()


def messages_by_id(tx: ReadSession, ids: set[str]) -> dict[str, Row]:
    """Messages by id."""
    return {row.id: dict(row._mapping) for row in tx.execute(_MESSAGES, {"ids": sorted(ids)})} if ids else {}


def restricted(tx: ReadSession, ids: set[str]) -> dict[Pair, dict[str, datetime | None]]:
    """For (room or "", user): the end of each kind of restriction."""
    found: dict[Pair, dict[str, datetime | None]] = {}
    for row in tx.execute(_RESTRICTIONS, {"ids": sorted(ids)}) if ids else ():
        found.setdefault((row.room_id, row.user_id), {})[row.kind] = row.expires_at
    return found


def blocked(tx: ReadSession, room_ids: set[str], authors: set[str]) -> set[Pair]:
    """Those (room, author) where somebody in the room has blocked the author."""
    if not room_ids:
        return set()
    rows = tx.execute(_BLOCKED, {"ids": sorted(room_ids), "authors": sorted(authors)})
    return {(row.room_id, row.blocked_id) for row in rows}


def blockers(tx: ReadSession, authors: set[str]) -> set[Pair]:
    """Those (user, author) where the user has blocked the author."""
    rows = tx.execute(_BLOCKERS, {"ids": sorted(authors)}) if authors else ()
    return {(row.user_id, row.blocked_id) for row in rows}


def pace(tx: ReadSession, pairs: set[Pair]) -> dict[Pair, datetime]:
    """When each (room, user) last wrote in a slowed room."""
    return {(row.room_id, row.user_id): row.at for row in tx.execute(_PACE, {"pairs": sorted(pairs)})} if pairs else {}


def named(tx: ReadSession, room_ids: set[str], names: set[str]) -> dict[Pair, str]:
    """The member's id for (room, name in lower case)."""
    if not names or not room_ids:
        return {}
    rows = tx.execute(_NAMED, {"ids": sorted(room_ids), "names": sorted(names)})
    return {(row.room_id, row.username_key): row.id for row in rows}


def done(tx: ReadSession, keys: set[Pair]) -> dict[Change, Earlier]:
    """What became of other commands under these (user, client_id), by (user, client_id, message, operation): carried
    out, held, or rejected."""
    rows = tx.execute(_RECEIPTS, {"pairs": sorted(keys)}) if keys else ()
    return {(row.user_id, row.client_id, row.message_id, row.operation): _outcome(row.id, row.seq) for row in rows}


def counts(tx: ReadSession, ids: set[str]) -> dict[str, dict[str, int]]:
    """For each message its emoji, first used first, and how often."""
    found: dict[str, dict[str, int]] = {message_id: {} for message_id in ids}
    for row in tx.execute(_COUNTS, {"ids": sorted(ids)}) if ids else ():
        found[row.message_id][row.emoji] = row._mapping["count"]
    return found


def own(tx: ReadSession, pairs: set[Pair]) -> dict[Key, int]:
    """The reactions of each (message, user), with their numbers."""
    rows = tx.execute(_OWN, {"pairs": sorted(pairs)}) if pairs else ()
    return {(row.message_id, row.user_id, row.emoji): row.seq for row in rows}


def revised(tx: ReadSession, ids: set[str]) -> dict[str, list[int]]:
    """The numbers of each message's edits."""
    found: dict[str, list[int]] = {}
    for row in tx.execute(_REVISED, {"ids": sorted(ids)}) if ids else ():
        found.setdefault(row.message_id, []).append(row.seq)
    return found


def markers(tx: ReadSession, pairs: set[Pair]) -> dict[Pair, int]:
    """How far each (room, user) has read."""
    rows = tx.execute(_MARKERS, {"pairs": sorted(pairs)}) if pairs else ()
    return {(row.room_id, row.user_id): row.seq for row in rows}


def schedules_by_id(tx: ReadSession, ids: set[str]) -> dict[str, Row]:
    """Scheduled messages by id."""
    return {row.id: dict(row._mapping) for row in tx.execute(_SCHEDULES, {"ids": sorted(ids)})} if ids else {}


def scheduled(tx: ReadSession, keys: set[Key]) -> dict[Key, Row]:
    """Scheduled messages by (author, room, client_id)."""
    rows = tx.execute(_SCHEDULED, {"pairs": sorted(keys)}) if keys else ()
    return {(row.author_id, row.room_id, row.client_id): dict(row._mapping) for row in rows}


def pending(tx: ReadSession, pairs: set[Pair]) -> dict[Pair, int]:
    """How many messages each (author, room) has scheduled."""
    rows = tx.execute(_PENDING, {"pairs": sorted(pairs)}) if pairs else ()
    return {(row.author_id, row.room_id): row._mapping["count"] for row in rows}


def held_by_id(tx: ReadSession, ids: set[str]) -> dict[str, Row]:
    """Held texts by id."""
    return {row.id: dict(row._mapping) for row in tx.execute(_HELD, {"ids": sorted(ids)})} if ids else {}


def pinned(tx: ReadSession, room_ids: Iterable[str]) -> dict[str, int]:
    """How many messages are pinned in each room."""
    ids = sorted(set(room_ids))
    rows = tx.execute(_PINNED, {"ids": ids}) if ids else ()
    return {row.room_id: row._mapping["count"] for row in rows}


def begun(tx: ReadSession, room_ids: set[str]) -> set[str]:
    """Those of the rooms in which something was said."""
    return set(tx.execute(_BEGUN, {"ids": sorted(room_ids)}).scalars()) if room_ids else set()
