"""Who is calling: access tokens and tickets, less what auth has taken back since.

Keys come from auth once and are kept, so that tokens are checked while auth is away. What auth took back comes twice:
as events the moment it happens, and from auth's own log every second, so that neither a lost event nor a restart of
this gateway lets an ended session in. Until that log has been read once, nobody is let in.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from services.gateway.revocations import MEMORY_SECONDS, Change, Revocations, oldest_that_matters
from shared.bus import Bus
from shared.events import Envelope
from shared.problems import Problem, Unauthorized, Unavailable
from shared.tokens import AccessVerifier, KeyDirectory

HEARD = ("auth.session.*.revoked", "auth.user.*.role_changed", "auth.user.*.deleted")
PAGE = 500
POLL_SECONDS = 1.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody logged in. `expires_at` is when the token ends (seconds since the epoch)."""

    user_id: str
    session_id: str
    role: str
    expires_at: float


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
        self._verifier = AccessVerifier(KeyDirectory(self._fetch_keys))
        self._revocations = Revocations()
        self._epoch, self._cursor = "", 0
        self._reading = asyncio.Lock()
        self._asked = self._served = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens to auth for as long as the context is open."""
        for subject in HEARD:
            await self._bus.subscribe(subject, self._heard)
        polling = asyncio.create_task(self._poll(), name="revocations")
        try:
            yield
        finally:
            polling.cancel()
            await asyncio.gather(polling, return_exceptions=True)

    async def authenticate(self, token: str) -> Session:
        """The session of an access token; Unauthorized when it has none (any more), Unavailable when we cannot say."""
        claims = await self._verifier.verify(token)
        if claims.exp - claims.iat > MEMORY_SECONDS:
            raise Unauthorized(detail="The token lives longer than any token may.")
        return self._standing(claims.sub, claims.sid, claims.role, float(claims.iat), float(claims.exp))

    async def redeem_ticket(self, ticket: str) -> Session:
        """The session of a single-use ticket; Unauthorized when it was used, has expired or never was."""
        found = await self._bus.request("rpc.auth.tickets.redeem", {"ticket": ticket})
        return self._standing(found["sub"], found["sid"], found["role"], time.time(), float(found["exp"]))

    async def refresh_revocations(self) -> None:
        """Returns once everything that auth committed before this call is in force here."""
        self._asked += 1
        mine = self._asked
        async with self._reading:
            if self._served >= mine:
                return  # the read that just ended began after we asked
            begun = self._asked
            await self._read_log()
            self._served = begun

    async def ready(self) -> None:
        """Readiness: raises until auth's log has been read once."""
        if not self._epoch:
            raise Unavailable("What auth has revoked is not known yet.")

    def _standing(self, user_id: str, session_id: str, role: str, issued_at: float, expires_at: float) -> Session:
        if not self._epoch:
            raise Unavailable("Sessions cannot be checked yet.")
        if self._revocations.ended(session_id, user_id):
            raise Unauthorized("session_revoked", "This session has ended.")
        return Session(user_id, session_id, self._revocations.role(user_id, role, issued_at), expires_at)

    async def _fetch_keys(self) -> dict[str, Any]:
        keys: dict[str, Any] = await self._bus.request("rpc.auth.jwks", {})
        return keys

    async def _poll(self) -> None:
        while True:
            try:
                await self.refresh_revocations()
            except Problem as away:
                log.debug("auth's log cannot be read now", reason=away.detail)
            except Exception:
                log.exception("reading auth's log failed")
            await asyncio.sleep(POLL_SECONDS)

    async def _heard(self, message: Any) -> None:
        for event in orjson.loads(message.data):
            self._apply(event)

    async def _read_log(self) -> None:
        while True:
            page = await self._bus.request("rpc.auth.outbox", {"after": self._cursor, "limit": PAGE})
            if page["epoch"] != self._epoch:
                await self._read_backwards()
                return
            for event in page["events"]:
                self._cursor = self._apply(event)
            if not page["events"] or self._cursor >= page["last"]:
                return

    async def _read_backwards(self) -> None:
        """A log new to us (we started, or auth was restored): from its end back to what no longer matters."""
        end = await self._bus.request("rpc.auth.outbox", {"after": 0, "limit": 1})
        oldest, start = oldest_that_matters(), int(end["last"])
        while start > 0:
            start = max(0, start - PAGE)
            page = await self._bus.request("rpc.auth.outbox", {"after": start, "limit": PAGE})
            for event in page["events"]:
                self._apply(event)
            if not page["events"] or Envelope.model_validate(page["events"][0]).at < oldest:
                break
        self._epoch, self._cursor = end["epoch"], int(end["last"])

    def _apply(self, raw: dict[str, Any]) -> int:
        event = Envelope.model_validate(raw)
        if event.producer == "auth":
            for change in self._revocations.apply(event):
                self._tell(change)
        return event.id

    def _tell(self, change: Change) -> None:
        if change.kind == "role":
            for heard_role in self.on_role_changed:
                heard_role(change.subject_id, change.detail)
        elif change.kind == "user":
            for heard_end in self.on_user_deleted:
                heard_end(change.subject_id)
        else:
            for heard_revoked in self.on_revoked:
                heard_revoked(change.subject_id, change.detail)
