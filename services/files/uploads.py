"""An upload from its first byte to the answer: taken in, looked into, durable, committed, placed, in this order."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass

from services.files import policy, queries
from services.files.actions.keep import Upload, keep
from services.files.blobs import Arrival, BlobStore
from services.files.kinds import PICTURES, content_type
from services.files.multipart import FileForm
from services.files.pictures import Pictures
from services.files.receiving import Arrivals, Received, take
from services.files.scanner import Scanner
from services.files.schemas import File
from shared.database import Database
from shared.metrics import counter
from shared.problems import Problem, Unavailable
from shared.web.idempotency import Attempt, once

_received = counter("parley_files_received_bytes_total", "Bytes of contents that were taken and kept")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who uploads where, and the key that makes a second try the same upload."""

    room_id: str
    user_id: str
    key: str | None = None


class Uploads:
    """Takes uploads into a store and a database."""

    def __init__(
        self, db: Database, blobs: BlobStore, pictures: Pictures, scanner: Scanner, *, most: int, quota: int
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._pictures = pictures
        self._scanner = scanner
        self._most = most
        self._quota = quota
        self._settling: set[asyncio.Task[File]] = set()

    async def expect(self, user_id: str) -> None:
        """Refuse now what would be refused once it was sent: the quota is used up, or the store is away."""
        policy.within_quota(await self._db.read(queries.used_bytes, user_id), 1, self._quota)
        try:
            await self._blobs.check()
        except OSError as exc:
            raise Unavailable("Files can't be stored at the moment.", retry_after=5) from exc

    async def receive(self, sender: Sender, form: FileForm, body: AsyncIterable[bytes]) -> File:
        """The stored file. Whatever goes wrong on the way, and whenever, nothing of it is left."""
        arrivals = Arrivals(self._blobs)
        with arrivals.unless_it_fails():
            arrival = arrivals.new()
            received = await take(form, body, arrival, self._most, self._scanner)
            upload = await self._upload(sender, received, arrivals, arrival)
            await arrivals.seal()
        attempt = received.attempt(sender.key, sender.user_id, f"/api/v1/rooms/{sender.room_id}/files")
        # From here on the database decides, and a client that goes away must not make us miss what it says.
        settling = asyncio.create_task(self._settle(arrivals, upload, attempt))
        self._settling.add(settling)
        settling.add_done_callback(self._settling.discard)
        return await asyncio.shield(settling)

    async def _upload(self, sender: Sender, received: Received, arrivals: Arrivals, arrival: Arrival) -> Upload:
        kind = content_type(received.head, received.name)
        told = (sender.room_id, sender.user_id, received.name, kind)
        if kind not in PICTURES:
            return Upload(*told, received.size, arrival.key)
        content, thumbnail = arrivals.new(), arrivals.new()
        picture = await self._pictures.rewrite(arrival, kind, content, thumbnail)
        arrivals.drop(arrival)
        size, small = await content.size(), await thumbnail.size()
        return Upload(*told, size, content.key, picture, thumbnail.key, small)

    async def _settle(self, arrivals: Arrivals, upload: Upload, attempt: Attempt) -> File:
        try:
            file = await self._db.write(once, attempt, keep, upload, self._quota)
        except BaseException as exc:
            if isinstance(exc, Problem) and not isinstance(exc, Unavailable):
                arrivals.discard()
            else:
                # The commit may have happened, and only its answer been lost.
                arrivals.abandon()
            raise
        if not isinstance(file, File):
            # The answer of an earlier try, which has brought the same content.
            arrivals.discard()
            return File.model_validate(file)
        await arrivals.place()
        _received.inc(upload.size)
        return file
