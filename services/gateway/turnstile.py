"""How many calls of one costly kind one client may have under way at a time."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.gateway.call import Call
from shared.problems import TooMany


class Turnstile:
    """Counts what is under way, in this gateway."""

    def __init__(self) -> None:
        self._inside: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def passed(self, call: Call) -> Iterator[None]:
        """Hold a place while the block runs; TooMany when the route's are all taken by this client."""
        if call.route.at_once is None:
            yield
            return
        key = (call.route.path, call.client)
        if self._inside[key] >= call.route.at_once:
            raise TooMany("too_many_at_once", f"At most {call.route.at_once} of these at a time.")
        self._inside[key] += 1
        try:
            yield
        finally:
            self._inside[key] -= 1
            if not self._inside[key]:
                del self._inside[key]
