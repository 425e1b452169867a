"""The full-text index: SQLite's FTS5, kept here by hand, and PostgreSQL's own over the messages' contents.

What people type is taken as words, every one of them the beginning of a word in the message; whatever else it holds is
passed over, so no query is an error.
"""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from shared.database import Change, ReadSession, WriteSession

_MOST_WORDS = 10
_WORD = re.compile(r"[^\W_]+")
_ADD = Change(text("INSERT INTO message_search (rowid, room, body) VALUES (:pos, :room, :body)"))
_TAKE = Change(
    text("INSERT INTO message_search (message_search, rowid, room, body) VALUES ('delete', :pos, :room, :body)")
)
_SQLITE = text(
    "SELECT id FROM messages JOIN message_search ON messages.pos = message_search.rowid "
    "WHERE message_search MATCH :words AND room_id = :room AND deleted_at IS NULL "
    "ORDER BY bm25(message_search, 0.0, 1.0), seq DESC LIMIT :most OFFSET :start"
)
# The expression of the index (migration 0002), word for word.
_VECTOR = "to_tsvector('simple', translate(content, '.,:;/\\@#-_+=*&%$!?\"''<>()[]{}|~^`', repeat(' ', 40)))"
_POSTGRESQL = text(
    f"SELECT id FROM messages, to_tsquery('simple', :words) AS query "  # noqa: S608  # all constant
    f"WHERE {_VECTOR} @@ query AND room_id = :room AND deleted_at IS NULL AND kind = 'text' "
    f"ORDER BY ts_rank({_VECTOR}, query) DESC, seq DESC LIMIT :most OFFSET :start"
)

Document = dict[str, Any]


def document(row: Any, content: str) -> Document:
    """A message as FTS5 has it: the room is a word among others, so that a search stays in its room."""
    return {"pos": row["pos"], "room": row["room_id"].replace("-", ""), "body": content}


def reindex(tx: WriteSession, gone: Iterable[Document], new: Iterable[Document]) -> None:
    """Take documents out exactly as they were put in, and put new ones in."""
    if tx.dialect != "sqlite":
        return
    for change, documents in ((_TAKE, gone), (_ADD, new)):
        known = [each for each in documents if each["pos"] is not None]
        if known:
            tx.change(change, *known)


def find(tx: ReadSession, room_id: str, query: str, start: int, most: int) -> list[str]:
    """Ids of the messages that have all the words, best first."""
    words = _WORD.findall(query)[:_MOST_WORDS]
    if not words:
        return []
    if tx.dialect == "sqlite":
        bodies = " AND ".join(f'"{word}"*' for word in words)
        asked = f'room : "{room_id.replace("-", "")}" AND body : ({bodies})'
        statement = _SQLITE
    else:
        asked = " & ".join(f"'{word}':*" for word in words)
        statement = _POSTGRESQL
    rows = tx.execute(statement, {"words": asked, "room": room_id, "most": most, "start": start})
    return [row.id for row in rows]
