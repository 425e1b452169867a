"""Keep an uploaded file, whose content is durable already."""

from dataclasses import dataclass

from services.files import policy, queries, store
from services.files.events import FileState, FileStored
from services.files.schemas import File
from shared.database import WriteSession
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Upload:
    """A received content and what is known of it."""

    room_id: str
    user_id: str
    name: str
    content_type: str
    size: int
    blob: str


def keep(tx: WriteSession, upload: Upload, quota: int) -> File:
    """The file, in its room. The uploader may have been removed while the content came in: then there is none."""
    policy.may_upload(queries.room_role(tx, upload.room_id, upload.user_id))
    policy.within_quota(queries.used_bytes(tx, upload.user_id), upload.size, quota)
    row = {
        "id": new_id(),
        "room_id": upload.room_id,
        "uploaded_by": upload.user_id,
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.size,
        "blob": upload.blob,
        "created_at": tx.now,
    }
    store.add_file(tx, row)
    file = File.of(row)
    tx.record(FileStored(file=FileState.model_validate(file)))
    return file
