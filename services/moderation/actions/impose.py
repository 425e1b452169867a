"""Put a restriction in force or end it, whoever decided so: the table, the audit log and the event."""

from services.moderation.actions.note import note
from services.moderation.audit import Act
from services.moderation.events import (
    MemberBanned,
    MemberHeld,
    MemberMuted,
    MemberReleased,
    MemberUnbanned,
    MemberUnmuted,
    UserHeld,
    UserMuted,
    UserReleased,
    UserUnmuted,
)
from services.moderation.store import restrictions
from services.moderation.store.restrictions import RestrictionRow
from shared.database import WriteSession
from shared.events import Event


def impose(tx: WriteSession, row: RestrictionRow) -> None:
    """From now on, in place of an earlier one of its kind."""
    restrictions.put(tx, row)
    note(tx, Act(tx.now, row.by, row.kind, row.user_id, row.room_id, row.reason))
    tx.record(_imposed(row))


def lift(tx: WriteSession, scope: str, user_id: str, kind: str, by: str | None) -> None:
    """No longer; lifting what is not there changes nothing. `by` is None when the time was over."""
    if not restrictions.lift(tx, scope, user_id, kind):
        return
    room_id = None if scope == restrictions.HOUSE else scope
    note(tx, Act(tx.now, by, f"un{kind}", user_id, room_id, None if by else "expired"))
    tx.record(_lifted(room_id, user_id, kind, by))


_IN_ROOM: dict[str, tuple[type[Event], type[Event]]] = {
    "mute": (MemberMuted, MemberUnmuted),
    "ban": (MemberBanned, MemberUnbanned),
    "hold": (MemberHeld, MemberReleased),
}
_IN_HOUSE: dict[str, tuple[type[Event], type[Event]]] = {
    "mute": (UserMuted, UserUnmuted),
    "hold": (UserHeld, UserReleased),
}


def _imposed(row: RestrictionRow) -> Event:
    terms = {"user_id": row.user_id, "expires_at": row.expires_at, "by": row.by, "reason": row.reason}
    if row.room_id is None:
        return _IN_HOUSE[row.kind][0].model_validate(terms)
    return _IN_ROOM[row.kind][0].model_validate({"room_id": row.room_id, **terms})


def _lifted(room_id: str | None, user_id: str, kind: str, by: str | None) -> Event:
    if room_id is None:
        return _IN_HOUSE[kind][1].model_validate({"user_id": user_id, "by": by})
    return _IN_ROOM[kind][1].model_validate({"room_id": room_id, "user_id": user_id, "by": by})
