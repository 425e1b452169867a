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
    return message_object(
        author,
        reactions,
        row["id"],
        row["room_id"],
        row["seq"],
        row["content"],
        row["kind"],
        row["reply_to"],
        row["thread_id"],
        row["attachments"],
        row["mentions"],
        row["mentions_room"],
        row["pinned_at"] is not None,
        _time(row["edited_at"]),
        _time(row["deleted_at"]),
        rfc3339(row["created_at"]),
        row["client_id"],
    )


def message_object(
    author: dict[str, Any],
    reactions: Sequence[Mapping[str, Any]],
    message_id: str,
    room_id: str,
    seq: int,
    content: str,
    kind: str,
    reply_to: str | None,
    thread_id: str | None,
    attachments: str,
    mentions: str,
    mentions_room: bool,
    pinned: bool,
    edited_at: str | None,
    deleted_at: str | None,
    created_at: str,
    client_id: str | None,
) -> dict[str, Any]:
    """The public Message object of what is stored, times written out already."""
    gone = deleted_at is not None
    return {
        "id": message_id,
        "room_id": room_id,
        "seq": seq,
        "author": author,
        "content": "" if gone else content,
        "kind": kind,
        "reply_to": reply_to,
        "thread_id": thread_id,
        "attachments": [] if gone else _list(attachments),
        "reactions": [] if gone else list(reactions),
        "mentions": [] if gone else _list(mentions),
        "mentions_room": mentions_room and not gone,
        "pinned": pinned and not gone,
        "edited_at": edited_at,
        "deleted_at": deleted_at,
        "created_at": created_at,
        "client_id": client_id,
    }


def _list(text: str) -> list[Any]:
    return [] if text == "[]" else list(orjson.loads(text))


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
