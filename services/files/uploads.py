"""An upload from its first byte to the answer: taken in, looked into, durable, committed, placed, in this order."""

from collections.abc import AsyncIterable
from dataclasses import dataclass

from services.files import policy, queries
from services.files.actions.keep import Upload, keep
from services.files.arrivals import Arrivals
from services.files.blobs import Arrival, BlobStore
from services.files.kinds import PICTURES, content_type
from services.files.multipart import FileForm
from services.files.pictures import Pictures
from services.files.receiving import take
from services.files.review import NameReview
from services.files.scanner import Scanner
from services.files.schemas import File
from shared.database import Database
from shared.metrics import counter
from shared.problems import Unavailable
from shared.web.idempotency import once

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
        self,
        db: Database,
        blobs: BlobStore,
        pictures: Pictures,
        scanner: Scanner,
        names: NameReview,
        *,
        most: int,
        quota: int,
    ) -> None:
        self._db = db
        self._names = names
        self._blobs = blobs
        self._pictures = pictures
        self._scanner = scanner
        self._most = most
        self.quota = quota

    async def expect(self, user_id: str) -> None:
        """Refuse now what would be refused once it was sent: the quota is used up, or the store is away."""
        policy.within_quota(await self._db.read(queries.used_bytes, user_id), 1, self.quota)
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
            upload = await self.look_into(sender, received.name, received.head, arrivals, arrival)
            await arrivals.seal()
        attempt = received.attempt(sender.key, sender.user_id, f"/api/v1/rooms/{sender.room_id}/files")
        writing = self._db.write(once, attempt, keep, upload, self.quota)
        answer = await arrivals.commit(writing, is_new=lambda answer: isinstance(answer, File))
        if not isinstance(answer, File):
            return File.model_validate(answer)
        _received.inc(upload.size)
        return answer

    async def look_into(self, sender: Sender, name: str, head: bytes, arrivals: Arrivals, arrival: Arrival) -> Upload:
        """What is to be kept of a content that begins with `head`: itself, or of a picture the picture anew."""
        kind = content_type(head, name)
        name = await self._names.review(sender.room_id, sender.user_id, name)
        told = (sender.room_id, sender.user_id, name, kind)
        if kind not in PICTURES:
            return Upload(*told, await arrival.size(), arrival.key)
        content, thumbnail = arrivals.new(), arrivals.new()
        picture = await self._pictures.rewrite(arrival, kind, content, thumbnail)
        arrivals.drop(arrival)
        size, small = await content.size(), await thumbnail.size()
        return Upload(*told, size, content.key, picture, thumbnail.key, small)
