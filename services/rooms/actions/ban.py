"""Carry out what moderation decided about a room's member."""

from datetime import datetime

from services.rooms.actions.depart import depart
from services.rooms.store import bans, invites, members, rooms
from shared.database import WriteSession


def ban(tx: WriteSession, room_id: str, user_id: str, expires_at: datetime | None) -> None:
    """The person is out and stays out. A ban that is over by now still put the person out when it was made."""
    room = rooms.find(tx, room_id)
    if room is None or room.kind == "direct":
        return
    bans.put(tx, room_id, user_id, expires_at)
    invites.remove_named(tx, room_id, user_id)
    if members.role_of(tx, room_id, user_id) is not None:
        depart(tx, room, user_id, "banned", None)


def unban(tx: WriteSession, room_id: str, user_id: str) -> None:
    """The person may come back, if the room lets them in."""
    bans.lift(tx, room_id, user_id)
