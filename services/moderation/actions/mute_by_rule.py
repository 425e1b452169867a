"""Mute somebody because a rule of the room says so."""

from datetime import timedelta

from services.moderation.access import target_in
from services.moderation.actions.impose import impose
from services.moderation.policy import Standing, outranks
from services.moderation.store import restrictions, rooms
from services.moderation.store.restrictions import RestrictionRow
from shared.database import WriteSession


def mute_by_rule(tx: WriteSession, room_id: str, user_id: str, rule: str, seconds: int) -> None:
    """A rule stands where the room's moderators stand, who made it: it mutes nobody of their rank or above."""
    room = rooms.find(tx, room_id)
    if room is None or restrictions.find(tx, room_id, user_id, "mute") is not None:
        return
    if outranks(Standing(room.kind, "moderator", "user"), target_in(tx, room, user_id)):
        end = tx.now + timedelta(seconds=seconds)
        impose(tx, RestrictionRow(room_id, user_id, "mute", f"rule: {rule}", None, end, tx.now))
