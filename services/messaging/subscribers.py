"""What messaging hears: rooms', auth's, moderation's and files' events, applied once and in order through the inbox."""

from collections.abc import Callable

import structlog
from sqlalchemy import delete, insert, select

from services.messaging import heard, members
from services.messaging.actions.decide import approve, reject
from services.messaging.actions.forget_user import forget_user
from services.messaging.actions.moderate import detach_file, remove_message
from services.messaging.actions.restrict import let_speak, lift, restrict, screen, silence, trust
from services.messaging.loading import EVERYWHERE
from services.messaging.models import blocks, users
from services.messaging.notices import Notice
from shared.database import WriteSession
from shared.events import Envelope
from shared.inbox import Inbox
from shared.problems import NotFound

_log = structlog.get_logger(__name__)
_Handler = Callable[[WriteSession, Envelope], None]


def subscribe(
    inbox: Inbox,
    told: Callable[[], None],
    notify: Callable[[list[Notice]], None],
    parted: Callable[[], None],
) -> None:
    """Bind every event type to what it does here; `told` is called after a commit that added entries, `notify` with
    whom they concern, `parted` when somebody is to be forgotten."""

    def entries(handler: _Handler) -> _Handler:
        def handle(tx: WriteSession, event: Envelope) -> None:
            handler(tx, event)
            tx.after_commit(told)

        return handle

    def user_deleted(tx: WriteSession, event: Envelope) -> None:
        forget_user(tx, heard.UserDeleted.model_validate(event.data).user_id)
        tx.after_commit(parted)

    inbox.on("rooms", "room.created", entries(_room_created))
    inbox.on("rooms", "room.updated", entries(_room_updated))
    inbox.on("rooms", "room.deleted", entries(_room_deleted))
    inbox.on("rooms", "member.joined", entries(_member_joined))
    inbox.on("rooms", "member.left", entries(_member_left))
    inbox.on("rooms", "member.role_changed", entries(_member_role_changed))
    inbox.on("auth", "user.registered", _user_changed)
    inbox.on("auth", "user.updated", _user_changed)
    inbox.on("auth", "user.deleted", user_deleted)
    inbox.on("auth", "user.blocked", _user_blocked)
    inbox.on("auth", "user.unblocked", _user_unblocked)
    for kind, name in (("mute", "muted"), ("ban", "banned")):
        inbox.on("moderation", f"member.{name}", entries(_restricting(kind)))
        inbox.on("moderation", f"member.un{name}", entries(_lifting(kind)))
    inbox.on("moderation", "user.muted", _user_muted)
    inbox.on("moderation", "user.unmuted", _user_unmuted)
    inbox.on("moderation", "message.removed", entries(_message_removed))
    inbox.on("moderation", "message.approved", entries(_approving(notify)))
    inbox.on("moderation", "message.rejected", _message_rejected)
    inbox.on("moderation", "member.held", _member_held)
    inbox.on("moderation", "member.released", _member_released)
    inbox.on("moderation", "user.held", _user_held)
    inbox.on("moderation", "user.released", _user_released)
    inbox.on("files", "file.deleted", entries(_file_deleted))


def _room_created(tx: WriteSession, event: Envelope) -> None:
    told = heard.RoomCreated.model_validate(event.data)
    members.create_room(tx, told.room, [member.model_dump() for member in told.members])


def _room_updated(tx: WriteSession, event: Envelope) -> None:
    told = heard.RoomUpdated.model_validate(event.data)
    members.update_room(tx, told.room, told.by)


def _room_deleted(tx: WriteSession, event: Envelope) -> None:
    told = heard.RoomDeleted.model_validate(event.data)
    members.delete_room(tx, told.room_id, told.reason, told.by)


def _member_joined(tx: WriteSession, event: Envelope) -> None:
    told = heard.MemberJoined.model_validate(event.data)
    members.join(tx, told.room_id, told.member.model_dump())


def _member_left(tx: WriteSession, event: Envelope) -> None:
    told = heard.MemberLeft.model_validate(event.data)
    try:
        members.leave(tx, told.room_id, told.user_id, told.reason, told.by)
    except NotFound:
        _log.info("a member left a room that is already gone", room_id=told.room_id)


def _member_role_changed(tx: WriteSession, event: Envelope) -> None:
    told = heard.MemberRoleChanged.model_validate(event.data)
    members.change_role(tx, told.room_id, told.user_id, told.role, told.by)


def _user_changed(tx: WriteSession, event: Envelope) -> None:
    user = heard.UserChanged.model_validate(event.data).user
    if tx.execute(select(users.c.id).where(users.c.id == user.id, users.c.deleted)).first() is not None:
        return  # told again after auth's database was restored
    tx.execute(delete(users).where(users.c.id == user.id))
    tx.execute(insert(users).values(**user.model_dump(), deleted=False, username_key=user.username.lower()))


def _user_blocked(tx: WriteSession, event: Envelope) -> None:
    told = heard.Block.model_validate(event.data)
    _unblock(tx, told)
    tx.execute(insert(blocks).values(user_id=told.user_id, blocked_id=told.blocked_id))


def _user_unblocked(tx: WriteSession, event: Envelope) -> None:
    _unblock(tx, heard.Block.model_validate(event.data))


def _unblock(tx: WriteSession, told: heard.Block) -> None:
    tx.execute(delete(blocks).where(blocks.c.user_id == told.user_id, blocks.c.blocked_id == told.blocked_id))


def _restricting(kind: str) -> _Handler:
    def handle(tx: WriteSession, event: Envelope) -> None:
        told = heard.MemberRestricted.model_validate(event.data)
        try:
            restrict(tx, kind, told.room_id, told.user_id, told.expires_at, told.by, told.reason)
        except NotFound:
            _log.info("somebody was restricted in a room that is already gone", room_id=told.room_id)

    return handle


def _lifting(kind: str) -> _Handler:
    def handle(tx: WriteSession, event: Envelope) -> None:
        told = heard.MemberFreed.model_validate(event.data)
        try:
            lift(tx, kind, told.room_id, told.user_id, told.by)
        except NotFound:
            _log.info("a restriction ended in a room that is already gone", room_id=told.room_id)

    return handle


def _user_muted(tx: WriteSession, event: Envelope) -> None:
    told = heard.UserMuted.model_validate(event.data)
    silence(tx, told.user_id, told.expires_at)


def _user_unmuted(tx: WriteSession, event: Envelope) -> None:
    let_speak(tx, heard.UserUnmuted.model_validate(event.data).user_id)


def _message_removed(tx: WriteSession, event: Envelope) -> None:
    told = heard.MessageRemoved.model_validate(event.data)
    remove_message(tx, told.message_id, told.by, told.reason)


def _approving(notify: Callable[[list[Notice]], None]) -> _Handler:
    def handle(tx: WriteSession, event: Envelope) -> None:
        notices = approve(tx, heard.TextDecided.model_validate(event.data).held_id)
        tx.after_commit(lambda: notify(notices))

    return handle


def _message_rejected(tx: WriteSession, event: Envelope) -> None:
    told = heard.TextDecided.model_validate(event.data)
    reject(tx, told.held_id, told.reason)


def _member_held(tx: WriteSession, event: Envelope) -> None:
    told = heard.MemberRestricted.model_validate(event.data)
    screen(tx, told.room_id, told.user_id, told.expires_at)


def _member_released(tx: WriteSession, event: Envelope) -> None:
    told = heard.MemberFreed.model_validate(event.data)
    trust(tx, told.room_id, told.user_id)


def _user_held(tx: WriteSession, event: Envelope) -> None:
    told = heard.UserMuted.model_validate(event.data)
    screen(tx, EVERYWHERE, told.user_id, told.expires_at)


def _user_released(tx: WriteSession, event: Envelope) -> None:
    trust(tx, EVERYWHERE, heard.UserUnmuted.model_validate(event.data).user_id)


def _file_deleted(tx: WriteSession, event: Envelope) -> None:
    detach_file(tx, heard.FileDeleted.model_validate(event.data).file_id)
