"""A form's content on its way to a store: counted, measured against the limit, scanned."""

from collections.abc import AsyncIterable
from hashlib import sha256

from services.files.blobs import Incoming
from services.files.kinds import HEAD_BYTES
from services.files.multipart import FileForm
from services.files.names import display_name
from services.files.scanner import Scanner
from shared.problems import TooLarge
from shared.web.idempotency import Attempt


class Received:
    """What is remembered of a content as it goes by."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._digest = sha256()
        self.name = ""
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

    def attempt(self, key: str | None, user_id: str, path: str) -> Attempt:
        """This upload as the kit's idempotency knows requests."""
        digest = self._digest.copy()
        digest.update(self.name.encode())
        return Attempt(key, user_id, f"POST {path}", digest.hexdigest())


async def take(form: FileForm, body: AsyncIterable[bytes], arrival: Incoming, most: int, scanner: Scanner) -> Received:
    """Take the form's file in, piece by piece, and have it scanned. Raises what is wrong with the form, TooLarge,
    Invalid for malware.
    """
    received = Received(most)
    async for chunk in body:
        for piece in form.feed(chunk):
            received.add(piece)
            await arrival.write(piece)
    received.name = display_name(form.close())
    with await arrival.file() as file:
        await scanner.scan(file)
    return received
