"""Say in the room that it has another name or topic: a message of kind `system`, in the very place of the entry that
tells of it (docs/decisions/0033)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from services.messaging import loading
from services.messaging.models import messages
from services.messaging.render import author_view, render_message, unknown_author
from services.messaging.timeline import RoomHead
from shared.database import WriteSession
from shared.ids import new_id


def announce(tx: WriteSession, room: RoomHead, state: Mapping[str, Any], by: str | None) -> dict[str, Any] | None:
    """Store what is said of the change to `state` under the room's next number, which the caller gives to its entry;
    the message as clients see it. None when there is nothing to say, or nobody who did it."""
    content = _words(room.state, state)
    if by is None or not content:
        return None
    row = _row(room, by, content, tx)
    tx.execute(insert(messages).values(**row))
    person = loading.people(tx, {by}).get(by)
    return render_message(row, unknown_author(by) if person is None else author_view(person))


def _words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """To be read after the author's name, which may become another."""
    said = []
    if (name := after.get("name")) != before.get("name"):
        said.append(f"changed the room's name to “{name}”")
    if (topic := after.get("description")) != before.get("description"):
        said.append(f"changed the topic to “{topic}”" if topic else "removed the topic")
    return " and ".join(said)


def _row(room: RoomHead, by: str, content: str, tx: WriteSession) -> dict[str, Any]:
    """Reviewed, because rooms had the words reviewed; without `pos`, because nobody searches for it."""
    return {
        "id": new_id(),
        "room_id": room.id,
        "seq": room.seq + 1,
        "pos": None,
        "author_id": by,
        "client_id": None,
        "content": content,
        "kind": "system",
        "reply_to": None,
        "thread_id": None,
        "attachments": "[]",
        "mentions": "[]",
        "mentions_room": False,
        "reviewed": True,
        "reacted": False,
        "pinned_at": None,
        "pinned_by": None,
        "created_at": tx.now,
        "edited_at": None,
        "deleted_at": None,
    }
