"""How many calls of one costly kind one client may have under way at a time."""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext

from services.gateway.call import Call
from services.gateway.counted import counted
from shared.problems import TooMany

_OPEN = nullcontext()


class Turnstile:
    """Counts what is under way, in this gateway."""

    def __init__(self) -> None:
        self._inside: Counter[tuple[str, str]] = Counter()

    def passed(self, call: Call) -> AbstractContextManager[None]:
        """Hold a place while the block runs; TooMany when the route's are all taken by this client."""
        return _OPEN if call.route.at_once is None else self._held(call, call.route.at_once)

    def _held(self, call: Call, at_once: int) -> AbstractContextManager[None]:
        key = (call.route.path, call.client)
        if self._inside[key] >= at_once:
            raise TooMany("too_many_at_once", f"At most {at_once} of these at a time.", most=at_once)
        return counted(self._inside, key)
