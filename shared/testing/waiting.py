"""Waiting for a condition, with a deadline, instead of sleeping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

_T = TypeVar("_T")
_PAUSE = 0.01


@overload
async def eventually(condition: Callable[[], Awaitable[_T]], within: float = 10.0) -> _T: ...


@overload
async def eventually(condition: Callable[[], _T], within: float = 10.0) -> _T: ...


async def eventually(condition: Callable[[], Any], within: float = 10.0) -> Any:
    """The first true value that `condition` gives. While it raises AssertionError or gives a false value, again.

    Past the deadline the last AssertionError is raised.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            result = condition()
            value = await result if inspect.isawaitable(result) else result
            if value:
                return value
            error = AssertionError(f"still {value!r} after {within} s")
        except AssertionError as failed:
            error = failed
        if time.monotonic() > deadline:
            raise error
        await asyncio.sleep(_PAUSE)
