"""Large files that clients bring to the store by themselves, and that are looked at before anybody else sees them."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import RowMapping

from services.files import queries
from services.files.actions.expect import expect
from services.files.actions.take_over import take_over
from services.files.arrivals import Arrivals
from services.files.blobs import Arrival, BlobMissing, BlobStore, UploadForm
from services.files.kinds import HEAD_BYTES
from services.files.scanner import Scanner
from services.files.schemas import DirectDraft, DirectUpload, File
from services.files.uploads import Sender, Uploads
from shared.database import Database
from shared.ids import new_id
from shared.problems import Conflict, TooLarge

_LASTS = timedelta(hours=1)


class DirectUploads:
    """Two steps: a form that the store takes once it is filled in as agreed, and taking over what came."""

    def __init__(self, db: Database, blobs: BlobStore, uploads: Uploads, scanner: Scanner, *, most: int) -> None:
        self._db = db
        self._blobs = blobs
        self._uploads = uploads
        self._scanner = scanner
        self._most = most

    async def begin(self, room_id: str, user_id: str, draft: DirectDraft) -> DirectUpload:
        """How to bring exactly this many bytes. Raises TooLarge, and Conflict where there is no such store."""
        self._form(new_id(), draft.size)
        if draft.size > self._most:
            raise TooLarge(f"A file may have {self._most} bytes at most.")
        row = await self._db.write(expect, room_id, user_id, draft, self._uploads.quota, _LASTS)
        form = self._form(row["id"], draft.size)
        return DirectUpload(id=row["id"], url=form.url, fields=form.fields, expires_at=row["expires_at"])

    async def complete(self, row: RowMapping) -> File:
        """The file. Raises Conflict while nothing has come, and all that an upload through us would."""
        if row["file_id"] is not None:
            return File.of(await self._db.read(queries.file_row, row["file_id"]))
        arrivals = Arrivals(self._blobs)
        with arrivals.unless_it_fails():
            try:
                arrival = arrivals.add(await self._blobs.adopt(row["id"]))
            except BlobMissing:
                raise Conflict("not_uploaded", "The store has not got the content yet.") from None
            sender = Sender(row["room_id"], row["user_id"])
            head = await self._checked(arrival)
            upload = await self._uploads.look_into(sender, row["name"], head, arrivals, arrival)
            await arrivals.seal()
        writing = self._db.write(take_over, row["id"], upload, self._uploads.quota)
        file, _ = await arrivals.commit(writing, is_new=lambda answer: answer[1])
        with suppress(OSError):  # the sweeper comes by anyway
            await self._blobs.forget(row["id"])
        return file

    async def _checked(self, arrival: Arrival) -> bytes:
        """How the content begins, once it is known to be clean."""
        if self._scanner.is_on:
            with await arrival.file() as file:
                await self._scanner.scan(file)
        size = await arrival.size()
        pieces = await self._blobs.open(arrival.key, 0, min(size, HEAD_BYTES))
        return b"".join([piece async for piece in pieces])

    def _form(self, upload_id: str, size: int) -> UploadForm:
        form = self._blobs.form(upload_id, size, int(_LASTS.total_seconds()))
        if form is None:
            raise Conflict("direct_uploads_off", "Files are sent to the room here, not to the store.")
        return form
