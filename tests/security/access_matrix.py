"""Who may call what: the answer of every public call, and of every frame, to everybody in front of one private room.

A route of services/gateway/routing.py without a row fails tests/security/test_access.py, and so does a client frame.
The room is private. Its owner wrote the message, brought the file and scheduled the message that the paths name; the
person that they name is an ordinary member. The house's moderator and the admin are no members.

Nothing of the room is there for who was barred from it (404), but they are told why they may not come back, write or
open a socket (403, 4403: S130). What that is of, they knew.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from tests.security import fresh_targets as fresh
from tests.security.fresh_targets import Fresh

ACTORS: Final = (
    "nobody",  # no token
    "stranger",  # an account that has nothing to do with the room
    "member",
    "muted",  # a member who was muted in the room
    "moderator",  # of the room
    "owner",
    "house",  # a moderator of the house
    "admin",
    "left",  # was a member, and left
    "barred",  # banned from the room
    "outlaw",  # was a member, until the account was banned; comes with the token of that time
)


@dataclass(frozen=True, slots=True)
class Row:
    """One call: the status that each actor gets, the body, and what makes a target of its own where it is used up."""

    method: str
    path: str
    expected: dict[str, int]
    json: Any = None
    files: Any = None
    params: dict[str, str] = field(default_factory=dict)
    fresh: Fresh | None = None

    def denied(self) -> list[str]:
        """Who is refused."""
        return [actor for actor, status in self.expected.items() if status >= 400]

    def allowed(self) -> list[str]:
        """Who is not."""
        return [actor for actor, status in self.expected.items() if status < 400]


def row(call: str, statuses: str, **more: Any) -> Row:
    """`call` is "METHOD path"; `statuses` has one for each of ACTORS, or one for all."""
    method, path = call.split()
    given = [int(status) for status in statuses.split()]
    if len(given) == 1:
        given *= len(ACTORS)
    return Row(method, path, dict(zip(ACTORS, given, strict=True)), **more)


TEXT: Final = {"content": "hello"}
A_FILE: Final = {"file": ("a.txt", b"tea", "text/plain")}
SOON: Final = {"duration_seconds": 60}
NO_CODE: Final = {"code": "no such code"}
NO_RULES: Final[dict[str, Any]] = {}

# fmt: off
ROWS: Final = (
    # auth                                     nobody strg memb mute modr ownr hous admn left barr outlaw
    row("POST /auth/register",                     "201", fresh=fresh.registration),
    row("POST /auth/login",                        "200", fresh=fresh.credentials),
    row("POST /auth/refresh",                      "200", fresh=fresh.refresh_token),
    row("POST /auth/password/forgot",              "202", json={"email": "nobody@example.org"}),
    row("POST /auth/password/reset",               "422", json=NO_CODE | {"new_password": "a long and other passphrase"}),
    row("POST /auth/email/verify",                 "422", json=NO_CODE),
    row("GET /.well-known/jwks.json",              "200"),
    row("POST /auth/logout",                       "401 204 204 204 204 204 204 204 204 204 401", fresh=fresh.session),
    row("POST /auth/logout-all",                   "401 204 204 204 204 204 204 204 204 204 401", fresh=fresh.account),
    row("GET /auth/sessions",                      "401 200 200 200 200 200 200 200 200 200 401"),
    row("DELETE /auth/sessions/{session_id}",      "401 404 404 404 404 404 404 404 404 404 401"),
    row("POST /auth/ws-ticket",                    "401 201 201 201 201 201 201 201 201 201 401"),
    row("PUT /auth/password",                      "401 204 204 204 204 204 204 204 204 204 401", fresh=fresh.password),
    row("POST /auth/email/verification",           "401 202 202 202 202 202 202 202 202 202 401"),
    row("GET /auth/tokens",                        "401 200 200 200 200 200 200 200 200 200 401"),
    row("POST /auth/tokens",                       "401 201 201 201 201 201 201 201 201 201 401", json={"name": "r", "scopes": ["read"]}),
    row("DELETE /auth/tokens/{token_id}",          "401 404 404 404 404 404 404 404 404 404 401"),
    row("GET /auth/invites",                       "401 403 403 403 403 403 403 200 403 403 401"),
    row("POST /auth/invites",                      "401 403 403 403 403 403 403 201 403 403 401", json={}),
    row("DELETE /auth/invites/{invite_id}",        "401 403 403 403 403 403 403 204 403 403 401", fresh=fresh.registration_invite),
    # users                                    nobody strg memb mute modr ownr hous admn left barr outlaw
    row("GET /users/me",                           "401 200 200 200 200 200 200 200 200 200 401"),
    row("PUT /users/me",                           "401 200 200 200 200 200 200 200 200 200 401", json={"bio": "tea"}),
    row("DELETE /users/me",                        "401 204 204 204 204 204 204 204 204 204 401", fresh=fresh.farewell),
    row("GET /users/me/export",                    "401 200 200 200 200 200 200 200 200 200 401"),
    row("GET /users/me/blocks",                    "401 200 200 200 200 200 200 200 200 200 401"),
    row("GET /users",                              "401 200 200 200 200 200 200 200 200 200 401", params={"q": "a"}),
    row("GET /users/{user_id}",                    "401 200 200 200 200 200 200 200 200 200 401"),
    row("PUT /users/{user_id}/role",               "401 403 403 403 403 403 403 200 403 403 401", json={"role": "user"}),
    row("POST /users/{user_id}/ban",               "401 403 403 403 403 403 200 200 403 403 401", json=SOON, fresh=fresh.spare),
    row("DELETE /users/{user_id}/ban",             "401 403 403 403 403 403 204 204 403 403 401", fresh=fresh.spare),
    row("PUT /users/{user_id}/block",              "401 204 204 204 204 204 204 204 204 204 401", fresh=fresh.spare),
    row("DELETE /users/{user_id}/block",           "401 204 204 204 204 204 204 204 204 204 401", fresh=fresh.spare),
    row("GET /users/{user_id}/presence",           "401 200 200 200 200 200 200 200 200 200 401"),
    # rooms                                    nobody strg memb mute modr ownr hous admn left barr outlaw
    row("GET /rooms/{room_id}/presence",           "401 404 200 200 200 200 403 403 404 404 401"),
    row("GET /rooms",                              "401 200 200 200 200 200 200 200 200 200 401"),
    row("POST /rooms",                             "401 201 201 201 201 201 201 201 201 201 401", json={"name": "Tea"}),
    row("GET /rooms/{room_id}",                    "401 404 200 200 200 200 200 200 404 404 401"),
    row("PUT /rooms/{room_id}",                    "401 404 403 403 200 200 403 200 404 404 401", json={"description": "tea"}),
    row("DELETE /rooms/{room_id}",                 "401 404 403 403 403 204 403 204 404 404 401", fresh=fresh.room),
    row("POST /rooms/{room_id}/join",              "401 404 200 200 200 200 404 404 404 403 401", json={}),
    row("POST /rooms/{room_id}/leave",             "401 404 204 204 204 204 204 204 404 404 401", fresh=fresh.joined_room),
    row("GET /rooms/{room_id}/members",            "401 404 200 200 200 200 200 200 404 404 401"),
    row("PUT /rooms/{room_id}/members/{user_id}",  "401 404 403 403 403 200 403 200 404 404 401", json={"role": "member"}, fresh=fresh.victim_inside),
    row("DELETE /rooms/{room_id}/members/{user_id}", "401 404 403 403 204 204 204 204 404 404 401", fresh=fresh.victim_inside),
    row("POST /rooms/{room_id}/invites",           "401 404 403 403 201 201 403 201 404 404 401", json={}),
    row("GET /rooms/{room_id}/invites",            "401 404 403 403 200 200 403 200 404 404 401"),
    row("DELETE /rooms/{room_id}/invites/{code}",  "401 404 403 403 204 204 403 204 404 404 401", fresh=fresh.invite),
    row("GET /invites",                            "401 200 200 200 200 200 200 200 200 200 401"),
    row("POST /dms/{user_id}",                     "401 200 200 200 200 200 200 200 200 200 401"),
    row("GET /dms",                                "401 200 200 200 200 200 200 200 200 200 401"),
    # messaging                                nobody strg memb mute modr ownr hous admn left barr outlaw
    row("GET /rooms/{room_id}/messages",           "401 404 200 200 200 200 404 404 404 404 401"),
    row("POST /rooms/{room_id}/messages",          "401 404 201 403 201 201 404 404 404 403 401", json=TEXT),
    row("GET /messages/{message_id}",              "401 404 200 200 200 200 404 404 404 404 401"),
    row("PUT /messages/{message_id}",              "401 404 403 403 403 200 404 404 404 403 401", json=TEXT),
    row("DELETE /messages/{message_id}",           "401 404 403 403 204 204 204 204 404 403 401", fresh=fresh.message),
    row("GET /messages/{message_id}/history",      "401 404 403 403 200 200 200 200 404 404 401"),
    row("POST /messages/{message_id}/react",       "401 404 200 403 200 200 404 404 404 403 401", json={"emoji": "👍"}),
    row("DELETE /messages/{message_id}/react/{emoji}", "401 404 200 403 200 200 404 404 404 403 401"),
    row("PUT /messages/{message_id}/pin",          "401 404 403 403 200 200 404 404 404 403 401"),
    row("DELETE /messages/{message_id}/pin",       "401 404 403 403 200 200 404 404 404 403 401"),
    row("GET /rooms/{room_id}/pins",               "401 404 200 200 200 200 404 404 404 404 401"),
    row("GET /rooms/{room_id}/search",             "401 404 200 200 200 200 404 404 404 404 401", params={"q": "hello"}),
    row("PUT /rooms/{room_id}/read",               "401 404 204 204 204 204 404 404 404 404 401", json={"seq": 1}),
    row("GET /rooms/unread",                       "401 200 200 200 200 200 200 200 200 200 401"),
    row("GET /rooms/{room_id}/scheduled",          "401 404 200 200 200 200 404 404 404 404 401"),
    row("PUT /scheduled/{schedule_id}",            "401 404 404 404 404 200 404 404 404 404 401", json=TEXT),
    row("DELETE /scheduled/{schedule_id}",         "401 404 404 404 404 204 404 404 404 404 401", fresh=fresh.schedule),
    row("GET /rooms/{room_id}/held",               "401 404 200 200 200 200 404 404 404 404 401"),
    row("DELETE /held/{held_id}",                  "401 404 404 404 404 404 404 404 404 404 401"),
    # moderation                               nobody strg memb mute modr ownr hous admn left barr outlaw
    row("POST /rooms/{room_id}/mute/{user_id}",    "401 404 403 403 200 200 200 200 404 404 401", json=SOON),
    row("DELETE /rooms/{room_id}/mute/{user_id}",  "401 404 403 403 204 204 204 204 404 404 401", fresh=fresh.victim_muted),
    row("POST /rooms/{room_id}/ban/{user_id}",     "401 404 403 403 200 200 200 200 404 404 401", json=SOON, fresh=fresh.victim_inside),
    row("DELETE /rooms/{room_id}/ban/{user_id}",   "401 404 403 403 204 204 204 204 404 404 401", fresh=fresh.victim_barred),
    row("POST /rooms/{room_id}/hold/{user_id}",    "401 404 403 403 200 200 200 200 404 404 401", json=SOON),
    row("DELETE /rooms/{room_id}/hold/{user_id}",  "401 404 403 403 204 204 204 204 404 404 401"),
    row("GET /rooms/{room_id}/restrictions",       "401 404 403 403 200 200 200 200 404 404 401"),
    row("GET /rooms/{room_id}/words",              "401 404 403 403 200 200 200 200 404 404 401"),
    row("PUT /rooms/{room_id}/words",              "401 404 403 403 200 200 200 200 404 404 401", json={"blocked": ["coffee"]}),
    row("GET /rooms/{room_id}/rules",              "401 404 403 403 200 200 200 200 404 404 401"),
    row("PUT /rooms/{room_id}/rules",              "401 404 403 403 200 200 200 200 404 404 401", json=NO_RULES),
    row("POST /messages/{message_id}/report",      "401 404 201 201 201 422 404 404 404 404 401", json={"reason": "spam"}, fresh=fresh.message),
    row("GET /messages/admin/reports",             "401 403 403 403 403 403 403 200 403 403 401"),
    row("POST /messages/admin/reports/{report_id}/resolve", "401 403 403 403 403 403 403 200 403 403 401", json={"action": "dismiss"}, fresh=fresh.report),
    row("POST /moderation/mute/{user_id}",         "401 403 403 403 403 403 200 200 403 403 401", json=SOON, fresh=fresh.spare),
    row("DELETE /moderation/mute/{user_id}",       "401 403 403 403 403 403 204 204 403 403 401", fresh=fresh.spare_muted),
    row("POST /moderation/hold/{user_id}",         "401 403 403 403 403 403 200 200 403 403 401", json=SOON, fresh=fresh.spare),
    row("DELETE /moderation/hold/{user_id}",       "401 403 403 403 403 403 204 204 403 403 401", fresh=fresh.spare),
    row("GET /moderation/held",                    "401 403 403 403 403 403 200 200 403 403 401"),
    row("POST /moderation/held/{held_id}/approve", "401 404 403 403 200 200 200 200 404 404 401", fresh=fresh.held_text),
    row("POST /moderation/held/{held_id}/reject",  "401 404 403 403 200 200 200 200 404 404 401", json={}, fresh=fresh.held_text),
    row("GET /moderation/restrictions",            "401 403 403 403 403 403 200 200 403 403 401"),
    row("GET /moderation/cases",                   "401 403 403 403 403 403 200 200 403 403 401"),
    row("GET /moderation/cases/{case_id}",         "401 403 403 403 403 403 200 200 403 403 401"),
    row("PUT /moderation/cases/{case_id}/assignee", "401 403 403 403 403 403 200 200 403 403 401", json={"user_id": None}),
    row("POST /moderation/cases/{case_id}/notes",  "401 403 403 403 403 403 201 201 403 403 401", json={"text": "seen"}),
    row("GET /moderation/words",                   "401 403 403 403 403 403 403 200 403 403 401"),
    row("PUT /moderation/words",                   "401 403 403 403 403 403 403 200 403 403 401", json={"blocked": [], "allowed": []}),
    row("GET /moderation/summary",                 "401 403 403 403 403 403 403 200 403 403 401"),
    row("GET /moderation/audit",                   "401 403 403 403 403 403 403 200 403 403 401"),
    row("GET /moderation/audit/export",            "401 403 403 403 403 403 403 200 403 403 401"),
    # files                                    nobody strg memb mute modr ownr hous admn left barr outlaw
    row("POST /rooms/{room_id}/files",             "401 404 201 201 201 201 404 404 404 404 401", files=A_FILE),
    row("POST /rooms/{room_id}/files/direct",      "401 404 409 409 409 409 404 404 404 404 401", json={"name": "a.txt", "size": 3}),
    row("POST /files/direct/{upload_id}/complete", "401 404 404 404 404 404 404 404 404 404 401"),
    row("GET /files/{file_id}",                    "401 404 200 200 200 200 404 404 404 404 401"),
    row("GET /files/{file_id}/content",            "401 404 200 200 200 200 404 404 404 404 401"),
    row("GET /files/{file_id}/thumbnail",          "401 404 404 404 404 404 404 404 404 404 401"),
    row("DELETE /files/{file_id}",                 "401 404 403 403 204 204 204 204 404 404 401", fresh=fresh.file),
    row("POST /users/upload-avatar",               "401 200 200 200 200 200 200 200 200 200 401", files=fresh.PICTURE),
    row("DELETE /users/avatar",                    "401 204 204 204 204 204 204 204 204 204 401"),
    row("GET /avatars/{user_id}",                  "404"),
)

# How a socket of one room begins: `ready`, or the code it is closed with.
SOCKET: Final = {
    "nobody": "4401", "stranger": "4404", "member": "ready", "muted": "ready", "moderator": "ready", "owner": "ready",
    "house": "4404", "admin": "4404", "left": "4404", "barred": "4403", "outlaw": "4401",
}

# What a frame about the room comes to on `/ws`, after an attempt to subscribe: `ok` or the code of the error.
_SEEN = {"stranger": "not_found", "house": "not_found", "admin": "not_found", "left": "not_found", "barred": "banned"}
_UNSEEN = dict.fromkeys(_SEEN, "not_subscribed")
_INSIDE = dict.fromkeys(("member", "muted", "moderator", "owner"), "ok")
_ANYBODY = dict.fromkeys((*_SEEN, *_INSIDE), "ok")
_MUTED = {"muted": "muted"}
_NOT_THEIRS = {"member": "not_the_author"} | _MUTED
_MESSAGE = {"room_id": "{room_id}", "message_id": "{message_id}"}
FRAMES: Final[dict[str, tuple[dict[str, Any], dict[str, str]]]] = {
    "subscribe":       ({"room_id": "{room_id}"}, _INSIDE | _SEEN),
    "message.send":    ({"room_id": "{room_id}", "content": "hello"}, _INSIDE | _UNSEEN | _MUTED),
    "message.edit":    (_MESSAGE | {"content": "hi"}, _INSIDE | _UNSEEN | _NOT_THEIRS | {"moderator": "not_the_author"}),
    "reaction.add":    (_MESSAGE | {"emoji": "🍵"}, _INSIDE | _UNSEEN | _MUTED),
    "reaction.remove": (_MESSAGE | {"emoji": "🍵"}, _INSIDE | _UNSEEN | _MUTED),
    "message.delete":  (_MESSAGE | {"message_id": "{doomed_id}"}, _INSIDE | _UNSEEN | _NOT_THEIRS),
    "read":            ({"room_id": "{room_id}", "seq": 1}, _INSIDE | _UNSEEN),
    "typing.start":    ({"room_id": "{room_id}"}, _INSIDE | _UNSEEN),
    "typing.stop":     ({"room_id": "{room_id}"}, _INSIDE | _UNSEEN),
    "presence.set":    ({"status": "online"}, _ANYBODY),
    "ping":            ({"id": 1}, _ANYBODY),
    "auth":            ({"token": "{token}"}, dict.fromkeys(_ANYBODY, "bad_frame")),
    "auth.refresh":    ({"token": "{token}"}, _ANYBODY),
    "unsubscribe":     ({"room_id": "{room_id}"}, _INSIDE | _UNSEEN),
}
# fmt: on
