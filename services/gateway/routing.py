"""Routing as data: which service answers which call, and what the gateway checks before it asks.

The table is the whole truth: a path that is not in it is 404 at the gateway, a path that is in it with another
method is 405. A test compares it with every service's committed contract, in both directions.
"""

from dataclasses import dataclass
from typing import Final, Literal

Body = Literal["small", "upload", "picture"]
LimitClass = Literal["register", "login", "messages", "uploads"]

API: Final = "/api/v1"
SMALL: Final = 256 * 1024
CREDENTIALS: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the public contract; `path` is relative to /api/v1."""

    service: str
    method: str
    path: str
    open: bool = False
    """Answered without a token."""
    body: Body = "small"
    """`small` (JSON or a form) is read whole; `upload` and `picture` are streamed, as large as the settings allow."""
    body_limit: int = SMALL
    streams: bool = False
    """The answer may be large: it is passed on piece by piece and may take its time."""
    limit: LimitClass | None = None
    """The limit of its own that the call has, besides the one for all calls."""
    at_once: int | None = None
    """How many of these one client may have under way at a time; None: any number."""
    hashes: bool = False
    """Auth hashes a password for it: many of these wait here, not on connections that others need."""
    ends_sessions: bool = False
    """Answered only once this gateway knows which sessions the call ended and whose role it changed."""
    refusal_ends_sessions: bool = False
    """The same for a call that ends one by being refused. What it grants is passed on, whatever this gateway knows."""


# fmt: off
ROUTES: Final = (
    Route("auth", "POST", "/auth/register", open=True, body_limit=CREDENTIALS, limit="register", hashes=True),
    Route("auth", "POST", "/auth/login", open=True, body_limit=CREDENTIALS, limit="login", hashes=True),
    Route("auth", "POST", "/auth/refresh", open=True, body_limit=CREDENTIALS, refusal_ends_sessions=True),
    Route("auth", "POST", "/auth/logout", ends_sessions=True),
    Route("auth", "POST", "/auth/logout-all", ends_sessions=True),
    Route("auth", "GET", "/auth/sessions"),
    Route("auth", "DELETE", "/auth/sessions/{session_id}", ends_sessions=True),
    Route("auth", "POST", "/auth/ws-ticket"),
    Route("auth", "PUT", "/auth/password", body_limit=CREDENTIALS, ends_sessions=True, hashes=True),
    Route("auth", "POST", "/auth/password/forgot", open=True, body_limit=CREDENTIALS, limit="register"),
    Route("auth", "POST", "/auth/password/reset", open=True, body_limit=CREDENTIALS, ends_sessions=True, hashes=True),
    Route("auth", "POST", "/auth/email/verification"),
    Route("auth", "POST", "/auth/email/verify", open=True, body_limit=CREDENTIALS),
    Route("auth", "GET", "/auth/tokens"),
    Route("auth", "POST", "/auth/tokens", body_limit=CREDENTIALS),
    Route("auth", "DELETE", "/auth/tokens/{token_id}", ends_sessions=True),
    Route("auth", "GET", "/auth/invites"),
    Route("auth", "POST", "/auth/invites"),
    Route("auth", "DELETE", "/auth/invites/{invite_id}"),
    Route("auth", "GET", "/.well-known/jwks.json", open=True),
    Route("auth", "GET", "/users/me"),
    Route("auth", "PUT", "/users/me"),
    Route("auth", "DELETE", "/users/me", body_limit=CREDENTIALS, ends_sessions=True, hashes=True),
    Route("auth", "GET", "/users/me/export", streams=True, at_once=1),
    Route("auth", "GET", "/users/me/blocks"),
    Route("auth", "GET", "/users"),
    Route("auth", "GET", "/users/{user_id}"),
    Route("auth", "PUT", "/users/{user_id}/role", ends_sessions=True),
    Route("auth", "POST", "/users/{user_id}/ban", ends_sessions=True),
    Route("auth", "DELETE", "/users/{user_id}/ban"),
    Route("auth", "PUT", "/users/{user_id}/block"),
    Route("auth", "DELETE", "/users/{user_id}/block"),
    Route("gateway", "GET", "/users/{user_id}/presence"),
    Route("gateway", "GET", "/rooms/{room_id}/presence"),
    Route("rooms", "GET", "/rooms"),
    Route("rooms", "POST", "/rooms"),
    Route("rooms", "GET", "/rooms/{room_id}"),
    Route("rooms", "PUT", "/rooms/{room_id}"),
    Route("rooms", "DELETE", "/rooms/{room_id}"),
    Route("rooms", "POST", "/rooms/{room_id}/join"),
    Route("rooms", "POST", "/rooms/{room_id}/leave"),
    Route("rooms", "GET", "/rooms/{room_id}/members"),
    Route("rooms", "PUT", "/rooms/{room_id}/members/{user_id}"),
    Route("rooms", "DELETE", "/rooms/{room_id}/members/{user_id}"),
    Route("rooms", "POST", "/rooms/{room_id}/invites"),
    Route("rooms", "GET", "/rooms/{room_id}/invites"),
    Route("rooms", "DELETE", "/rooms/{room_id}/invites/{code}"),
    Route("rooms", "GET", "/invites"),
    Route("rooms", "POST", "/dms/{user_id}"),
    Route("rooms", "GET", "/dms"),
    Route("messaging", "GET", "/rooms/{room_id}/messages"),
    Route("messaging", "POST", "/rooms/{room_id}/messages", limit="messages"),
    Route("messaging", "GET", "/messages/{message_id}"),
    Route("messaging", "PUT", "/messages/{message_id}", limit="messages"),
    Route("messaging", "DELETE", "/messages/{message_id}", limit="messages"),
    Route("messaging", "GET", "/messages/{message_id}/history"),
    Route("messaging", "POST", "/messages/{message_id}/react", limit="messages"),
    Route("messaging", "DELETE", "/messages/{message_id}/react/{emoji}", limit="messages"),
    Route("messaging", "PUT", "/messages/{message_id}/pin", limit="messages"),
    Route("messaging", "DELETE", "/messages/{message_id}/pin", limit="messages"),
    Route("messaging", "GET", "/rooms/{room_id}/pins"),
    Route("messaging", "GET", "/rooms/{room_id}/search", at_once=2),
    Route("messaging", "PUT", "/rooms/{room_id}/read"),
    Route("messaging", "GET", "/rooms/unread"),
    Route("messaging", "GET", "/rooms/{room_id}/scheduled"),
    Route("messaging", "PUT", "/scheduled/{schedule_id}", limit="messages"),
    Route("messaging", "DELETE", "/scheduled/{schedule_id}"),
    Route("messaging", "GET", "/rooms/{room_id}/held"),
    Route("messaging", "DELETE", "/held/{held_id}"),
    Route("moderation", "POST", "/rooms/{room_id}/mute/{user_id}"),
    Route("moderation", "DELETE", "/rooms/{room_id}/mute/{user_id}"),
    Route("moderation", "POST", "/rooms/{room_id}/ban/{user_id}"),
    Route("moderation", "DELETE", "/rooms/{room_id}/ban/{user_id}"),
    Route("moderation", "POST", "/rooms/{room_id}/hold/{user_id}"),
    Route("moderation", "DELETE", "/rooms/{room_id}/hold/{user_id}"),
    Route("moderation", "GET", "/rooms/{room_id}/restrictions"),
    Route("moderation", "GET", "/rooms/{room_id}/words"),
    Route("moderation", "PUT", "/rooms/{room_id}/words"),
    Route("moderation", "GET", "/rooms/{room_id}/rules"),
    Route("moderation", "PUT", "/rooms/{room_id}/rules"),
    Route("moderation", "POST", "/messages/{message_id}/report"),
    Route("moderation", "GET", "/messages/admin/reports"),
    Route("moderation", "POST", "/messages/admin/reports/{report_id}/resolve"),
    Route("moderation", "POST", "/moderation/mute/{user_id}"),
    Route("moderation", "DELETE", "/moderation/mute/{user_id}"),
    Route("moderation", "POST", "/moderation/hold/{user_id}"),
    Route("moderation", "DELETE", "/moderation/hold/{user_id}"),
    Route("moderation", "GET", "/moderation/restrictions"),
    Route("moderation", "GET", "/moderation/held"),
    Route("moderation", "POST", "/moderation/held/{held_id}/approve"),
    Route("moderation", "POST", "/moderation/held/{held_id}/reject"),
    Route("moderation", "GET", "/moderation/cases"),
    Route("moderation", "GET", "/moderation/cases/{case_id}"),
    Route("moderation", "PUT", "/moderation/cases/{case_id}/assignee"),
    Route("moderation", "POST", "/moderation/cases/{case_id}/notes"),
    Route("moderation", "GET", "/moderation/words"),
    Route("moderation", "PUT", "/moderation/words"),
    Route("moderation", "GET", "/moderation/summary"),
    Route("moderation", "GET", "/moderation/audit"),
    Route("moderation", "GET", "/moderation/audit/export", streams=True, at_once=2),
    Route("files", "POST", "/rooms/{room_id}/files", body="upload", limit="uploads", at_once=2),
    Route("files", "POST", "/rooms/{room_id}/files/direct", limit="uploads"),
    Route("files", "POST", "/files/direct/{upload_id}/complete", streams=True, at_once=2),
    Route("files", "GET", "/files/{file_id}"),
    Route("files", "GET", "/files/{file_id}/content", open=True, streams=True),
    Route("files", "GET", "/files/{file_id}/thumbnail", open=True, streams=True),
    Route("files", "DELETE", "/files/{file_id}"),
    Route("files", "POST", "/users/upload-avatar", body="picture", limit="uploads", at_once=2),
    Route("files", "DELETE", "/users/avatar"),
    Route("files", "GET", "/avatars/{user_id}", open=True, streams=True),
)
# fmt: on
