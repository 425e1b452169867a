"""Whether somebody looks at a socket: it says something now and then, and its client has not said "away".

Somebody is away when none of their sockets, on any gateway, is looked at (REALTIME.md, *presence*).
"""

import asyncio

from services.gateway.realtime.presence import ATTENTIVE, Presence


class Attention:
    """One socket's share of its person's attention."""

    def __init__(self, presence: Presence, user_id: str, patience: float) -> None:
        self._presence = presence
        self._user_id = user_id
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._counted = False
        self._said_away = False

    def begin(self) -> None:
        """The socket is open."""
        self._timer = self._loop.call_later(self._patience, self._look)
        self.frame()

    def frame(self) -> None:
        """The socket has said something."""
        self._last = self._loop.time()
        if not self._said_away:
            self._count(True)

    def say(self, away: bool) -> None:
        """The client tells by itself; what it said holds until it says otherwise."""
        self._said_away = away
        self._count(not away)

    def end(self) -> None:
        """The socket is gone."""
        if self._timer is not None:
            self._timer.cancel()
        self._count(False)

    def _look(self) -> None:
        left = self._last + self._patience - self._loop.time()
        if left <= 0:
            self._count(False)
        self._timer = self._loop.call_later(left if left > 0 else self._patience, self._look)

    def _count(self, attentive: bool) -> None:
        if attentive == self._counted:
            return
        self._counted = attentive
        if attentive:
            self._presence.enter(ATTENTIVE, self._user_id)
        else:
            self._presence.leave(ATTENTIVE, self._user_id)
