"""Keep an uploaded file, whose content is durable already."""

from dataclasses import dataclass
from typing import Any

from services.files import policy, queries, store
from services.files.actions.require_uploader import require_uploader
from services.files.events import FileState, FileStored
from services.files.pictures import Picture
from services.files.schemas import File
from shared.database import WriteSession
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Upload:
    """A received content and what is known of it; the last three are of pictures only."""

    room_id: str
    user_id: str
    name: str
    content_type: str
    size: int
    blob: str
    picture: Picture | None = None
    thumbnail: str | None = None
    thumbnail_size: int | None = None

    def row(self) -> dict[str, Any]:
        """As it is kept."""
        picture = self.picture
        return {
            "room_id": self.room_id,
            "uploaded_by": self.user_id,
            "name": self.name,
            "content_type": self.content_type,
            "size": self.size,
            "blob": self.blob,
            "width": picture and picture.width,
            "height": picture and picture.height,
            "blurhash": picture and picture.blurhash,
            "thumbnail": self.thumbnail,
            "thumbnail_size": self.thumbnail_size,
        }


def keep(tx: WriteSession, upload: Upload, quota: int) -> File:
    """The file, in its room. The uploader may have been removed while the content came in: then there is none."""
    require_uploader(tx, upload.room_id, upload.user_id)
    policy.within_quota(queries.used_bytes(tx, upload.user_id), upload.size, quota)
    row = upload.row() | {"id": new_id(), "created_at": tx.now, "unused_since": tx.now}
    store.add_file(tx, row)
    file = File.of(row)
    tx.record(FileStored(file=FileState.model_validate(file)))
    return file
