"""Pictures, looked into by a few threads of their own.

Pillow is loaded when the first picture comes: most processes never need its memory.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from services.files.blobs import Arrival

_T = TypeVar("_T")
# Each may hold a whole picture of the largest size, twice.
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What is still decoded: pixels of all frames together, and frames."""

    pixels: int
    frames: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What clients are told of a picture; the hash is BlurHash's, to be shown until the picture is there."""

    width: int
    height: int
    blurhash: str


class Pictures:
    """Rewrites pictures from arrival to arrival."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="pictures")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part that waits at the end for the pictures in work."""
        try:
            yield
        finally:
            await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    async def rewrite(self, source: Arrival, content_type: str, content: Arrival, thumbnail: Arrival) -> Picture:
        """Write the picture anew, upright and without anything but the picture, and its thumbnail (WebP).

        Raises TooLarge before anything big is decoded, UnsupportedMedia when it can't be read.
        """

        def work(source: BinaryIO, content: BinaryIO, thumbnail: BinaryIO) -> Picture:
            from services.files import imaging

            return imaging.rewrite(source, content_type, self._limits, content, thumbnail)

        return await self._run(work, source, content, thumbnail)

    async def square(self, source: Arrival, content_type: str, target: Arrival) -> None:
        """Write the middle of the picture as a small square (WebP); raises as `rewrite` does."""

        def work(source: BinaryIO, target: BinaryIO) -> None:
            from services.files import imaging

            imaging.square(source, content_type, self._limits, target)

        await self._run(work, source, target)

    async def _run(self, work: Callable[..., _T], *arrivals: Arrival) -> _T:
        with ExitStack() as stack:
            files = [stack.enter_context(await arrival.file()) for arrival in arrivals]
            future = self._threads.submit(work, *files)
            # Not by whoever waits: that may be cancelled while a thread still writes to a descriptor.
            close = stack.pop_all().close
            future.add_done_callback(lambda _: close())
        return await asyncio.wrap_future(future)
