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
        list(reactions),
        row["mentions_room"],
        row["pinned_at"] is not None,
        row["id"],
        row["room_id"],
        row["seq"],
        row["content"],
        row["kind"],
        row["reply_to"],
        row["thread_id"],
        row["attachments"],
        row["mentions"],
        _time(row["edited_at"]),
        _time(row["deleted_at"]),
        rfc3339(row["created_at"]),
        row["client_id"],
    )


def message_object(
    author: dict[str, Any],
    reactions: list[Any],
    mentions_room: bool,
    pinned: bool,
    message_id: str,
    room_id: str,
    seq: int,
    content: str,
    kind: str,
    reply_to: str | None,
    thread_id: str | None,
    attachments: str,
    mentions: str,
    edited_at: str | None,
    deleted_at: str | None,
    created_at: str,
    client_id: str | None,
) -> dict[str, Any]:
    """The public Message object of what is stored, times written out already."""
    if deleted_at is not None:
        content, attachments, reactions, mentions, mentions_room, pinned = "", "[]", [], "[]", False, False
    return {
        "id": message_id,
        "room_id": room_id,
        "seq": seq,
        "author": author,
        "content": content,
        "kind": kind,
        "reply_to": reply_to,
        "thread_id": thread_id,
        "attachments": [] if attachments == "[]" else orjson.loads(attachments),
        "reactions": reactions,
        "mentions": [] if mentions == "[]" else orjson.loads(mentions),
        "mentions_room": mentions_room,
        "pinned": pinned,
        "edited_at": edited_at,
        "deleted_at": deleted_at,
        "created_at": created_at,
        "client_id": client_id,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)
