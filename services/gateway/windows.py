"""Where limits count: in this process (below), or in Redis, whose storage in `limits` has the same three methods."""

import time
from collections.abc import Callable
from typing import Protocol


class Windows(Protocol):
    """Counters that forget: one per key, its window opened by the first hit."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to the key's counter, and say what it is now."""

    async def get_expiry(self, key: str) -> float:
        """When the key's window ends (seconds since the epoch)."""

    async def clear(self, key: str) -> None:
        """Forget the key."""


class LocalWindows:
    """Counters of this gateway alone.

    Own code, because the memory storage of `limits` walks over all its keys in a task or thread at every hit. Memory is
    bounded: past `capacity` keys the expired ones go, and if all are alive the oldest: somebody with that many
    addresses is beyond what a counter per address can stop.
    """

    def __init__(self, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._windows: dict[str, tuple[int, float]] = {}
        self._next_sweep = 0.0

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """See Windows."""
        now = self._clock()
        count, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            self._windows.pop(key, None)
            self._make_room(now)
            count, ends = 0, now + expiry
        count = max(0, count + amount)
        self._windows[key] = (count, ends)
        return count

    async def get_expiry(self, key: str) -> float:
        """See Windows."""
        now = self._clock()
        return time.time() + max(0.0, self._windows.get(key, (0, now))[1] - now)

    async def clear(self, key: str) -> None:
        """See Windows."""
        self._windows.pop(key, None)

    def __len__(self) -> int:
        return len(self._windows)

    def _make_room(self, now: float) -> None:
        if len(self._windows) < self._capacity:
            return
        if now >= self._next_sweep:  # at most once a second: a sweep looks at every key
            self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
            self._next_sweep = now + 1.0
        while len(self._windows) >= self._capacity:
            del self._windows[next(iter(self._windows))]
