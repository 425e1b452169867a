"""Give out tickets for sockets, and take each back once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.auth.access import enter_in_person
from services.auth.store import sessions, tickets, users
from services.auth.tokens import ACCESS_LIFETIME, digest
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Unauthorized

LIFETIME = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a ticket lets in, and until when: as long as an access token of now would."""

    sub: str
    sid: str
    role: str
    exp: int


def issue_ticket(tx: WriteSession, caller: Caller, ticket: str) -> datetime:
    """Until when it is good."""
    enter_in_person(tx, caller)
    expires_at = tx.now + LIFETIME
    tickets.add(tx, digest(ticket), caller.session_id, expires_at)
    return expires_at


def redeem_ticket(tx: WriteSession, ticket: str) -> Admission:
    """The session that asked for it, as it is now."""
    session_id = tickets.take(tx, digest(ticket))
    session = sessions.find(tx, session_id) if session_id else None
    user = users.find(tx, session.user_id) if session else None
    if session is None or user is None:
        raise Unauthorized(detail="The ticket is not valid, or not any more.")
    return Admission(user.id, session.id, user.role, int((tx.now + ACCESS_LIFETIME).timestamp()))
