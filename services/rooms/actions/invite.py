"""Make and withdraw invitations."""

import secrets
from datetime import timedelta

from services.rooms.access import enter
from services.rooms.events import UserInvited
from services.rooms.policy import may_invite
from services.rooms.schemas import Invite, NewInvite
from services.rooms.store import bans, blocks, invites, members, users
from services.rooms.store.invites import InviteRow
from services.rooms.store.rooms import RoomRow
from shared.caller import Caller
from shared.database import WriteSession
from shared.problems import Conflict, Forbidden, NotFound

_A_WEEK = 7 * 24 * 3600


def invite(tx: WriteSession, caller: Caller, room_id: str, draft: NewInvite) -> Invite:
    """A fresh invitation; a named person is told."""
    room, standing = enter(tx, caller, room_id)
    may_invite(standing)
    made = InviteRow(
        code=secrets.token_urlsafe(16),
        room_id=room_id,
        user_id=draft.user_id,
        max_uses=1 if draft.user_id else draft.max_uses,
        uses=0,
        expires_at=tx.now + timedelta(seconds=draft.expires_in or _A_WEEK),
        created_at=tx.now,
        created_by=caller.user_id,
    )
    if draft.user_id is not None:
        _name(tx, caller, room, draft.user_id)
        tx.record(_told(room, draft.user_id, made))
    invites.insert_invite(tx, made)
    return Invite.model_validate(made)


def revoke_invite(tx: WriteSession, caller: Caller, room_id: str, code: str) -> None:
    """The invitation is worth nothing any more."""
    _, standing = enter(tx, caller, room_id)
    may_invite(standing)
    if not invites.remove(tx, room_id, code):
        raise NotFound("There is no such invitation.")


def _name(tx: WriteSession, caller: Caller, room: RoomRow, user_id: str) -> None:
    if users.public(tx, user_id) is None:
        raise NotFound("There is no such person.")
    if members.role_of(tx, room.id, user_id) is not None:
        raise Conflict("already_member", "This person is in the room already.")
    if bans.is_banned(tx, room.id, user_id):
        raise Conflict("banned", "This person is banned from the room.")
    if blocks.has_blocked(tx, user_id, caller.user_id):
        raise Forbidden("blocked", "This person has blocked you.")
    invites.remove_named(tx, room.id, user_id)


def _told(room: RoomRow, user_id: str, made: InviteRow) -> UserInvited:
    return UserInvited(
        user_id=user_id, room_id=room.id, room_name=room.name, by=made.created_by, expires_at=made.expires_at
    )
