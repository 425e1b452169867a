"""Failed logins are counted by account and address together; after too many, no work is done for a while."""

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from limits import parse

from shared.problems import Problem, TooMany

_MOST_KEPT = 50_000


class Attempts:
    """Windows that open with the first failure. Counted per process; the gateway counts over all of them."""

    def __init__(self, rule: str) -> None:
        item = None if rule.strip().lower() == "off" else parse(rule)
        self._most = item.amount if item else 0
        self._seconds = item.get_expiry() if item else 0
        self._windows: dict[bytes, tuple[float, int]] = {}

    @contextmanager
    def counted(self, account: str, ip: str) -> Iterator[None]:
        """One try: it counts when it ends as bad credentials, and forgives those before when it succeeds.

        It is charged before it is known, else fifty tries at once would all be the first.
        """
        if not self._most:
            yield
            return
        key = hashlib.sha256(f"{account.casefold()}\n{ip}".encode()).digest()
        self._charge(key)
        try:
            yield
        except Problem as problem:
            if problem.code != "bad_credentials":
                self._add(key, -1)
            raise
        except BaseException:
            self._add(key, -1)
            raise
        self._windows.pop(key, None)

    def _charge(self, key: bytes) -> None:
        now = time.monotonic()
        end, count = self._windows.get(key, (0.0, 0))
        if end <= now:
            self._make_room(now)
            end, count = now + self._seconds, 0
        if count >= self._most:
            raise self._too_many(max(1, math.ceil(end - now)))
        self._windows[key] = end, count + 1

    def _add(self, key: bytes, step: int) -> None:
        if key in self._windows:
            end, count = self._windows[key]
            self._windows[key] = end, count + step

    def _make_room(self, now: float) -> None:
        if len(self._windows) >= _MOST_KEPT:
            self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
        while len(self._windows) >= _MOST_KEPT:
            del self._windows[next(iter(self._windows))]

    def _too_many(self, wait: int) -> TooMany:
        return TooMany("rate_limited", "Too many failed attempts.", wait, most=self._most, seconds=self._seconds)
