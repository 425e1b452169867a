"""How a message looks to clients: the same shape in history and in frames."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from shared.clock import rfc3339

DELETED_NAME = "deleted user"


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
    gone = row["deleted_at"] is not None
    return {
        "id": row["id"],
        "room_id": row["room_id"],
        "seq": row["seq"],
        "author": author,
        "content": "" if gone else row["content"],
        "kind": row["kind"],
        "reply_to": row["reply_to"],
        "thread_id": row["thread_id"],
        "attachments": [] if gone else _list(row["attachments"]),
        "reactions": [] if gone else list(reactions),
        "mentions": [] if gone else _list(row["mentions"]),
        "mentions_room": row["mentions_room"] and not gone,
        "pinned": row["pinned_at"] is not None and not gone,
        "edited_at": _time(row["edited_at"]),
        "deleted_at": _time(row["deleted_at"]),
        "created_at": rfc3339(row["created_at"]),
        "client_id": row["client_id"],
    }


def _list(text: str) -> list[Any]:
    return [] if text == "[]" else list(orjson.loads(text))


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
