"""What runs in the background, and ending it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_AGAIN = 1.0


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Have the work done for as long as the context is open."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        await ended(task)


async def ended(task: "asyncio.Task[Any]") -> None:
    """Cancel the task until it has ended, whatever it ends with.

    Once is not enough before Python 3.12: `asyncio.wait_for`, which nats-py waits by, forgets a cancellation that comes
    in the moment of its result.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN)
    if not task.cancelled():
        task.exception()
