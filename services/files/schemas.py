"""What the files service answers (HTTP.md, *Files*)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from sqlalchemy import RowMapping

from shared.clock import Timestamp
from shared.schemas import AnswerModel, RequestModel


class File(AnswerModel):
    """A file as clients see it. Pictures have a size in pixels, a thumbnail and a BlurHash, other files nulls."""

    id: str
    name: str
    content_type: str
    size: int
    url: str
    thumbnail_url: str | None = None
    width: int | None = None
    height: int | None = None
    blurhash: str | None = None
    uploaded_by: str
    room_id: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, row: RowMapping | Mapping[str, Any]) -> "File":
        """The file of a database row."""
        path = f"/api/v1/files/{row['id']}"
        thumbnail = None if row["thumbnail"] is None else f"{path}/thumbnail"
        return cls(url=f"{path}/content", thumbnail_url=thumbnail, **{name: row[name] for name in _STORED})

    def signed(self, token: str) -> "File":
        """With URLs that need no header, for whoever the token was made for."""
        thumbnail = self.thumbnail_url and f"{self.thumbnail_url}?token={token}"
        return self.model_copy(update={"url": f"{self.url}?token={token}", "thumbnail_url": thumbnail})


class DirectDraft(RequestModel):
    """A file that a client wants to bring to the store by itself."""

    name: str = Field(max_length=1024)
    size: int = Field(ge=1, le=5 * 1024**3)


class DirectUpload(AnswerModel):
    """Where and how: POST `fields`, and after them the content as `file`, as multipart/form-data to `url`."""

    id: str
    url: str
    fields: dict[str, str]
    expires_at: Timestamp


class Avatar(AnswerModel):
    """Where somebody's picture is; the address changes with the picture, so it may be kept for ever."""

    avatar_url: str


_STORED = (
    "id",
    "name",
    "content_type",
    "size",
    "width",
    "height",
    "blurhash",
    "uploaded_by",
    "room_id",
    "created_at",
)
