"""What auth has taken back lately: sessions that ended, people who left, roles that changed."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from shared.events import Envelope

MEMORY_SECONDS = 3600.0
"""No access token lives longer than this (sessions.py refuses one that would), so nothing older matters."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that open sockets must hear of. `subject_id` is a session for `session`, else a user."""

    kind: Literal["session", "user", "role"]
    subject_id: str
    detail: str


class Revocations:
    """A memory of one hour. Applying an event twice, or late, changes nothing."""

    def __init__(self) -> None:
        self._sessions: dict[str, float] = {}
        self._users: dict[str, float] = {}
        self._roles: dict[str, tuple[float, str]] = {}
        self._next_sweep = 0.0

    def apply(self, event: Envelope) -> Iterator[Change]:
        """Take note of an event; what is new in it."""
        at, data = event.at.timestamp(), event.data
        if event.type == "session.revoked":
            session_id = str(data["session_id"])
            if session_id not in self._sessions:
                self._sessions[session_id] = at
                yield Change("session", session_id, "revoked")
        elif event.type == "user.deleted":
            user_id = str(data["user_id"])
            if user_id not in self._users:
                self._users[user_id] = at
                yield Change("user", user_id, "deleted")
        elif event.type == "user.role_changed":
            user_id, role = str(data["user_id"]), str(data["role"])
            if self._roles.get(user_id, (0.0, ""))[0] < at:
                self._roles[user_id] = (at, role)
                yield Change("role", user_id, role)
        self._sweep(time.time())

    def ended(self, session_id: str, user_id: str) -> bool:
        """Whether this session, or its person's account, is no more."""
        return session_id in self._sessions or user_id in self._users

    def role(self, user_id: str, role: str, issued_at: float) -> str:
        """The role a token carries, unless it changed after the token was issued."""
        changed_at, newer = self._roles.get(user_id, (0.0, role))
        return newer if changed_at >= issued_at else role

    def _sweep(self, now: float) -> None:
        if now < self._next_sweep:
            return
        self._next_sweep, oldest = now + MEMORY_SECONDS / 4, now - MEMORY_SECONDS
        self._sessions = {key: at for key, at in self._sessions.items() if at > oldest}
        self._users = {key: at for key, at in self._users.items() if at > oldest}
        self._roles = {key: change for key, change in self._roles.items() if change[0] > oldest}
