"""Threads that work for an event loop.

Own code, because it is on the way of every call: what an executor keeps for each of its jobs, and asyncio in order to
follow it, costs as much as waking the thread does.
"""

import asyncio
import contextvars
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

_R = TypeVar("_R")


class Threads:
    """At most so many; another one is started when all are at work.

    Each waits at a door of its own. At a queue for all of them whoever takes a job wakes the next one, to find nothing.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._waiting: deque[_Job] = deque()
        self._idle: list[_Door] = []
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
        self._hand_out(_Job(work, contextvars.copy_context(), loop, future))
        return future

    def close(self) -> None:
        """Return when all that was handed in is done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for door in idle:
            door.put(None)
        for thread in self._threads:
            thread.join()

    def _hand_out(self, job: "_Job") -> None:
        with self._lock:
            door = self._idle.pop() if self._idle else None  # the last one to have worked: its memory is warm
            if door is None:
                self._waiting.append(job)
        if door is not None:
            door.put(job)
        elif len(self._threads) < self._most:
            self._start()

    def _start(self) -> None:
        name = f"{self._name}_{len(self._threads)}"
        thread = threading.Thread(target=self._work, args=(SimpleQueue(),), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self, door: "_Door") -> None:
        while (job := self._next(door)) is not None:
            job.carry_out()
            del job  # or its work would be kept until the next

    def _next(self, door: "_Door") -> "_Job | None":
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._closed:
                return None
            self._idle.append(door)
        return door.get()

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


_Door = SimpleQueue[_Job | None]
