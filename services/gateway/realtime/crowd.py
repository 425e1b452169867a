"""How many sockets one address has open here, whoever they are, and before it is known who that is."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.gateway.counted import counted
from shared.problems import Conflict


class Crowd:
    """Counts by address; `most` is 0 where that does not matter."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def joined(self, address: str) -> Iterator[None]:
        """One more while the block runs; Conflict when there are too many."""
        if not self._most:
            yield
            return
        if self._open[address] >= self._most:
            raise Conflict("too_many_sockets", f"At most {self._most} sockets of one address may be open.")
        with counted(self._open, address):
            yield
