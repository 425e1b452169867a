"""An upload from its first byte to the answer: taken in pieces, durable, committed, placed, in this order."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass
from hashlib import sha256

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
from shared.web.idempotency import Attempt, once

_log = structlog.get_logger(__name__)
_received = counter("parley_files_received_bytes_total", "Bytes of contents that were taken and kept")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who uploads where, and the key that makes a second try the same upload."""

    room_id: str
    user_id: str
    key: str | None = None


class Uploads:
    """Takes uploads into a store and a database."""

    def __init__(self, db: Database, blobs: BlobStore, *, most: int, quota: int) -> None:
        self._db = db
        self._blobs = blobs
        self._most = most
        self._quota = quota
        self._settling: set[asyncio.Task[File]] = set()

    async def receive(self, sender: Sender, form: FileForm, body: AsyncIterable[bytes]) -> File:
        """The stored file. Whatever goes wrong on the way, and whenever, nothing of it is left."""
        arrival = self._blobs.receive()
        seen = _Seen(self._most)
        try:
            async for chunk in body:
                for piece in form.feed(chunk):
                    seen.add(piece)
                    await arrival.write(piece)
            name = display_name(form.close())
            kind = content_type(seen.head, name)
            await arrival.seal()
        except OSError as exc:
            arrival.discard()
            _log.error("a content can't be stored", error=repr(exc))
            raise Unavailable("Files can't be stored at the moment.", retry_after=5) from exc
        except BaseException:
            arrival.discard()
            raise
        upload = Upload(sender.room_id, sender.user_id, name, kind, seen.size, arrival.key)
        # From here on the database decides, and a client that goes away must not make us miss what it says.
        settling = asyncio.create_task(self._settle(arrival, upload, seen.attempt_of(sender, name)))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)
        return await asyncio.shield(settling)

    async def _settle(self, arrival: Arrival, upload: Upload, attempt: Attempt) -> File:
        try:
            file = await self._db.write(once, attempt, keep, upload, self._quota)
        except BaseException as exc:
            if isinstance(exc, Problem) and not isinstance(exc, Unavailable):
                arrival.discard()
            else:
                # The commit may have happened, and only its answer been lost.
                arrival.abandon()
            raise
        if not isinstance(file, File):
            # The answer of an earlier try, which has brought the same content.
            arrival.discard()
            return File.model_validate(file)
        try:
            await arrival.place()
        except OSError as exc:
            # The file is committed, and can be read where it is until the sweeper places it.
            _log.error("a content can't be placed yet", file_id=file.id, error=repr(exc))
        _received.inc(upload.size)
        return file


class _Seen:
    """What is remembered of a content as it goes by."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._digest = sha256()
        self.size = 0
        self.head = b""

    def add(self, piece: bytes) -> None:
        """Count a piece. Raises TooLarge."""
        self.size += len(piece)
        if self.size > self._most:
            raise TooLarge(f"A file may have {self._most} bytes at most.")
        self._digest.update(piece)
        if len(self.head) < HEAD_BYTES:
            self.head += piece[: HEAD_BYTES - len(self.head)]

    def attempt_of(self, sender: Sender, name: str) -> Attempt:
        """This upload as the kit's idempotency knows requests."""
        self._digest.update(name.encode())
        route = f"POST /api/v1/rooms/{sender.room_id}/files"
        return Attempt(sender.key, sender.user_id, route, self._digest.hexdigest())
