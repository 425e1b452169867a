"""Threads that work for a loop: which of them works, and that nothing handed in is forgotten."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from shared.database.threads import Threads


@pytest.fixture
def threads() -> Iterator[Threads]:
    three = Threads("toy", 3)
    yield three
    three.close()


async def test_one_that_has_just_worked_works_again_and_the_others_sleep(threads: Threads) -> None:
    together = threading.Barrier(3)
    await asyncio.gather(*[threads.submit(lambda: together.wait(10)) for _ in range(3)])
    # Two, when the next job comes before who did the last one is idle again.
    workers = Counter([await threads.submit(threading.get_ident) for _ in range(100)])
    assert sum(count for _, count in workers.most_common(2)) > 90


async def test_more_jobs_than_threads_are_all_done(threads: Threads) -> None:
    gate = threading.Event()
    blocked = [threads.submit(lambda: gate.wait(10)) for _ in range(3)]
    done: list[int] = []
    waiting = [threads.submit(lambda number=number: done.append(number)) for number in range(200)]  # type: ignore[misc]
    assert threads.unfinished == 203
    gate.set()
    await asyncio.gather(*blocked, *waiting)
    assert sorted(done) == list(range(200))
    assert threads.unfinished == 0


async def test_what_was_handed_in_before_the_end_is_done(threads: Threads) -> None:
    gate = threading.Event()
    done = [threads.submit(lambda: gate.wait(10)) for _ in range(20)]
    closing = asyncio.create_task(asyncio.to_thread(threads.close))
    gate.set()
    assert await asyncio.gather(*done) == [True] * 20
    await closing
    with pytest.raises(RuntimeError, match="have ended"):
        threads.submit(lambda: None)


async def test_an_error_and_a_cancellation_do_not_end_a_thread(threads: Threads) -> None:
    gate = threading.Event()
    blocked = [threads.submit(lambda: gate.wait(10)) for _ in range(3)]
    ran: list[int] = []
    unwanted = threads.submit(lambda: ran.append(1))
    unwanted.cancel()
    failing = threads.submit(lambda: int("x"))
    gate.set()
    with pytest.raises(ValueError):
        await failing
    await asyncio.gather(*blocked)
    assert await threads.submit(lambda: 7) == 7
    assert ran == []
