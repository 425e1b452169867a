"""An upload from its first byte to the answer: taken in pieces, durable, committed, placed, in this order."""

import asyncio
from collections.abc import AsyncIterable

import structlog

from services.files.actions.keep import Upload, keep
from services.files.blobs import Arrival, BlobStore
from services.files.kinds import HEAD_BYTES, content_type
from services.files.multipart import FileForm
from services.files.names import display_name
from services.files.schemas import File
from shared.database import Database
from shared.metrics import counter
from shared.problems import Problem, TooLarge, Unavailable

_log = structlog.get_logger(__name__)
_received = counter("parley_files_received_bytes_total", "Bytes of contents that were taken and kept")


class Uploads:
    """Takes uploads into a store and a database."""

    def __init__(self, db: Database, blobs: BlobStore, *, most: int, quota: int) -> None:
        self._db = db
        self._blobs = blobs
        self._most = most
        self._quota = quota
        self._settling: set[asyncio.Task[File]] = set()

    async def receive(self, room_id: str, user_id: str, form: FileForm, body: AsyncIterable[bytes]) -> File:
        """The stored file. Whatever goes wrong on the way, and whenever, nothing of it is left."""
        arrival = self._blobs.receive()
        try:
            head, size = await self._take(arrival, form, body)
            name = display_name(form.close())
            upload = Upload(room_id, user_id, name, content_type(head, name), size, arrival.key)
            await arrival.seal()
        except OSError as exc:
            arrival.discard()
            _log.error("a content can't be stored", error=repr(exc))
            raise Unavailable("Files can't be stored at the moment.", retry_after=5) from exc
        except BaseException:
            arrival.discard()
            raise
        # From here on the outcome is the database's: a client that goes away must not make us forget to ask for it.
        settling = asyncio.create_task(self._settle(arrival, upload))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)
        return await asyncio.shield(settling)

    async def _take(self, arrival: Arrival, form: FileForm, body: AsyncIterable[bytes]) -> tuple[bytes, int]:
        head, size = b"", 0
        async for chunk in body:
            for piece in form.feed(chunk):
                size += len(piece)
                if size > self._most:
                    raise TooLarge(f"A file may have {self._most} bytes at most.")
                if len(head) < HEAD_BYTES:
                    head += piece[: HEAD_BYTES - len(head)]
                await arrival.write(piece)
        return head, size

    async def _settle(self, arrival: Arrival, upload: Upload) -> File:
        try:
            file: File = await self._db.write(keep, upload, self._quota)
        except BaseException as exc:
            if isinstance(exc, Problem) and not isinstance(exc, Unavailable):
                arrival.discard()
            else:
                # The commit may have happened, and only its answer been lost.
                arrival.abandon()
            raise
        try:
            await arrival.place()
        except OSError as exc:
            # The file is committed, and can be read where it is until the sweeper places it.
            _log.error("a content can't be placed yet", file_id=file.id, error=repr(exc))
        _received.inc(upload.size)
        return file
