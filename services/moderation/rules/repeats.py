"""Who said the same how often lately. Kept in memory, bounded, and together with the other replicas."""

from collections import OrderedDict, deque
from hashlib import blake2b

_MOST = 20_000
_MOST_TIMES = 20
_MOST_NEWS = 10_000
Key = tuple[str, str, str]


class Repeats:
    """The last times of each text, by room, author and digest. `news` is what was counted here since it was taken."""

    def __init__(self) -> None:
        self._times: OrderedDict[Key, deque[float]] = OrderedDict()
        self.news: deque[Key] = deque(maxlen=_MOST_NEWS)

    def count(self, room_id: str, author_id: str, text: str, now: float, seconds: float) -> int:
        """How often within these seconds, this time included. `now` is of a clock that only goes forward."""
        key = (room_id, author_id, _digest(text))
        self.news.append(key)
        return sum(at > now - seconds for at in self._note(key, now))

    def heard(self, key: Key, now: float) -> None:
        """Another replica has counted it a moment ago."""
        self._note(key, now)

    def _note(self, key: Key, now: float) -> deque[float]:
        times = self._times.pop(key, None) or deque(maxlen=_MOST_TIMES)
        times.append(now)
        self._times[key] = times
        if len(self._times) > _MOST:
            self._times.popitem(last=False)
        return times


def _digest(text: str) -> str:
    """The same in every process, without regard to case and spaces."""
    said = " ".join(text.casefold().split())
    return blake2b(said.encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()
