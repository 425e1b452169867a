"""Every authenticated socket by person and by session: how many there are, and whom a revocation ends."""

from collections import defaultdict
from typing import TYPE_CHECKING

from services.gateway.sessions import Session, Sessions
from shared.caller import Caller
from shared.metrics import gauge
from shared.problems import Conflict

if TYPE_CHECKING:
    from services.gateway.realtime.client import Client

_SOCKETS = gauge("parley_sockets", "Sockets that are open and said who they are")


class Registry:
    """Follows `Sessions`: what it takes back closes its sockets at once."""

    def __init__(self, sessions: Sessions, max_sockets: int) -> None:
        self._max_sockets = max_sockets
        self._by_user: dict[str, set[Client]] = defaultdict(set)
        self._by_session: dict[str, set[Client]] = defaultdict(set)
        sessions.on_revoked.append(self._revoked)
        sessions.on_user_deleted.append(self._user_deleted)
        sessions.on_role_changed.append(self._role_changed)

    def add(self, client: "Client") -> None:
        """Count the socket in; Conflict when the person has too many."""
        if len(self._by_user[client.user_id]) >= self._max_sockets:
            raise Conflict("too_many_sockets", f"At most {self._max_sockets} sockets may be open; close another one.")
        self._by_user[client.user_id].add(client)
        _SOCKETS.inc()
        self._by_session[client.session.session_id].add(client)
        client.on_session_changed = self._move

    def discard(self, client: "Client") -> None:
        """Count the socket out, if it was ever in."""
        if client in self._by_user.get(client.user_id, ()):
            _SOCKETS.dec()
        _remove(self._by_user, client.user_id, client)
        _remove(self._by_session, client.session.session_id, client)

    def of(self, user_id: str) -> "list[Client]":
        """The person's sockets on this gateway."""
        return list(self._by_user.get(user_id, ()))

    def _move(self, client: "Client", session: Session) -> None:
        _remove(self._by_session, client.session.session_id, client)
        self._by_session[session.session_id].add(client)

    def _revoked(self, session_id: str, _reason: str) -> None:
        for client in list(self._by_session.get(session_id, ())):
            client.close(4401, "the session was ended")

    def _user_deleted(self, user_id: str) -> None:
        for client in list(self._by_user.get(user_id, ())):
            client.close(4401, "the account is gone")

    def _role_changed(self, user_id: str, role: str) -> None:
        for client in self._by_user.get(user_id, ()):
            acting = client.session.acting(role)
            client.caller = Caller(user_id, client.caller.session_id, acting, client.caller.ip)


def _remove(table: "dict[str, set[Client]]", key: str, client: "Client") -> None:
    clients = table.get(key)
    if clients is not None:
        clients.discard(client)
        if not clients:
            del table[key]
