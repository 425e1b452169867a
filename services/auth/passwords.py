"""How passwords are kept: argon2id, in a few threads of their own, so that a flood of logins stalls nobody else."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from passlib.context import CryptContext  # type: ignore[import-untyped]

from services.auth.password_rules import LONGEST, normalised
from shared.metrics import counter, gauge
from shared.problems import Unavailable

_T = TypeVar("_T")
_LONGEST_WAIT = 5.0
_NICER = 5
_WAITING = gauge("parley_password_jobs", "Passwords being hashed or waiting for it")
_DONE = counter("parley_password_hashes", "Passwords hashed or checked")


class Passwords:
    """Hashes and checks, `threads` at a time; memory is at most `threads` x `memory_kib`, however many wait.

    What would wait behind `queue` others is refused at once, what has waited for five seconds then (503 both), and
    nothing is done for who has gone.
    """

    def __init__(self, *, memory_kib: int = 19 * 1024, rounds: int = 2, threads: int = 2, queue: int = 200) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory_kib,
            argon2__rounds=rounds,
            argon2__parallelism=1,
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords", initializer=_step_back)
        self._most = threads + queue
        self._waiting = 0
        self._counting = threading.Lock()
        self._nobodys = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part; it has a hash ready that nobody's password fits."""
        self._nobodys = await self.hash("nobody's password")
        try:
            yield
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """What is stored of it."""
        return await self._submit(lambda: self._context.hash(normalised(password)))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether it fits, and a new hash to store if the old one was made with other parameters.

        Nobody's (None) fits nothing and takes just as long.
        """
        password = normalised(password)
        possible = bool(stored) and len(password) <= LONGEST
        against = stored if possible and stored else self._nobodys
        text = password[:LONGEST]
        fits, renewed = await self._submit(lambda: self._context.verify_and_update(text, against))
        return (True, renewed) if possible and fits else (False, None)

    async def _submit(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= self._most:
            raise Unavailable("Too many passwords wait to be checked.")
        self._count(1)
        job = self._threads.submit(_in_time, work, time.monotonic())
        # Counted until it is done or dropped, not until its caller has gone: one that runs cannot be stopped.
        job.add_done_callback(self._finished)
        waiting = asyncio.wrap_future(job)
        try:
            done, _ = await asyncio.wait({waiting}, timeout=_LONGEST_WAIT)
        except asyncio.CancelledError:
            waiting.cancel()
            raise
        if not done and job.cancel():  # what has begun is finished
            raise Unavailable("Too many passwords wait to be checked.")
        return await waiting

    def _finished(self, job: "Future[_T]") -> None:
        self._count(-1)
        if not job.cancelled() and job.exception() is None:
            _DONE.inc()

    def _count(self, step: int) -> None:
        with self._counting:
            self._waiting += step
            _WAITING.inc(step)


def _step_back() -> None:
    # Where they compete for a core, the thread that answers everybody else goes first. Only Linux has this by thread.
    if sys.platform == "linux":
        me = threading.get_native_id()
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + _NICER)


def _in_time(work: Callable[[], _T], since: float) -> _T:
    if time.monotonic() - since > _LONGEST_WAIT:
        raise Unavailable("Too many passwords wait to be checked.")
    return work()
