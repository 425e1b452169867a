"""A form's content on its way to a store: counted, measured against the limit, and looked at from all sides."""

from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import structlog

from services.files.blobs import Arrival, BlobStore
from services.files.kinds import HEAD_BYTES
from services.files.multipart import FileForm
from services.files.names import display_name
from services.files.scanner import Scanner
from shared.problems import TooLarge, Unavailable
from shared.web.idempotency import Attempt

_log = structlog.get_logger(__name__)


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


class Arrivals:
    """Everything that one request brings to the store: all of it stays, or nothing."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._all: list[Arrival] = []

    def new(self) -> Arrival:
        """One more."""
        arrival = self._blobs.receive()
        self._all.append(arrival)
        return arrival

    def drop(self, arrival: Arrival) -> None:
        """One that was only needed on the way."""
        self._all.remove(arrival)
        arrival.discard()

    async def seal(self) -> None:
        """All are durable."""
        for arrival in self._all:
            await arrival.seal()

    async def place(self) -> None:
        """All are contents. What can't be placed now is so later, and can be read meanwhile."""
        for arrival in self._all:
            try:
                await arrival.place()
            except OSError as exc:
                _log.error("a content can't be placed yet", error=repr(exc))

    def discard(self) -> None:
        """None are."""
        for arrival in self._all:
            arrival.discard()

    def abandon(self) -> None:
        """Nobody knows whether they are."""
        for arrival in self._all:
            arrival.abandon()

    @contextmanager
    def unless_it_fails(self) -> Iterator[None]:
        """Discards everything when the block raises; what the store can't do is Unavailable."""
        try:
            yield
        except OSError as exc:
            self.discard()
            _log.error("a content can't be stored", error=repr(exc))
            raise Unavailable("Files can't be stored at the moment.", retry_after=5) from exc
        except BaseException:
            self.discard()
            raise


async def take(form: FileForm, body: AsyncIterable[bytes], arrival: Arrival, most: int, scanner: Scanner) -> Received:
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
