"""The timeline: one numbered log per room, and one position over all rooms.

`Timeline` is the end of that log inside one writing transaction. Heads are read in the transaction and never kept
beyond it, so a rollback can't leave a hole (RELIABILITY.md §2.2.1).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, insert, select, update

from services.messaging.models import rooms, timeline, timeline_head
from shared.database import Change, Query, WriteSession
from shared.problems import NotFound

_INSERT = Change(insert(timeline))
_HEAD = Query(select(timeline_head.c.pos, timeline_head.c.epoch))
_ADVANCE = Change(update(timeline_head).values(pos=bindparam("new_pos")))
_ROOMS = select(rooms).where(rooms.c.id.in_(bindparam("ids", expanding=True)))
_FRAMES = select(timeline.c.seq, timeline.c.frame).where(
    timeline.c.room_id == bindparam("room"), timeline.c.seq.in_(bindparam("numbers", expanding=True))
)
_REDACT = (
    update(timeline)
    .where(timeline.c.room_id == bindparam("place"), timeline.c.seq == bindparam("number"))
    .values(frame=bindparam("text"))
)
_HEADS = Change(
    update(rooms).where(rooms.c.id == bindparam("room")).values(head_seq=bindparam("seq"), head_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored change of a room; `removes` names the person that nothing later may be sent to.

    Services are told the rest of a deletion, clients are not: `file_ids` (JSON) are the files that the message had,
    `files_wait_until` is how long they wait for another one, `by_moderator` whether it was a moderator's own act.
    """

    pos: int
    room_id: str
    seq: int
    type: str
    frame: bytes
    removes: str | None
    at: datetime
    file_ids: str | None = None
    files_wait_until: datetime | None = None
    by_moderator: bool = False


@dataclass(slots=True)
class RoomHead:
    """A room as this transaction sees it; `seq` moves with every entry appended."""

    id: str
    state: dict[str, Any]
    kind: str
    member_count: int
    seq: int
    deleted: bool


class Timeline:
    """Appends entries within one transaction; `flush` writes them."""

    def __init__(self, tx: WriteSession) -> None:
        [(pos, epoch)] = tx.rows(_HEAD)
        self.tx = tx
        self.epoch: str = epoch
        self.entries: list[Entry] = []
        self._pos: int = pos
        self._rooms: dict[str, RoomHead] = {}

    def load(self, room_ids: Iterable[str]) -> None:
        """Read the heads of these rooms, all in one statement."""
        missing = [room_id for room_id in dict.fromkeys(room_ids) if room_id not in self._rooms]
        if missing:
            for row in self.tx.execute(_ROOMS, {"ids": missing}):
                self.know(dict(row._mapping))

    def know(self, row: Mapping[str, Any]) -> None:
        """Take the head from a room's row that was read in this transaction."""
        if row["id"] not in self._rooms:
            state, deleted = orjson.loads(row["state"]), row["deleted_at"] is not None
            head = RoomHead(row["id"], state, row["kind"], row["member_count"], row["head_seq"], deleted)
            self._rooms[head.id] = head

    def known(self, room_id: str) -> RoomHead | None:
        """The head, if it was loaded and the room is not gone."""
        head = self._rooms.get(room_id)
        return None if head is None or head.deleted else head

    def room(self, room_id: str) -> RoomHead:
        """The room's head; NotFound when there is none, or it is gone."""
        if room_id not in self._rooms:
            self.load([room_id])
        head = self.known(room_id)
        if head is None:
            raise NotFound("There is no such room.")
        return head

    def append(
        self,
        room: RoomHead,
        type_: str,
        body: dict[str, Any],
        *,
        removes: str | None = None,
        file_ids: Sequence[str] = (),
        files_wait_until: datetime | None = None,
        by_moderator: bool = False,
    ) -> Entry:
        """Give the change its number and render the frame that every client will receive."""
        room.seq += 1
        self._pos += 1
        frame = orjson.dumps({"type": type_, "room_id": room.id, "seq": room.seq, **body})
        files = orjson.dumps(file_ids).decode() if file_ids else None
        waiting = files_wait_until if file_ids else None
        aside = (files, waiting, by_moderator)
        entry = Entry(self._pos, room.id, room.seq, type_, frame, removes, self.tx.now, *aside)
        self.entries.append(entry)
        return entry

    def redact(self, room_id: str, numbers: Sequence[int], said: dict[str, Any]) -> None:
        """Let the message in earlier entries say this instead: what was taken back is not replayed either."""
        stored = self.tx.execute(_FRAMES, {"room": room_id, "numbers": list(numbers)})
        changed = [{"place": room_id, "number": row.seq, "text": _reworded(row.frame, said)} for row in stored]
        if changed:
            self.tx.execute(_REDACT, changed)
        for index, entry in enumerate(self.entries):
            if entry.room_id == room_id and entry.seq in numbers:
                self.entries[index] = replace(entry, frame=_reworded(entry.frame, said))

    def flush(self) -> None:
        """Write what was appended: the entries, the heads they moved, and the position."""
        if not self.entries:
            return
        self.tx.change(_INSERT, *map(_row, self.entries))
        heads = {entry.room_id: entry.seq for entry in self.entries}
        self.tx.change(_HEADS, *({"room": room, "seq": seq, "at": self.tx.now} for room, seq in heads.items()))
        self.tx.change(_ADVANCE, {"new_pos": self._pos})


def _reworded(frame: bytes, said: dict[str, Any]) -> bytes:
    entry = orjson.loads(frame)
    entry["message"] |= said
    return orjson.dumps(entry)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "pos": entry.pos,
        "room_id": entry.room_id,
        "seq": entry.seq,
        "type": entry.type,
        "frame": entry.frame,
        "removes": entry.removes,
        "at": entry.at,
        "file_ids": entry.file_ids,
        "files_wait_until": entry.files_wait_until,
        "by_moderator": entry.by_moderator,
    }
