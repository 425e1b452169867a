"""Work that is done again and again: when it is due, or when somebody says that there may be something to do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

from shared.problems import Problem
from shared.tasks import in_background

_log = structlog.get_logger(__name__)


class Recurring:
    """Calls `look` for as long as it runs; what it returns is the seconds until it wants to be called again.

    The first call is `first_after` seconds after the start. `after_failure` seconds after it raised anything it is
    called again; `trouble` is then the line in the log.
    """

    def __init__(
        self,
        name: str,
        look: Callable[[], Awaitable[float]],
        *,
        trouble: str,
        first_after: float = 0.0,
        after_failure: float = 1.0,
    ) -> None:
        self._name = name
        self._look = look
        self._trouble = trouble
        self._first_after = first_after
        self._after_failure = after_failure
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something to do now; what is being looked for already is looked for once more."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A part: inside of this it is done."""
        async with in_background(self._run(), self._name):
            yield

    async def _run(self) -> None:
        await self._wait(self._first_after)
        while True:
            self._woken.clear()
            await self._wait(await self._looked())

    async def _looked(self) -> float:
        try:
            return await self._look()
        except Problem as problem:
            _log.warning(self._trouble, reason=problem.detail)
        except Exception:
            _log.exception(self._trouble)
        return self._after_failure

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
