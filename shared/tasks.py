"""Ending what runs in the background."""

import asyncio
from typing import Any

_AGAIN = 1.0


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
