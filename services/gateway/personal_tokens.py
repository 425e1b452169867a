"""Personal access tokens: opaque, so auth is asked what one is good for; its word is kept for some minutes.

A revoked one is out at once all the same: auth's log names it like an ended session (sessions.py).
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from shared.bus import Bus
from shared.problems import Forbidden, Unauthorized

PREFIX: Final = "parley_"
ANYTHING: Final = ("read", "write")
"""What a socket may do, so what a token must be good for to open one."""
FRESH_SECONDS: Final = 300.0
_MOST_KEPT: Final = 10_000
_LONGEST: Final = 128


@dataclass(frozen=True, slots=True)
class Grant:
    """What auth said of a token, and when (seconds since the epoch)."""

    user_id: str
    token_id: str
    role: str
    scopes: frozenset[str]
    expires_at: float
    asked_at: float

    def require(self, needs: Collection[str]) -> None:
        """Forbidden unless the token is good for all of these."""
        if missing := sorted(set(needs) - self.scopes):
            raise Forbidden("insufficient_scope", f"This takes a token with the scope {' and '.join(missing)}.")


def is_personal(token: str) -> bool:
    """Whether it looks like one; access tokens and tickets don't."""
    return token.startswith(PREFIX)


class PersonalTokens:
    """Asks auth, and remembers the answers by digest."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._kept: dict[str, Grant] = {}

    async def recognise(self, token: str) -> Grant:
        """What the token is good for; Unauthorized when it is nobody's (any more), Unavailable when we cannot say."""
        if len(token) > _LONGEST or not token.isascii():
            raise Unauthorized(detail="The access token is not valid.")
        digest = sha256(token.encode()).hexdigest()
        now, grant = time.time(), self._kept.get(digest)
        if grant is None or not now < grant.asked_at + FRESH_SECONDS <= now + FRESH_SECONDS:
            grant = await self._ask(digest, now)
        if grant.expires_at <= now:
            raise Unauthorized(detail="The access token has expired.")
        return grant

    async def _ask(self, digest: str, now: float) -> Grant:
        self._kept.pop(digest, None)
        said = await self._bus.request("rpc.auth.tokens.recognise", {"digest": digest})
        grant = Grant(said["sub"], said["sid"], said["role"], frozenset(said["scopes"]), said["exp"], now)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[digest] = grant
        return grant
