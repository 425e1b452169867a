"""A person was deleted: out of every room, and out of our copy."""

from services.rooms.actions.depart import depart
from services.rooms.store import bans, blocks, invites, members, rooms, users
from shared.anonymise import anonymised
from shared.database import WriteSession
from shared.outbox import amend
from shared.web import idempotency


def forget_user(tx: WriteSession, user_id: str) -> None:
    """Nothing but the id stays; conversations of two stay for the other one."""
    users.bury(tx, user_id)
    idempotency.forget(tx, user_id)
    amend(tx, user_id, lambda data: anonymised(data, user_id))
    bans.forget(tx, user_id)
    blocks.forget(tx, user_id)
    invites.forget(tx, user_id)
    for room_id in members.rooms_of(tx, user_id):
        room = rooms.find(tx, room_id)
        if room is not None:
            depart(tx, room, user_id, "left", user_id)
