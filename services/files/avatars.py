"""A person's picture: taken in, cut to a square, and shown under an address that has its hash in it."""

import asyncio
from collections.abc import AsyncIterable
from hashlib import sha256

from services.files.actions.set_avatar import NewAvatar, set_avatar
from services.files.arrivals import Arrivals
from services.files.blobs import Arrival, BlobStore
from services.files.kinds import picture_type
from services.files.multipart import FileForm
from services.files.pictures import Pictures
from services.files.receiving import take
from services.files.scanner import Scanner
from services.files.schemas import Avatar
from shared.database import Database


class Avatars:
    """Takes pictures of people into the store and the database."""

    def __init__(self, db: Database, blobs: BlobStore, pictures: Pictures, scanner: Scanner, *, most: int) -> None:
        self._db = db
        self._blobs = blobs
        self._pictures = pictures
        self._scanner = scanner
        self.most = most

    async def receive(self, user_id: str, form: FileForm, body: AsyncIterable[bytes]) -> Avatar:
        """Where the picture is from now on. When anything fails, the one before stays."""
        arrivals = Arrivals(self._blobs)
        with arrivals.unless_it_fails():
            sent, kept = arrivals.new(), arrivals.new()
            received = await take(form, body, sent, self.most, self._scanner)
            await self._pictures.square(sent, picture_type(received.head), kept)
            arrivals.drop(sent)
            avatar = await _described(user_id, kept)
            await arrivals.seal()
        return Avatar(avatar_url=await arrivals.commit(self._db.write(set_avatar, avatar)))


async def _described(user_id: str, arrival: Arrival) -> NewAvatar:
    with await arrival.file() as file:
        content = await asyncio.to_thread(file.read)
    return NewAvatar(user_id, arrival.key, sha256(content).hexdigest()[:32], len(content))
