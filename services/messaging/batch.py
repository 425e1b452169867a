"""One group of commands inside one transaction: what they need is read in a few statements, what they store is
written in a few more, and each command gets its own outcome."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from services.messaging.commands import Command, Send, Stored
from services.messaging.models import members, messages, users
from services.messaging.timeline import RoomHead, Timeline
from shared.database import WriteSession, among
from shared.problems import Forbidden, NotFound

_MEMBERS = select(members.c.room_id, members.c.user_id, members.c.role).where(
    among("pairs", members.c.room_id, members.c.user_id)
)
_AUTHORS = select(users).where(users.c.id.in_(bindparam("ids", expanding=True)))
_EARLIER = select(messages.c.id, messages.c.seq, messages.c.author_id, messages.c.room_id, messages.c.client_id).where(
    among("keys", messages.c.author_id, messages.c.room_id, messages.c.client_id)
)
_QUOTED = select(messages.c.room_id, messages.c.id).where(messages.c.id.in_(bindparam("ids", expanding=True)))

_Key = tuple[str, str, str]


class Batch:
    """What a group's commands see and add. Reads are of this transaction: a ban committed before it is obeyed."""

    def __init__(self, tx: WriteSession, commands: Sequence[Command]) -> None:
        self._tx = tx
        self.now: datetime = tx.now
        self.timeline = Timeline(tx)
        self.timeline.load(command.room_id for command in commands)
        self._roles = self._load_roles({(command.room_id, command.author_id) for command in commands})
        self._authors = self._load_authors({command.author_id for command in commands})
        self._stored = self._load_earlier({key for command in commands if (key := _key(command))})
        self._quoted = self._load_quoted({command.reply_to for command in commands if command.reply_to})
        self._rows: list[dict[str, Any]] = []

    def earlier(self, command: Send) -> Stored | None:
        """The outcome of the first try of this very command, if there was one."""
        key = _key(command)
        return self._stored.get(key) if key else None

    def room_for(self, user_id: str, room_id: str) -> RoomHead:
        """The room, if this person may know of it: a closed room looks to strangers like no room at all."""
        room = self.timeline.room(room_id)
        if room.kind != "public" and self.role(room_id, user_id) is None:
            raise NotFound("There is no such room.")
        return room

    def role(self, room_id: str, user_id: str) -> str | None:
        """The person's role in the room, None for non-members."""
        return self._roles.get((room_id, user_id))

    def author(self, user_id: str) -> dict[str, Any]:
        """The author's row."""
        try:
            return self._authors[user_id]
        except KeyError:
            raise Forbidden("not_a_member", "Join the room before you post in it.") from None

    def has_message(self, room_id: str, message_id: str) -> bool:
        """Whether a message of this id is in this room, this group's own included."""
        return (room_id, message_id) in self._quoted

    def add_message(self, row: dict[str, Any]) -> Stored:
        """Keep a new message for `flush`."""
        self._rows.append(row)
        stored = Stored(row["id"], row["seq"])
        self._quoted.add((row["room_id"], row["id"]))
        if row["client_id"] is not None:
            retry = Stored(row["id"], row["seq"], retry=True)
            self._stored[(row["author_id"], row["room_id"], row["client_id"])] = retry
        return stored

    def flush(self) -> None:
        """Write everything that the commands added."""
        if self._rows:
            self._tx.execute(insert(messages), self._rows)
        self.timeline.flush()

    def _load_roles(self, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
        rows = self._tx.execute(_MEMBERS, {"pairs": sorted(pairs)}) if pairs else ()
        return {(row.room_id, row.user_id): row.role for row in rows}

    def _load_authors(self, ids: set[str]) -> dict[str, dict[str, Any]]:
        return {row.id: dict(row._mapping) for row in self._tx.execute(_AUTHORS, {"ids": sorted(ids)})} if ids else {}

    def _load_earlier(self, keys: set[_Key]) -> dict[_Key, Stored]:
        rows = self._tx.execute(_EARLIER, {"keys": sorted(keys)}) if keys else ()
        return {(row.author_id, row.room_id, row.client_id): Stored(row.id, row.seq, retry=True) for row in rows}

    def _load_quoted(self, ids: set[str]) -> set[tuple[str, str]]:
        return {(row.room_id, row.id) for row in self._tx.execute(_QUOTED, {"ids": sorted(ids)})} if ids else set()


def _key(command: Send) -> _Key | None:
    return None if command.client_id is None else (command.author_id, command.room_id, command.client_id)
