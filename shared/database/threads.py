"""Threads that work for an event loop.

Own code, because it is on the way of every call: what an executor keeps for each of its jobs, and asyncio in order to
follow it, costs as much as waking the thread does.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

_R = TypeVar("_R")


class Threads:
    """At most so many; another one is started when all are at work."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._threads: list[threading.Thread] = []
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self.unfinished = 0
        """How many jobs wait or are worked on."""

    def submit(self, work: Callable[[], _R]) -> "asyncio.Future[_R]":
        """Have the work done in the caller's context; if nobody awaits it any more when its turn comes, it is not."""
        if self._closed:
            raise RuntimeError(f"the threads called {self._name} have ended")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_R] = loop.create_future()
        future.add_done_callback(self._finished)
        self.unfinished += 1
        if len(self._threads) < min(self._most, self.unfinished):
            self._start()
        self._jobs.put(_Job(work, contextvars.copy_context(), loop, future))
        return future

    def close(self) -> None:
        """Return when all that was handed in is done."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        name = f"{self._name}_{len(self._threads)}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.carry_out()
            del job  # or its work would be kept until the next

    def _finished(self, _: object) -> None:
        self.unfinished -= 1


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Any]
    context: contextvars.Context
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"

    def carry_out(self) -> None:
        if self.future.cancelled():
            return
        result, error = None, None
        try:
            result = self.context.run(self.work)
        except BaseException as exc:
            error = exc
        with suppress(RuntimeError):  # a loop that was closed waits for nothing
            self.loop.call_soon_threadsafe(_settle, self.future, result, error)


def _settle(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
