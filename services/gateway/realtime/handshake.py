"""The upgrade: whose page it is, which path it asks for, and where its token is (REALTIME.md, first page)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from services.gateway.personal_tokens import is_personal
from services.gateway.realtime.attach import Resume
from shared.problems import Invalid, NotFound, Unauthorized

_PATH = re.compile(r"/ws(?P<dm>/dm)?/(?P<id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/?\Z", re.IGNORECASE | re.ASCII)
_MAX_SINCE = 2**63 - 1
_MAX_TOKEN = 4096
_MOST_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Target:
    """What a path joins: a room, the direct room with a user, or nothing yet."""

    room_id: str | None = None
    peer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token and whether it stood in the URL."""

    text: str
    in_url: bool

    @property
    def is_ticket(self) -> bool:
        """Tickets are opaque; access tokens are JWTs with their two dots, or say that they are personal ones."""
        return self.text.count(".") != 2 and not is_personal(self.text)


def query_of(scope: dict[str, Any]) -> dict[str, str]:
    """The query's parameters; Invalid when one is given twice, or there are too many."""
    try:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid("invalid_query", f"A query has at most {_MOST_FIELDS} parameters.") from None
    if len(dict(pairs)) != len(pairs):
        raise Invalid("invalid_query", "A query parameter is given twice.")
    return dict(pairs)


def target_of(path: str) -> Target:
    """What the path joins; NotFound when it is none of ours."""
    if path in ("/ws", "/ws/"):
        return Target()
    found = _PATH.match(path)
    if found is None:
        raise NotFound("There is no such room or user.")
    its_id = found["id"].lower()
    return Target(peer_id=its_id) if found["dm"] else Target(room_id=its_id)


def resume_of(query: dict[str, str]) -> Resume | None:
    """Where the socket left off; Invalid when `since` is no number from 0 on."""
    since = query.get("since")
    if since is None:
        return None
    if not (since.isascii() and since.isdigit() and len(since) <= 19 and int(since) <= _MAX_SINCE):
        raise Invalid("invalid_since", "`since` is a whole number from 0 on.")
    return Resume(int(since), query.get("epoch") or None)


def token_of(scope: dict[str, Any], query: dict[str, str]) -> Token | None:
    """The one token the socket brought; Unauthorized when it brought several or one that can't be right."""
    headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
    found = [Token(text, True) for text in (query.get("token"),) if text is not None]
    for name, value in headers:
        if name.lower() == b"authorization" and value[:7].lower() == b"bearer ":
            found.append(Token(value[7:].decode("latin-1").strip(), False))
    protocols = scope["subprotocols"]
    if len(protocols) >= 2 and protocols[0] == "bearer":
        found.append(Token(protocols[1], False))
    if len({token.text for token in found}) > 1:
        raise Unauthorized("unauthorized", "Bring one token, not several.")
    if found and not 0 < len(found[0].text) <= _MAX_TOKEN:
        raise Unauthorized("unauthorized", "The token is empty or too long.")
    return found[0] if found else None


def subprotocol_of(scope: dict[str, Any]) -> str | None:
    """The subprotocol to accept: `bearer` when it carried the token."""
    return "bearer" if scope["subprotocols"][:1] == ["bearer"] else None


def header(scope: dict[str, Any], name: bytes) -> str | None:
    """One request header."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), None)
