"""How a message looks to clients: the same shape in history and in frames."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import orjson

from shared.clock import rfc3339

DELETED_NAME = "deleted user"


class MessageObject(msgspec.Struct, gc=False):
    """The public Message. In answers its lists are the JSON that is stored, as `msgspec.Raw`."""

    id: str
    room_id: str
    seq: int
    author: dict[str, Any]
    content: str
    kind: str
    reply_to: str | None
    thread_id: str | None
    attachments: Any
    reactions: Sequence[Mapping[str, Any]]
    mentions: Any
    mentions_room: bool
    pinned: bool
    edited_at: str | None
    deleted_at: str | None
    created_at: str
    client_id: str | None

    def bared(self) -> "MessageObject":
        """This, and of a deleted one the tombstone."""
        if self.deleted_at is not None:
            self.content, self.attachments, self.reactions, self.mentions = "", [], [], []
            self.mentions_room = self.pinned = False
        return self

    def plain(self) -> dict[str, Any]:
        """The same as a mapping, for what is not encoded by msgspec."""
        shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return shown


def author_view(user: Mapping[str, Any]) -> dict[str, Any]:
    """A user's row as the `author` of a message."""
    if user["deleted"]:
        return {"id": user["id"], "username": "deleted", "display_name": DELETED_NAME, "avatar_url": None}
    return {name: user[name] for name in ("id", "username", "display_name", "avatar_url")}


def unknown_author(user_id: str) -> dict[str, Any]:
    """The author that nothing is known of any more."""
    return author_view({"id": user_id, "deleted": True})


def render_message(
    row: Mapping[str, Any], author: dict[str, Any], reactions: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A message's row as the public Message object; of a deleted one only the tombstone."""
    message = MessageObject(
        id=row["id"],
        room_id=row["room_id"],
        seq=row["seq"],
        author=author,
        content=row["content"],
        kind=row["kind"],
        reply_to=row["reply_to"],
        thread_id=row["thread_id"],
        attachments=_list(row["attachments"]),
        reactions=list(reactions),
        mentions=_list(row["mentions"]),
        mentions_room=row["mentions_room"],
        pinned=row["pinned_at"] is not None,
        edited_at=_time(row["edited_at"]),
        deleted_at=_time(row["deleted_at"]),
        created_at=rfc3339(row["created_at"]),
        client_id=row["client_id"],
    )
    return msgspec.structs.asdict(message.bared())


def _list(text: str) -> list[Any]:
    return [] if text == "[]" else list(orjson.loads(text))


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
