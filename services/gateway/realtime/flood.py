"""How much one socket may say: frames of any kind in a window, and mistakes in a minute."""

import math
import time
from typing import Literal

_MISTAKES = 20
_MISTAKE_WINDOW = 60.0


class Flood:
    """Counts one socket's frames; twice the limit within a window is the end of it."""

    def __init__(self, amount: int | None, seconds: float) -> None:
        self._amount = amount
        self._seconds = seconds
        self._frames = 0
        self._since = time.monotonic()
        self._mistakes = 0
        self._mistakes_since = self._since

    def frame(self) -> Literal["pass", "refuse", "close"]:
        """Count a frame."""
        if self._amount is None:
            return "pass"
        now = time.monotonic()
        if now - self._since >= self._seconds:
            self._since, self._frames = now, 0
        self._frames += 1
        if self._frames > 2 * self._amount:
            return "close"
        return "refuse" if self._frames > self._amount else "pass"

    def retry_after(self) -> int:
        """Whole seconds until frames are taken again."""
        return max(1, math.ceil(self._since + self._seconds - time.monotonic()))

    def mistake(self) -> bool:
        """Count a bad frame; True when there were too many."""
        now = time.monotonic()
        if now - self._mistakes_since >= _MISTAKE_WINDOW:
            self._mistakes_since, self._mistakes = now, 0
        self._mistakes += 1
        return self._mistakes > _MISTAKES
