"""Everything that one request brings to the store: all of it stays, or nothing."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog

from services.files.blobs import Arrival, BlobStore, Incoming
from shared.problems import Problem, Unavailable

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
_A = TypeVar("_A", bound=Arrival)
_settling: set[asyncio.Task[Any]] = set()


class Arrivals:
    """Received, sealed, decided on by the database, placed: in this order."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._all: list[Arrival] = []

    def new(self) -> Incoming:
        """One more."""
        return self.add(self._blobs.receive())

    def add(self, arrival: _A) -> _A:
        """One that began elsewhere."""
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

    @contextmanager
    def unless_it_fails(self) -> Iterator[None]:
        """Discards everything when the block raises; what the store can't do is Unavailable."""
        try:
            yield
        except OSError as exc:
            self._discard()
            _log.error("a content can't be stored", error=repr(exc))
            raise Unavailable("Files can't be stored at the moment.", retry_after=5) from exc
        except BaseException:
            self._discard()
            raise

    async def commit(self, writing: Coroutine[Any, Any, _T], is_new: Callable[[_T], bool] = lambda answer: True) -> _T:
        """What the database answers. When that is no new answer, nothing that was brought is needed.

        From here on the database decides, and a client that goes away must not make us miss what it says.
        """
        settling = asyncio.create_task(self._settle(writing, is_new))
        _settling.add(settling)
        settling.add_done_callback(_settling.discard)
        return await asyncio.shield(settling)

    async def _settle(self, writing: Coroutine[Any, Any, _T], is_new: Callable[[_T], bool]) -> _T:
        try:
            answer = await writing
        except BaseException as exc:
            if isinstance(exc, Problem) and not isinstance(exc, Unavailable):
                self._discard()
            else:
                # The commit may have happened, and only its answer been lost.
                for arrival in self._all:
                    arrival.abandon()
            raise
        if is_new(answer):
            await self._place()
        else:
            self._discard()
        return answer

    async def _place(self) -> None:
        for arrival in self._all:
            try:
                await arrival.place()
            except OSError as exc:
                # It is committed, and can be read where it is until it is placed by the sweeper.
                _log.error("a content can't be placed yet", error=repr(exc))

    def _discard(self) -> None:
        for arrival in self._all:
            arrival.discard()
