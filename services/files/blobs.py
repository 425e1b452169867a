"""Where contents are kept, as the rest of the service sees it.

A content arrives in three steps, so that a crash anywhere leaves neither half a file nor one that nobody knows of:
`write` it piece by piece, `seal` it (durable now, but still an arrival), let the database commit the file, and only
then `place` it. What a crash left between is settled by `recover`, which asks the database, at the next start.
A key is random, and the only name that a content ever has.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import BinaryIO, Protocol

# Tells which of these keys belong to committed files.
Known = Callable[[Collection[str]], Awaitable[set[str]]]


class Arrival(Protocol):
    """A content on its way in."""

    key: str

    async def file(self) -> BinaryIO:
        """What there is of it, as a file at its start, for a thread; the caller closes it."""

    async def size(self) -> int:
        """How many bytes there are."""

    async def seal(self) -> None:
        """Return when every byte is durable."""

    async def place(self) -> None:
        """Make it a content like any other; the database knows it."""

    def discard(self) -> None:
        """Forget all of it. Does not wait, so that a cancelled request can call it too."""

    def abandon(self) -> None:
        """Leave it to `recover`, when nobody knows whether the database has it. Does not wait."""


class Incoming(Arrival, Protocol):
    """A content that comes through us. Its file may be written too, until it is sealed."""

    async def write(self, data: bytes) -> None:
        """Append a piece."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    """How a browser brings a content to the store by itself: a form of these fields, and the `file` after them."""

    url: str
    fields: dict[str, str]


class BlobStore(Protocol):
    """Keeps contents by key."""

    def receive(self) -> Incoming:
        """Begin a new content."""

    async def open(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces. Raises at once: BlobMissing when there is no such content,
        OSError when the store can't be asked.
        """

    def link(self, key: str, content_type: str, disposition: str) -> str | None:
        """Where the content can be fetched without us for a short while, None when it can't."""

    def form(self, upload_id: str, size: int, seconds: int) -> UploadForm | None:
        """How exactly `size` bytes can be brought without us under that id, None when they can't."""

    async def adopt(self, upload_id: str) -> Arrival:
        """What was brought, as an arrival of its own that nobody outside can change. Raises BlobMissing."""

    async def forget(self, upload_id: str) -> None:
        """Remove what was brought; nothing happens when there is nothing."""

    async def remove(self, key: str) -> None:
        """Remove a content; nothing happens when it is gone already."""

    async def recover(self, known: Known) -> None:
        """Settle arrivals that nobody works on: place what the database knows, remove the rest."""

    async def check(self) -> None:
        """Raise OSError when contents can't be stored right now."""


class BlobMissing(Exception):
    """The database knows a content that the store does not have."""
