"""Keep what a client has brought to the store by itself."""

from services.files import queries, store
from services.files.actions.keep import Upload, keep
from services.files.schemas import File
from shared.database import WriteSession


def take_over(tx: WriteSession, upload_id: str, upload: Upload, quota: int) -> tuple[File, bool]:
    """The file, and whether it is new: somebody who asks twice at once has it once."""
    file_id = queries.direct_upload(tx, upload_id, upload.user_id)["file_id"]
    if file_id is not None:
        return File.of(queries.file_row(tx, file_id)), False
    file = keep(tx, upload, quota)
    store.take_over(tx, upload_id, file.id)
    return file, True
