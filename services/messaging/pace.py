"""How long a group of commands gathers before it is committed.

What a commit costs hardly depends on how much is in it: when several people write, waiting a moment makes each message
cheaper, and what belongs together leaves together. One person who sends, waits for the ack and sends again never waits.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

GATHER_SECONDS: Final = 0.01


class Pace:
    """Follows who wrote lately and when the last group was begun; times are of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._lately: deque[tuple[float, str]] = deque()
        self._begun_at = float("-inf")

    def arrived(self, user_ids: Iterable[str], now: float) -> None:
        """These people's commands wait now."""
        self._lately.extend((now, user_id) for user_id in user_ids)
        self._forget(now)

    def begin(self, now: float) -> float:
        """The moment to begin the next group at: now, or a little later when more than one person writes."""
        self._forget(now)
        alone = len({user_id for _, user_id in self._lately}) < 2
        self._begun_at = now if alone else max(now, self._begun_at + GATHER_SECONDS)
        return self._begun_at

    def _forget(self, now: float) -> None:
        while self._lately and self._lately[0][0] < now - GATHER_SECONDS:
            self._lately.popleft()
