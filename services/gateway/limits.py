"""The limits of HTTP.md: how often one user or one address may do a thing.

Fixed windows that open with the first hit, so that `Retry-After` is exact. Counted in Redis when there is one (then
all gateways count together), else here. A Redis that fails makes limits count here for a while: neither open nor
closed, and counted in `parley_limits_fallback_total`.
"""

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from limits import RateLimitItem, parse
from limits.errors import StorageError

from services.gateway.windows import LocalWindows, Windows
from shared.metrics import counter
from shared.problems import TooMany

T = TypeVar("T")
FALLBACKS = counter("parley_limits_fallback", "Limits counted locally because the shared store failed")
RETRY_STORE_AFTER = 2.0


class Limits:
    """Named limits; a name that is `off` never refuses."""

    def __init__(self, rules: Mapping[str, str], shared: Windows | None = None) -> None:
        self._rules = {name: parse_rule(rule) for name, rule in rules.items()}
        self._local = LocalWindows()
        self._shared = shared
        self._shared_again_at = 0.0

    async def hit(self, name: str, key: str) -> None:
        """Count one, or raise TooMany."""
        item = self._rules[name]
        if item is None:
            return
        wait = await self._ask(lambda windows: _count(windows, item, item.key_for(name, key)))
        if wait is not None:
            raise _too_many(item, wait)

    async def spent(self, name: str, key: str) -> None:
        """Raise TooMany when nothing is left; counts nothing."""
        item = self._rules[name]
        if item is None:
            return
        wait = await self._ask(lambda windows: _count(windows, item, item.key_for(name, key), 0))
        if wait is not None:
            raise _too_many(item, wait)

    async def note(self, name: str, key: str) -> None:
        """Count one, whatever is left."""
        if item := self._rules[name]:
            await self._ask(lambda windows: windows.incr(item.key_for(name, key), item.get_expiry()))

    async def undo(self, name: str, key: str) -> None:
        """Take one hit back: it turned out not to be of the kind that is limited."""
        if item := self._rules[name]:
            await self._ask(lambda windows: windows.incr(item.key_for(name, key), item.get_expiry(), -1))

    async def clear(self, name: str, key: str) -> None:
        """Start anew: what was counted is forgiven."""
        if item := self._rules[name]:
            await self._ask(lambda windows: windows.clear(item.key_for(name, key)))

    def rule(self, name: str) -> tuple[int, int] | None:
        """(amount, seconds) of a limit, for who counts within one object (frames of a socket); None when off."""
        item = self._rules[name]
        return (item.amount, item.get_expiry()) if item else None

    async def _ask(self, question: Callable[[Windows], Awaitable[T]]) -> T:
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                return await question(self._shared)
            except StorageError:
                FALLBACKS.inc()
                self._shared_again_at = time.monotonic() + RETRY_STORE_AFTER
        return await question(self._local)


async def _count(windows: Windows, item: RateLimitItem, key: str, hits: int = 1) -> int | None:
    """Count a hit, or look whether there is room for one (0); seconds to wait when it was one too many."""
    if await windows.incr(key, item.get_expiry(), hits) < item.amount + hits:
        return None
    return max(1, math.ceil(await windows.get_expiry(key) - time.time()))


def _too_many(item: RateLimitItem, wait: int) -> TooMany:
    most, seconds = item.amount, item.get_expiry()
    return TooMany("rate_limited", f"No more than {most} in {seconds} seconds.", wait, most=most, seconds=seconds)


def parse_rule(rule: str) -> RateLimitItem | None:
    """`N/period` as `limits` reads it, or `off`. ValueError when it is neither."""
    return None if rule.strip().lower() == "off" else parse(rule)
