"""Who is calling: access tokens, personal ones and tickets, less what auth has taken back since.

Keys come from auth and are kept, so that tokens are checked while auth is away. What auth took back comes from its log
(auth_log.py); until that has been read once nobody is let in, so a restart lets no ended session in.
"""

import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from services.gateway.auth_log import AuthLog
from services.gateway.personal_tokens import ANYTHING, PersonalTokens, is_personal
from services.gateway.revocations import MEMORY_SECONDS, Change, Revocations
from shared.bus import Bus
from shared.events import Envelope
from shared.problems import Unauthorized, Unavailable
from shared.tokens import AccessVerifier, KeyDirectory


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody logged in. `expires_at` is when the token ends (seconds since the epoch).

    Whoever comes with a personal access token without the scope `admin` has left their role at home.
    """

    user_id: str
    session_id: str
    role: str
    expires_at: float
    plain: bool = False

    def acting(self, role: str) -> str:
        """The role to act in, of who has this one."""
        return "user" if self.plain else role


class Sessions:
    """Turns tokens and tickets into sessions; a Part by `running`."""

    def __init__(self, bus: Bus) -> None:
        self.on_revoked: list[Callable[[str, str], None]] = []
        """Called with (session id, reason) when a session ends."""
        self.on_user_deleted: list[Callable[[str], None]] = []
        """Called with the user id when an account is deleted."""
        self.on_role_changed: list[Callable[[str, str], None]] = []
        """Called with (user id, new role)."""
        self._bus = bus
        self._personal = PersonalTokens(bus)
        self._verifier = AccessVerifier(KeyDirectory(self._fetch_keys))
        self._revocations = Revocations()
        self._log = AuthLog(bus, self._apply, timedelta(seconds=MEMORY_SECONDS))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens to auth for as long as the context is open."""
        async with self._log.followed():
            yield

    async def authenticate(self, token: str, needs: Collection[str] = ANYTHING) -> Session:
        """The session of an access token; Unauthorized when it has none (any more), Unavailable when we cannot say.

        A personal one has to have the scopes that are needed: Forbidden.
        """
        if is_personal(token):
            return await self._personally(token, needs)
        claims = await self._verifier.verify(token)
        if claims.exp - claims.iat > MEMORY_SECONDS:
            raise Unauthorized(detail="The token lives longer than any token may.")
        return self._standing(claims.sub, claims.sid, claims.role, claims.iat, claims.exp)

    async def redeem_ticket(self, ticket: str) -> Session:
        """The session of a single-use ticket; a 401 Problem when it was used, has expired or never was."""
        found = await self._bus.request("rpc.auth.tickets.redeem", {"ticket": ticket})
        return self._standing(found["sub"], found["sid"], found["role"], int(time.time()), found["exp"])

    async def refresh_revocations(self) -> None:
        """Returns once everything that auth committed before this call is in force here."""
        await self._log.refresh()

    async def ready(self) -> None:
        """Readiness: raises until auth's log has been read once."""
        if not self._log.read_once:
            raise Unavailable("What auth has revoked is not known yet.")

    async def _personally(self, token: str, needs: Collection[str]) -> Session:
        grant = await self._personal.recognise(token)
        session = self._standing(grant.user_id, grant.token_id, grant.role, int(grant.asked_at), grant.expires_at)
        grant.require(needs)
        return session if "admin" in grant.scopes else replace(session, role="user", plain=True)

    def _standing(self, user_id: str, session_id: str, role: str, issued_at: int, expires_at: float) -> Session:
        # `issued_at` in whole seconds, rounded down: a role that changed in that second counts.
        if not self._log.read_once:
            raise Unavailable("Sessions cannot be checked yet.")
        if self._revocations.ended(session_id, user_id):
            raise Unauthorized("session_revoked", "This session has ended.")
        return Session(user_id, session_id, self._revocations.role(user_id, role, issued_at), expires_at)

    async def _fetch_keys(self) -> Any:
        return await self._bus.request("rpc.auth.jwks", {})

    def _apply(self, event: Envelope) -> None:
        for change in self._revocations.apply(event):
            self._tell(change)

    def _tell(self, change: Change) -> None:
        if change.kind == "role":
            for role_changed in self.on_role_changed:
                role_changed(change.subject_id, change.detail)
        elif change.kind == "user":
            for user_deleted in self.on_user_deleted:
                user_deleted(change.subject_id)
        else:
            for revoked in self.on_revoked:
                revoked(change.subject_id, change.detail)
