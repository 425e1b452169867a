"""Who said the same how often lately. Kept in memory, by each replica for what it reviews, and bounded."""

from collections import OrderedDict, deque

_MOST = 20_000
_MOST_TIMES = 20


class Repeats:
    """The last times of each text, by room and author."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str, int], deque[float]] = OrderedDict()

    def count(self, room_id: str, author_id: str, text: str, now: float, seconds: float) -> int:
        """How often within these seconds, this time included. `now` is of a clock that only goes forward."""
        key = (room_id, author_id, hash(" ".join(text.casefold().split())))
        times = self._times.pop(key, None) or deque(maxlen=_MOST_TIMES)
        times.append(now)
        self._times[key] = times
        if len(self._times) > _MOST:
            self._times.popitem(last=False)
        return sum(at > now - seconds for at in times)
