"""What the files service answers (HTTP.md, *Files*)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from shared.clock import Timestamp
from shared.schemas import AnswerModel


class File(AnswerModel):
    """A file as clients see it. Thumbnails and dimensions are null as long as pictures are not looked into."""

    id: str
    name: str
    content_type: str
    size: int
    url: str
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    uploaded_by: str
    room_id: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, row: RowMapping | Mapping[str, Any]) -> "File":
        """The file of a database row."""
        return cls(url=f"/api/v1/files/{row['id']}/content", **{name: row[name] for name in _STORED})


_STORED = ("id", "name", "content_type", "size", "uploaded_by", "room_id", "created_at")
