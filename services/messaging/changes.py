"""What a group of commands adds to the database, written in a few statements when all of them are done."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, insert, text, update

from services.messaging import search
from services.messaging.commands import EDIT
from services.messaging.models import (
    held,
    mentions,
    message_files,
    messages,
    reactions,
    receipts,
    revisions,
    schedules,
)
from shared.database import Change, UtcDateTime, WriteSession

Row = dict[str, Any]
_CHANGING = (
    "content",
    "attachments",
    "mentions",
    "mentions_room",
    "reviewed",
    "edited_at",
    "deleted_at",
    "reacted",
    "pinned_at",
    "pinned_by",
)
_INSERT = Change(insert(messages))
_UPDATE = (
    update(messages).where(messages.c.id == bindparam("key")).values({name: bindparam(name) for name in _CHANGING})
)
_MARK = text(
    "INSERT INTO read_markers (room_id, user_id, seq) VALUES (:room_id, :user_id, :seq) "
    "ON CONFLICT (room_id, user_id) DO UPDATE SET seq = excluded.seq WHERE read_markers.seq < excluded.seq"
)
_WROTE = text(
    "INSERT INTO slow_mode (room_id, user_id, at) VALUES (:room_id, :user_id, :at) "
    "ON CONFLICT (room_id, user_id) DO UPDATE SET at = excluded.at"
).bindparams(bindparam("at", type_=UtcDateTime))
_UNREACT = delete(reactions).where(
    reactions.c.message_id == bindparam("message"),
    reactions.c.user_id == bindparam("person"),
    reactions.c.emoji == bindparam("picture"),
)
_OF_MESSAGE = (reactions, revisions, mentions, message_files)


class Changes:
    """Collects rows; `flush` writes them."""

    def __init__(self, tx: WriteSession) -> None:
        self._tx = tx
        self._new: dict[str, Row] = {}
        self._changed: dict[str, tuple[Row, str, bool]] = {}
        self._inserts: defaultdict[Table, list[Row]] = defaultdict(list)
        self._emptied: defaultdict[Table, set[str]] = defaultdict(set)
        self._reactions: dict[tuple[str, str, str], tuple[bool, int | None]] = {}
        self._read: dict[tuple[str, str], int] = {}
        self._wrote: dict[tuple[str, str], datetime] = {}
        self._schedules_gone: set[str] = set()
        self._held: dict[str, Row] = {}
        self._released: set[str] = set()
        self._edits_gone: set[str] = set()

    def new_message(self, row: Row, mentioned: Iterable[str], files: Iterable[str]) -> None:
        """Store a message; its row may still change before `flush`."""
        self._new[row["id"]] = row
        self.mention(row, mentioned)
        self._inserts[message_files] += [{"file_id": file, "message_id": row["id"]} for file in dict.fromkeys(files)]

    def changing(self, row: Row) -> None:
        """The message's row is about to change."""
        if row["id"] not in self._new:
            self._changed.setdefault(row["id"], (row, row["content"], row["deleted_at"] is None))

    def mention(self, row: Row, user_ids: Iterable[str]) -> None:
        """These are called by the message."""
        key = {"message_id": row["id"], "room_id": row["room_id"], "seq": row["seq"]}
        self._inserts[mentions] += [{**key, "user_id": user_id} for user_id in user_ids]

    def mention_nobody(self, message_id: str) -> None:
        """Forget whom the message called."""
        self._drop(mentions, message_id)

    def revise(self, row: Row, seq: int, now: datetime) -> None:
        """Keep what the message says until this entry."""
        written = row["edited_at"] or row["created_at"]
        earlier = {"message_id": row["id"], "seq": seq, "content": row["content"]}
        self._inserts[revisions].append({**earlier, "written_at": written, "replaced_at": now})

    def erase(self, message_id: str) -> None:
        """Forget all that belongs to the message."""
        for table in _OF_MESSAGE:
            self._drop(table, message_id)
        for key in [key for key in self._reactions if key[0] == message_id]:
            del self._reactions[key]

    def react(self, message_id: str, user_id: str, emoji: str, seq: int | None, *, stored: bool) -> None:
        """The reaction is there under this number, or with None it is not; `stored` is whether it was before."""
        key = (message_id, user_id, emoji)
        was = self._reactions[key][0] if key in self._reactions else stored
        self._reactions[key] = (was, seq)

    def read(self, room_id: str, user_id: str, seq: int) -> None:
        """The person has read so far."""
        self._read[(room_id, user_id)] = seq

    def wrote(self, room_id: str, user_id: str, at: datetime) -> None:
        """The person wrote in a slowed room."""
        self._wrote[(room_id, user_id)] = at

    def schedule(self, row: Row) -> None:
        """Keep a message for later."""
        self._inserts[schedules].append(row)

    def unschedule(self, schedule_id: str) -> None:
        """It is not for later any more."""
        self._schedules_gone.add(schedule_id)

    def hold(self, row: Row) -> None:
        """Keep a text for a moderator, in place of what waits under its id."""
        self._held[row["id"]] = row
        self._released.add(row["id"])

    def held_by(self, room_id: str, user_id: str) -> int:
        """How many texts of the person's begin to wait in the room."""
        return sum(row["room_id"] == room_id and row["author_id"] == user_id for row in self._held.values())

    def holds_edit(self, room_id: str, user_id: str, client_id: str) -> bool:
        """Whether an edit of the person's begins to wait in the room under this client_id."""
        key = (EDIT, room_id, user_id, client_id)
        names = ("kind", "room_id", "author_id", "client_id")
        return any(tuple(row[name] for name in names) == key for row in self._held.values())

    def release(self, held_id: str) -> None:
        """It waits no longer."""
        self._held.pop(held_id, None)
        self._released.add(held_id)

    def forget_edits(self, message_id: str) -> None:
        """What the message would have said is of no interest any more."""
        self._held = {key: row for key, row in self._held.items() if row["message_id"] != message_id}
        self._edits_gone.add(message_id)

    def receipt(self, row: Row) -> None:
        """Remember a command by its client_id."""
        self._inserts[receipts].append(row)

    def flush(self) -> None:
        """Write everything."""
        tx = self._tx
        for table, ids in self._emptied.items():
            tx.execute(delete(table).where(table.c.message_id.in_(sorted(ids))))
        if self._changed:
            tx.execute(_UPDATE, [_changed(row) for row, _, _ in self._changed.values()])
        if self._new:
            tx.change(_INSERT, *self._new.values())
        if self._schedules_gone:
            tx.execute(delete(schedules).where(schedules.c.id.in_(sorted(self._schedules_gone))))
        self._flush_held()
        for table, rows in self._inserts.items():
            if rows:
                tx.execute(insert(table), rows)
        self._flush_reactions()
        if self._read:
            tx.execute(_MARK, [{"room_id": r, "user_id": u, "seq": seq} for (r, u), seq in self._read.items()])
        if self._wrote:
            tx.execute(_WROTE, [{"room_id": r, "user_id": u, "at": at} for (r, u), at in self._wrote.items()])
        self._reindex()

    def _drop(self, table: Table, message_id: str) -> None:
        self._emptied[table].add(message_id)
        self._inserts[table] = [row for row in self._inserts[table] if row["message_id"] != message_id]

    def _flush_held(self) -> None:
        if self._released:
            self._tx.execute(delete(held).where(held.c.id.in_(sorted(self._released))))
        if self._edits_gone:
            waits = held.c.status == "waiting"
            self._tx.execute(delete(held).where(held.c.message_id.in_(sorted(self._edits_gone)), waits))
        if self._held:
            self._tx.execute(insert(held), list(self._held.values()))

    def _flush_reactions(self) -> None:
        gone = [key for key, (was, _) in self._reactions.items() if was]
        if gone:
            self._tx.execute(_UNREACT, [{"message": m, "person": u, "picture": e} for m, u, e in gone])
        there = [
            {"message_id": message_id, "user_id": user_id, "emoji": emoji, "seq": seq}
            for (message_id, user_id, emoji), (_, seq) in self._reactions.items()
            if seq is not None
        ]
        if there:
            self._tx.execute(insert(reactions), there)

    def _reindex(self) -> None:
        new = [search.document(row, row["content"]) for row in self._new.values() if row["deleted_at"] is None]
        gone = []
        for row, content, was_there in self._changed.values():
            is_there = row["deleted_at"] is None
            if was_there and not (is_there and content == row["content"]):
                gone.append(search.document(row, content))
                new += [search.document(row, row["content"])] if is_there else []
        search.reindex(self._tx, gone, new)


def _changed(row: Row) -> Row:
    return {"key": row["id"], **{name: row[name] for name in _CHANGING}}
